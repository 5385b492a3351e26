import * as v from 'valibot';
import { arn, parseArn } from '../../shared/aws/arn.ts';
import { named } from '../../shared/aws/telling.ts';
import { rule, unreadable } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';
import { acts, actTriggers } from './lenses/acts.ts';
import { oursIn } from './lenses/ours.ts';

/** The stack's name, where it is not deployed as `firebreak`: all that it makes is called so, or begins so with a dash. */
const baseline = v.strictObject({
  stack: v.optional(v.pipe(v.string(), v.regex(/^[A-Za-z][A-Za-z0-9-]*$/)), 'firebreak'),
});

/** A deployment calls through CloudFormation, which then names itself. */
const deployed = (call: Call): boolean => call.actor.invokedBy === 'cloudformation.amazonaws.com';

export const tampering = rule({
  id: 'self/tampering',
  title: 'Somebody changed Firebreak itself',
  severity: 'critical',
  why: 'A rule that is disabled wakes nobody, a function whose code was replaced does what its new owner wants with the rights of Firebreak, a deleted table takes the way back with it. Whoever wants to be left alone begins here.',
  class: 'N',
  watcher: true,
  breaks: 'nothing',
  responsibility: 'platform, applications, identity and access management',
  controls: [],
  triggers: actTriggers,
  baseline,
  detect(signal, { stack = 'firebreak' }) {
    if (signal.kind !== 'call') return [];
    const act = acts[signal.service as keyof typeof acts]?.[signal.name];
    if (act === undefined) return [];
    const called = act.named.flatMap((member) => named(signal.request, member) ?? []);
    if (called.length === 0) return unreadable(`requestParameters.${act.named[0]}`);
    const part = called.map((one) => oursIn(one, stack)).find((one) => one !== undefined);
    if (part === undefined) return [];
    // What a deployment changes is not told; that it deletes the stack was told when it was asked to.
    const off = signal.name === 'DisableRule' || named(signal.request, 'state') === 'DISABLED';
    if (deployed(signal) && !off) return [];
    const reason = `${signal.name} ${off ? 'disabled the rule' : act.does} ${part}`;
    return [
      {
        target: { part, region: signal.region },
        resource: resourceOf(signal, called, part),
        reason,
        certainty: 'certain',
      },
    ];
  },
});

/** Service authorization reference: the resource types of each service. */
function resourceOf(call: Call, called: readonly string[], part: string): string {
  const full = called.find((one) => parseArn(one) !== null);
  if (full !== undefined) return full;
  switch (call.service) {
    case 'events.amazonaws.com':
      return arn(call, 'events', `rule/${part}`);
    case 'lambda.amazonaws.com':
      return arn(call, 'lambda', `function:${part}`);
    case 'iam.amazonaws.com':
      return arn(call, 'iam', `role/${part}`, { regional: false, owned: true });
    case 'dynamodb.amazonaws.com':
      return arn(call, 'dynamodb', `table/${part}`);
    case 'scheduler.amazonaws.com':
      return arn(call, 'scheduler', `schedule-group/${part}`);
    case 'cloudformation.amazonaws.com':
      return arn(call, 'cloudformation', `stack/${part}/*`);
    default:
      return arn(call, call.service.split('.')[0] ?? '', part);
  }
}
