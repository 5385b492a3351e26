/** The Chromium of this machine: none is downloaded. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const apart = ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'];

/** `FIREBREAK_CHROMIUM`, else the first on the PATH; null where there is none. */
export function findChromium(): string | null {
  const named = process.env['FIREBREAK_CHROMIUM'];
  if (named) return existsSync(named) ? named : null;
  const paths = (process.env['PATH'] ?? '').split(delimiter).flatMap((dir) => names.map((name) => join(dir, name)));
  return [...paths, ...apart].find((path) => existsSync(path)) ?? null;
}
