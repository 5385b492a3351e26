import * as v from 'valibot';
import { named } from '../../shared/aws/telling.ts';
import type { Home } from '../../shared/core/mode.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';
import { acts, actTriggers } from './lenses/acts.ts';
import { awake, oursIn, resourceOf, targetOf } from './lenses/ours.ts';
import { type Part, waking } from './lenses/waking.ts';

/** All that a stack makes is called as it is, or begins so with a dash. */
const baseline = v.strictObject({
  stack: v.optional(
    v.pipe(
      v.string(),
      v.regex(/^[A-Za-z][A-Za-z0-9-]*$/),
      v.description('another stack’s name than that of the deployment itself'),
    ),
  ),
});

const stackOf = (home: Home | undefined, set?: { readonly stack?: string | undefined }): string =>
  set?.stack ?? home?.stack ?? 'firebreak';

const rules = 'arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:rule/${AWS::StackName}-*' as const;

/** A deployment calls through CloudFormation, which then names itself. */
const deployed = (call: Call): boolean => call.actor.invokedBy === 'cloudformation.amazonaws.com';

export const tampering = rule({
  id: 'self/tampering',
  title: 'Somebody changed Firebreak itself',
  severity: 'critical',
  why: 'A rule that is disabled wakes nobody, a function whose code was replaced does what its new owner wants with the rights of Firebreak, a deleted table takes the way back with it. Whoever wants to be left alone begins here.',
  class: 'G',
  watcher: true,
  breaks: 'nothing',
  risk: 'None to applications: Firebreak does again what it was deployed for.',
  mends:
    'enables the rule of EventBridge that was disabled, gives it its function back as the target, and its pattern, or makes it again, where those were seen to stand for a day. Every other part is only told: deploy the stack again.',
  undoes: 'puts the rule back to sleep, with your own credentials: the role that wakes it up may not.',
  responsibility: 'platform, applications, identity and access management',
  proof: 'emulator',
  controls: [],
  triggers: actTriggers,
  permissions: {
    read: [{ actions: ['events:DescribeRule', 'events:ListTargetsByRule'], resources: [rules] }],
    write: [{ actions: ['events:EnableRule', 'events:PutRule', 'events:PutTargets'], resources: [rules] }],
    undo: ['events:DeleteRule', 'events:DisableRule', 'events:RemoveTargets'],
  },
  baseline,
  detect(signal, set, home) {
    if (signal.kind !== 'call') return [];
    const stack = stackOf(home, set);
    const act = acts[signal.service as keyof typeof acts]?.[signal.name];
    if (act === undefined) return [];
    const called = act.named.flatMap((member) => named(signal.request, member) ?? []);
    if (called.length === 0) return unreadable(`requestParameters.${act.named[0]}`);
    const part = called.map((one) => oursIn(one, stack)).find((one) => one !== undefined);
    // Rules of ours are on the default bus.
    if (part === undefined || !/(^|\/)default$/.test(named(signal.request, 'eventBusName') ?? 'default')) return [];
    // What a deployment changes is not told; that it deletes the stack was told when it was asked to.
    const isRule = signal.service === 'events.amazonaws.com';
    const off = isRule && (signal.name === 'DisableRule' || named(signal.request, 'state') === 'DISABLED');
    if (deployed(signal) && !off) return [];
    const reason = `${signal.name} ${off ? 'disabled the rule' : act.does} ${part}`;
    return [
      {
        target: partOf(signal, isRule ? part : null, part),
        resource: resourceOf(signal, called, part),
        reason,
        certainty: 'certain',
      },
    ];
  },
  fix: {
    kind: 'state',
    lens: waking,
    learns: {
      // A deployment makes rules, and changes them.
      triggers: calls('events.amazonaws.com', 'PutRule', 'PutTargets'),
      target(signal, home) {
        const called =
          signal.kind === 'call' ? (named(signal.request, 'name') ?? named(signal.request, 'rule')) : undefined;
        const name = called === undefined ? undefined : oursIn(called, stackOf(home));
        return signal.kind === 'call' && name !== undefined ? partOf(signal, name, name) : null;
      },
    },
    desire(state, { target, learned, baseline: set, home }) {
      const { rule: name, part, call } = target;
      if (name === null) return { unknown: `${part} has to be put back by a deployment: npm run deploy` };
      const [before, function_] = [learned?.state, targetOf(target, stackOf(home, set))];
      if (state === null)
        return before
          ? { ...before, state: awake(name) }
          : { unknown: `what ${part} waited for is not known: npm run deploy` };
      // What a rule waits for is in no other event, and in no name.
      if (call === 'PutRule' && state.state === awake(name) && before === undefined)
        return { unknown: `what ${part} waited for before is not known: npm run deploy` };
      const targets = { ...state.targets, ...(function_ && { function: function_ }), ...before?.targets };
      return { state: awake(name), pattern: before?.pattern ?? state.pattern, targets };
    },
  },
});

const partOf = ({ name, account, region }: Call, rule: string | null, part: string): Part => ({
  rule,
  part,
  call: name,
  account,
  region,
});
