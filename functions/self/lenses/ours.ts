/** What belongs to Firebreak's own stack, by name; scripts/resources.yml and scripts/serverless.ts give the names. */

/**
 * The part of a name, ARN or address that is the stack's: `<stack>` itself or `<stack>-…`. A lambda is called by its name
 * or ARN, a queue by its address, a table by its name or ARN, a stack by its name or id: what is between `:` and `/` counts.
 */
export const oursIn = (called: string, stack: string): string | undefined =>
  called.split(/[:/]/).find((part) => part === stack || part.startsWith(`${stack}-`));
