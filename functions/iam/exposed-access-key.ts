import { arn, partitionOf } from '../../shared/aws/arn.ts';
import { text } from '../../shared/core/json.ts';
import { rule } from '../../shared/core/rule.ts';
import type { Other } from '../../shared/core/signal.ts';
import { type Exposed, exposedIn, healthCodes } from './lenses/exposed.ts';
import { type ExposedKey, type Exposure, exposedKey, quarantine } from './lenses/exposed-key.ts';

const users = 'arn:${AWS::Partition}:iam::${AWS::AccountId}:user/*';

export const exposedAccessKey = rule<ExposedKey, Exposure>({
  id: 'iam/exposed-access-key',
  title: 'An access key was published or stolen',
  severity: 'critical',
  why: 'AWS found the key where strangers can read it, or saw it used by somebody else. Published keys are tried within minutes, and everything that their owner may do is done with them.',
  class: 'A',
  contains: true,
  breaks: 'access',
  risk: 'Whatever uses the key is refused until it has another one. With the quarantine the user’s other key can’t start instances, make keys and users, or create functions either; what runs already goes on.',
  mends: `makes the key inactive, and attaches AWS’s own policy ${quarantine} to its user, unless the user has it or one of those before it already. Temporary credentials that were drawn with the key live on until they expire, within what the quarantine leaves. A person is asked in every mode: whether AWS Health or Trusted Advisor really said so can be asked of them under a support plan alone.`,
  undoes:
    'makes the key active again. The quarantine, where this attached it, is taken away with your own credentials; AWS asks to leave it until its support case says otherwise. One that AWS attached stays.',
  responsibility: 'platform, applications, identity and access management',
  proof: 'emulator',
  controls: [],
  triggers: [
    {
      kind: 'event',
      source: 'aws.health',
      detailType: 'AWS Health Event',
      where: { eventTypeCode: [...healthCodes] },
    },
    {
      kind: 'event',
      source: 'aws.trustedadvisor',
      detailType: 'Trusted Advisor Check Item Refresh Notification',
      where: { 'check-name': ['Exposed Access Keys'], status: ['ERROR', 'WARN'] },
    },
  ],
  permissions: {
    read: [
      { actions: ['iam:ListAccessKeys'], resources: [users] },
      { actions: ['iam:GetAccessKeyLastUsed', 'iam:ListAttachedUserPolicies'], resources: [users] },
    ],
    write: [
      { actions: ['iam:UpdateAccessKey'], resources: [users] },
      {
        actions: ['iam:AttachUserPolicy'],
        resources: [users],
        conditions: { ArnLike: { 'iam:PolicyARN': `arn:*:iam::aws:policy/${quarantine}` } },
      },
    ],
    undo: ['iam:DetachUserPolicy'],
  },
  detect(signal, _baseline, home) {
    if (signal.kind !== 'other' || text(signal.detail, 'statusCode') === 'closed') return [];
    return exposedIn(signal).map((one) => {
      const owner = one.user === null ? 'root' : `user/${one.user}`;
      const named = one.key === '' ? 'which access key it is is not told' : `access key ${one.key}`;
      return {
        target: { key: one.key, partition: partitionOf(signal.region), leave: leaveAlone(one, home.account) },
        // The account's own ARN, as a principal has it, where the event does not tell whose key it is.
        resource: arn({ ...signal, account: one.account }, 'iam', owner, { regional: false, owned: true }),
        reason: `${reporter(signal)}: ${named}${one.user === null ? '' : ` of ${one.user}`}`,
        certainty: 'certain',
      };
    });
  },
  fix: {
    kind: 'state',
    lens: exposedKey,
    desire(state, { target: { key, leave } }) {
      if (leave !== null) return { unknown: leave };
      if (state === null) return null;
      if (state.user === null)
        return {
          unknown: `${key} is no key of a user of this account: if it is the root user’s, delete it and change the root user’s password`,
        };
      const status = state.status === 'Active' ? 'Inactive' : state.status;
      return { ...state, status, quarantine: state.quarantine.length > 0 ? state.quarantine : [quarantine] };
    },
  },
});

/** Why there is nothing to read here, and what to do instead. */
function leaveAlone({ key, account }: Exposed, here: string | null): string | null {
  if (account !== here) return `the key is one of account ${account}: make it inactive there`;
  if (/^AKIA[A-Z0-9]+$/.test(key)) return null;
  return key === ''
    ? 'the event names no access key: AWS Health names it in the console, and in its mail to the account’s contacts'
    : `${key} is no access key of a user, which begin with AKIA: look it up in AWS Health`;
}

function reporter({ source, detail }: Other): string {
  if (source !== 'aws.trustedadvisor') return `AWS Health reports ${text(detail, 'eventTypeCode') ?? 'a key at risk'}`;
  const place = text(detail, 'check-item-detail', 'Location');
  return `Trusted Advisor reports an exposed key${place === undefined ? '' : ` at ${place.slice(0, 120)}`}`;
}
