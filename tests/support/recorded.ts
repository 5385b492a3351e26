/** Events that others recorded, read where the folder beside the repository is present: never copied into it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '../../shared/core/json.ts';
import { root } from './registry.ts';

const folder = join(root, '../shared/real-events');

/** One line: which file and line it is, and what it holds. */
export type Recorded = { readonly line: string; readonly name: string; readonly kind?: string; readonly event: Json };
export type RecordedPattern = Recorded & {
  readonly pattern: Json;
  readonly matches: boolean;
  readonly engine: boolean;
};

const lines = (file: string): readonly Recorded[] =>
  readFileSync(join(folder, file), 'utf8')
    .trimEnd()
    .split('\n')
    .map((text, index) => ({ line: `${file}:${index + 1}`, ...(JSON.parse(text) as Omit<Recorded, 'line'>) }));

const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.jsonl')) : [];

/** Every recorded event; empty where the folder is not there. */
export const recorded: readonly Recorded[] = files.filter((file) => file !== 'patterns.jsonl').flatMap(lines);

/** EventBridge patterns, each with an event and whether it matches. */
export const recordedPatterns = files.includes('patterns.jsonl')
  ? (lines('patterns.jsonl') as readonly RecordedPattern[])
  : [];
