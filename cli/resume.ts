/** `firebreak resume`: ends a pause before its time. */
import type { Command } from 'commander';
import { loadConfig } from '../functions/deployment.ts';
import { fault } from '../shared/core/fault.ts';
import { access, composed, namesOf, type StackOptions } from './deployment.ts';
import { type Scope, sameScope, scopeOf, scopeWords, shown, tell, withScope } from './pause.ts';

type Options = StackOptions & Scope & { json?: true; config?: string };

export const define = (command: Command): Command =>
  withScope(
    command.description('end a pause before its time: that of just this rule and account, or, without either, all'),
  ).addHelpText('after', '\nExample:\n  $ npx firebreak resume --rule "s3/*"');

export async function run(_args: readonly string[], options: Options): Promise<number> {
  const scope = scopeOf(options);
  const names = namesOf(options);
  const as = await access(names, options);
  const deps = composed('', loadConfig(options.config), names, as);
  const now = new Date();
  const all = (await deps.incidents.pauses()).filter(({ until }) => until > now.toISOString());
  const every = scope.rule === undefined && scope.account === undefined;
  const kept = every ? [] : all.filter((one) => !sameScope(one, scope));
  if (all.length === kept.length) {
    if (every) return shown([], options.json === true);
    throw fault(
      'NotPaused',
      `nothing is paused for just ${scopeWords(scope)}; paused: ${all.map(scopeWords).join('; ') || 'nothing'}`,
    );
  }
  // The other way round than pause: the sooner it acts again, the better.
  await deps.incidents.setPauses(kept, now);
  const ended = all.filter((one) => !kept.includes(one));
  await tell(
    {
      title: 'Firebreak is no longer paused',
      reason: `resumed for ${ended.map(scopeWords).join('; ')}`,
      note: 'what was asked meanwhile still waits for an answer: npx firebreak incidents',
    },
    names.stack,
    as,
    deps,
  );
  return shown(await deps.incidents.pauses(), options.json === true);
}
