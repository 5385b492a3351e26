import * as v from 'valibot';
import { text } from '../../shared/core/json.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';
import type { Call, Signal } from '../../shared/core/signal.ts';
import { entityArn, named } from './lenses/entity.ts';
import { type Move, place } from './lenses/place.ts';

const parent = v.pipe(v.string(), v.regex(/^(r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[0-9a-z]{8,32})$/));

const baseline = v.strictObject({
  guarded: v.optional(
    v.pipe(v.array(parent), v.description('units whose accounts stay; every unit, if none is named')),
  ),
  // It has more guard rails, not fewer.
  quarantine: v.optional(v.pipe(v.array(parent), v.description('units to which an account may always be moved'))),
});

const own = 'arn:${AWS::Partition}:organizations::${AWS::AccountId}' as const;

export const accountMoved = rule<Move, string, v.InferOutput<typeof baseline>>({
  id: 'organizations/account-moved',
  title: 'An account was moved to another organisational unit',
  severity: 'high',
  why: 'The policies of the unit that it left, and of all units above it, hold in the account no longer. A move is the quiet way around a guard rail: the policy is still there, and still attached.',
  class: 'C',
  breaks: 'access',
  risk: 'What the guard rails of the former unit forbid is refused in the account again, and what those of the new one forbid is not any more. A stack set that deploys by units may have followed the account, and follows it back.',
  mends:
    'moves the account back: from the root, out of a guarded unit into one that is not, or to where it was seen to stand for a day. Of other moves it only tells: the way back of whoever puts one right looks the same. It works in the management account alone.',
  undoes: 'moves it to where it had been moved.',
  proof: 'emulator',
  responsibility: 'platform, applications, identity and access management',
  controls: [{ framework: 'MITRE ATT&CK', id: 'T1666', source: 'https://attack.mitre.org/techniques/T1666/' }],
  // AWS Organizations User Guide, "Logging AWS Organizations API calls with AWS CloudTrail". A recorded event, with all
  // three members: AWS Secure Environment Accelerator (github.com/aws-samples), at the end of its handler of moved accounts.
  triggers: calls('organizations.amazonaws.com', 'MoveAccount'),
  permissions: {
    read: [{ actions: ['organizations:ListParents'], resources: [`${own}:account/o-*/*`] }],
    write: [
      {
        actions: ['organizations:MoveAccount'],
        resources: [`${own}:account/o-*/*`, `${own}:ou/o-*/*`, `${own}:root/o-*/*`],
      },
    ],
  },
  baseline,
  detect(signal, { guarded = [], quarantine = [] }, home) {
    if (signal.kind !== 'call') return [];
    const [account, from, to] = requested(signal);
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
  fix: {
    kind: 'state',
    lens: place,
    // Into a unit from the root: no rule flags that.
    learns: { triggers: calls('organizations.amazonaws.com', 'MoveAccount'), target: movedTo },
    desire(state, { target: { account, from, to }, baseline: { guarded = [] }, learned }) {
      if (state === null) return { unknown: `the organisation has no account ${account} any more` };
      // Moved on since: that is another event. At home again: so was the way back of whoever put it right.
      if (state !== to || learned?.state === state) return state;
      const home = to.startsWith('r-') || learned?.state === from || (guarded.includes(from) && !guarded.includes(to));
      const tell = `whether ${account} belongs to ${from} or to ${to} is not known: name guarded units in firebreak.yml`;
      return home ? from : { unknown: tell };
    },
  },
});

const requested = ({ request }: Call): readonly (string | undefined)[] =>
  ['accountId', 'sourceParentId', 'destinationParentId'].map((one) => text(request, one));

function movedTo(signal: Signal): Move | null {
  if (signal.kind !== 'call') return null;
  const [account, from, to] = requested(signal);
  return account === undefined || from === undefined || to === undefined ? null : { account, from, to };
}
