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

/** The stages of the rules whose laws are shown on this ground. To be loaded as early as `allStages`. */
export async function stagesOn(ground: 'emulator' | 'fake'): Promise<readonly Stage[]> {
  const { rooms } = await import('../../functions/rooms.ts');
  const rules = new Map(Object.values(rooms).flatMap((some) => some.map((rule) => [rule.id as string, rule] as const)));
  return (await allStages()).filter(({ rule: id }) => {
    const rule = rules.get(id);
    // A stage whose rule is gone would silently test nothing.
    if (!rule?.fix) throw new Error(`tests/stages: there is no rule ${id} with a fix`);
    return rule.proof === ground;
  });
}
