import {
  DeleteRuleCommand,
  DescribeRuleCommand,
  DisableRuleCommand,
  EnableRuleCommand,
  EventBridgeClient,
  ListTargetsByRuleCommand,
  PutRuleCommand,
  PutTargetsCommand,
  RemoveTargetsCommand,
  RuleState,
  type Target,
} from '@aws-sdk/client-eventbridge';
import { parseArn } from '../../../shared/aws/arn.ts';
import { client, orNull } from '../../../shared/aws/client.ts';
import { canonical, type Json, type JsonObject } from '../../../shared/core/json.ts';
import type { Lens } from '../../../shared/core/rule.ts';

/**
 * `rule`: the name of a rule of ours on the default bus; null where another part was changed, which `part` names. `call`:
 * what was called.
 */
export type Part = {
  readonly rule: string | null;
  readonly part: string;
  readonly call: string;
  readonly account: string | null;
  readonly region: string | null;
};

/** A rule as PutRule and PutTargets take it; targets by id. */
export type Waking = {
  readonly state: string;
  readonly pattern: string;
  readonly targets: { readonly [id: string]: JsonObject };
};

const events = (): EventBridgeClient => client(EventBridgeClient);
const absent = ['ResourceNotFoundException'];

/** Whether a rule of ours wakes its function. Null where there is no such rule, or it was no rule that was changed. */
export const waking: Lens<Part, Waking> = {
  id: 'self/rule',
  many: true,
  key: ({ rule, part }) => rule ?? `part ${part}`,
  async read({ rule, region }) {
    if (rule === null) return null;
    return orNull(absent, async () => {
      const {
        Arn,
        State = 'DISABLED',
        EventPattern = '',
      } = await events().send(new DescribeRuleCommand({ Name: rule }));
      // The targets are built from the event: of a rule of another region they would be wrong.
      if (Arn !== undefined && parseArn(Arn)?.region !== region) return null;
      // Five at the most: "EventBridge quotas", targets per rule.
      const { Targets = [] } = await events().send(new ListTargetsByRuleCommand({ Rule: rule }));
      const targets = JSON.parse(JSON.stringify(Targets)) as (JsonObject & { Id: string })[];
      return { state: State, pattern: EventPattern, targets: Object.fromEntries(targets.map((one) => [one.Id, one])) };
    });
  },
  canon: ({ state, pattern, targets }) => ({ state, targets, pattern: parsed(pattern) }),
  async write({ rule }, from, to) {
    if (rule === null) return;
    if (to === null) {
      const Ids = Object.keys(from?.targets ?? {});
      if (Ids.length > 0) await events().send(new RemoveTargetsCommand({ Rule: rule, Ids }));
      await events().send(new DeleteRuleCommand({ Name: rule }));
      return;
    }
    if (from === null || canonical(parsed(from.pattern)) !== canonical(parsed(to.pattern)) || isOther(from, to))
      await events().send(new PutRuleCommand({ Name: rule, EventPattern: to.pattern, State: to.state as RuleState }));
    else if (from.state !== to.state)
      await events().send(
        to.state === RuleState.ENABLED ? new EnableRuleCommand({ Name: rule }) : new DisableRuleCommand({ Name: rule }),
      );
    const had = from?.targets ?? {};
    const added = Object.entries(to.targets).filter(([id, one]) => canonical(had[id]) !== canonical(one));
    if (added.length > 0)
      await events().send(
        new PutTargetsCommand({ Rule: rule, Targets: added.map(([, one]) => one as unknown as Target) }),
      );
    const dropped = Object.keys(had).filter((id) => !Object.hasOwn(to.targets, id));
    if (dropped.length > 0) await events().send(new RemoveTargetsCommand({ Rule: rule, Ids: dropped }));
  },
  // The role that wakes Firebreak up must not be able to put it to sleep; patterns and targets go back as they came.
  undo: (before, after) =>
    before === null ||
    before.state === RuleState.DISABLED ||
    Object.keys(after?.targets ?? {}).some((id) => !Object.hasOwn(before.targets, id))
      ? 'operator'
      : 'restore',
};

/** Enabling and disabling know two states; the third, which also gets read-only events, only PutRule sets. */
const isOther = (from: Waking, to: Waking): boolean =>
  from.state !== to.state && to.state !== RuleState.ENABLED && to.state !== RuleState.DISABLED;

function parsed(pattern: string): Json {
  try {
    return JSON.parse(pattern) as Json;
  } catch {
    return pattern;
  }
}
