/** An error with a name to switch on and a message for a person. */
export function fault(name: string, message: string): Error {
  const error = new Error(message);
  error.name = name;
  return error;
}
