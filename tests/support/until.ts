/** Waits for what comes of an event: a minute of looks, however slow each of them is. */
export async function until<T>(
  look: () => Promise<T | undefined | false> | T | undefined | false,
  what: string,
  /** Said when it did not come. */
  aside: () => string = () => '',
): Promise<T> {
  for (let tries = 0; tries < 400; tries += 1) {
    const found = await look();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
  throw new Error(`waited in vain for ${what}${aside()}`);
}
