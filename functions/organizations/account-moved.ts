import * as v from 'valibot';
import { text } from '../../shared/core/json.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';
import { entityArn, named } from './lenses/entity.ts';

const parent = v.pipe(v.string(), v.regex(/^(r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[0-9a-z]{8,32})$/));

const baseline = v.strictObject({
  /** Units whose accounts stay; every unit where none is named. */
  guarded: v.optional(v.array(parent)),
  /** Units to which an account may always be moved: a quarantine has more guard rails, not fewer. */
  quarantine: v.optional(v.array(parent)),
});

type Moved = { readonly account: string; readonly from: string; readonly to: string };

export const accountMoved = rule<Moved, never, v.InferOutput<typeof baseline>>({
  id: 'organizations/account-moved',
  title: 'An account was moved to another organisational unit',
  severity: 'high',
  why: 'The policies of the unit that it left, and of all units above it, hold in the account no longer. A move is the quiet way around a guard rail: the policy is still there, and still attached.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'platform, applications, identity and access management',
  controls: [{ framework: 'MITRE ATT&CK', id: 'T1666', source: 'https://attack.mitre.org/techniques/T1666/' }],
  // AWS Organizations User Guide, "Logging AWS Organizations API calls with AWS CloudTrail". A recorded event, with all
  // three members: github.com/aws-samples, account automation of 2020.
  triggers: calls('organizations.amazonaws.com', 'MoveAccount'),
  baseline,
  detect(signal, { guarded = [], quarantine = [] }, home) {
    if (signal.kind !== 'call') return [];
    const [account, from, to] = ['accountId', 'sourceParentId', 'destinationParentId'].map((one) =>
      text(signal.request, one),
    );
    if (account === undefined) return unreadable('requestParameters.accountId');
    if (from === undefined) return unreadable('requestParameters.sourceParentId');
    if (to === undefined) return unreadable('requestParameters.destinationParentId');
    // From the root into a unit: what holds in the root holds there, too.
    if (from.startsWith('r-') || quarantine.includes(to)) return [];
    if (guarded.length > 0 && !guarded.includes(from)) return [];
    const reason = `the account ${account} was moved from ${named(from)} to ${named(to)}`;
    const resource = entityArn(signal, home, account);
    return [{ target: { account, from, to }, resource, reason, certainty: 'certain' }];
  },
});
