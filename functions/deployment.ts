/** This deployment: all rules together with the firebreak.yml that counts. For the CLI, the build and the packaging. */
import { readConfig } from '../shared/config/load.ts';
import { knowing } from '../shared/config/own.ts';
import { type Config, mayWrite as ruleMayWrite } from '../shared/core/mode.ts';
import type { Rule } from '../shared/core/rule.ts';
import { rooms } from './rooms.ts';

export const allRules = (): readonly Rule[] => Object.values(rooms).flat();

/** Reads the file given, FIREBREAK_CONFIG's, ./firebreak.yml or the one shipped. Throws a `ConfigError`. */
export const loadConfig = (path?: string): Config =>
  knowing(readConfig(allRules(), path), process.env['FIREBREAK_STACK'] || 'firebreak');

/** Whether the role of the rule's function holds the rule's write statements. */
export function mayWrite(config: Config, ruleId: string): boolean {
  const found = allRules().find((rule) => rule.id === ruleId);
  return found !== undefined && ruleMayWrite(config, found);
}
