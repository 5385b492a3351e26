/** Every stage of tests/stages/<room>/<rule>.ts. To be loaded before any `hands`, whose clients it would share else. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Stage } from './stage.ts';

const folder = join(import.meta.dirname, '../stages');

export async function allStages(): Promise<readonly Stage[]> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const found = files.sort().map(async (file) => {
    const { stages } = (await import(pathToFileURL(join(folder, file)).href)) as { stages?: readonly Stage[] };
    if (!stages) throw new Error(`tests/stages/${file} exports no stages`);
    return stages;
  });
  return (await Promise.all(found)).flat();
}
