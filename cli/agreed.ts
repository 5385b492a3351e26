/** A person's yes at a terminal; whoever is no terminal says --yes, or has said no. */
import { createInterface } from 'node:readline/promises';

export async function agreed(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) return false;
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await asking.question(`\n${question} [y/N] `)).trim());
  } finally {
    asking.close();
  }
}
