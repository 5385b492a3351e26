import * as v from 'valibot';
import { arn, parseArn } from '../../shared/aws/arn.ts';
import { member, named } from '../../shared/aws/telling.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';
import { isGroup, type Keeping, keeping } from './lenses/keeping.ts';

const hub = 'https://docs.aws.amazon.com/securityhub/latest/userguide/cloudwatch-controls.html#cloudwatch-16';
const reference = 'https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html';
const groups = 'arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:*' as const;
/** Security Hub's CloudWatch.16 asks for 365 days, unless it is told otherwise. */
const baseline = v.strictObject({
  days: v.optional(
    v.pipe(
      v.number(),
      v.integer(),
      v.minValue(1),
      v.description('a retention of this many days or more is nobody’s trouble'),
    ),
    365,
  ),
});

export const retentionShortened = rule({
  id: 'logs/retention-shortened',
  title: 'Logs are kept for less time, or in the clear',
  severity: 'medium',
  why: 'What is older than the new retention is deleted within days, and nobody can bring it back. Without its key a log group encrypts what comes from now on with a key of AWS, which nobody can withhold from whoever may read logs.',
  class: 'A',
  breaks: 'nothing',
  risk: 'None to applications. Logs are kept longer, and cost what they cost before; whoever reads them needs the key again, as before. What was to be deleted sooner on purpose, as personal data may have to be, is kept.',
  mends:
    'puts back the retention and the key that were seen to stand for a day, where those keep logs longer or had a key. A group that was made within the hour had nothing to lose and is left as it is. Without such a state the rule only tells. What was deleted meanwhile stays deleted.',
  undoes:
    'puts the shorter retention back; a key is taken away with your own credentials: the role that gives one may not.',
  responsibility: 'customer data',
  proof: 'fake',
  controls: [
    { framework: 'AWS Security Hub CSPM', id: 'CloudWatch.16', source: hub },
    { framework: 'NIST SP 800-53 Rev. 5', id: 'AU-11', source: hub },
  ],
  // Amazon CloudWatch Logs User Guide, "Logging Amazon CloudWatch Logs API and console operations in AWS CloudTrail",
  // lists both; members as in its API Reference.
  triggers: calls('logs.amazonaws.com', 'PutRetentionPolicy', 'DisassociateKmsKey'),
  permissions: {
    read: [{ actions: ['logs:DescribeLogGroups'], resources: { noArn: `${reference}: no resource types` } }],
    write: [
      {
        actions: ['logs:AssociateKmsKey', 'logs:DeleteRetentionPolicy', 'logs:PutRetentionPolicy'],
        resources: [groups],
      },
    ],
    undo: ['logs:DisassociateKmsKey'],
  },
  baseline,
  detect(signal, { days: least = 365 }) {
    if (signal.kind !== 'call') return [];
    const group = groupOf(signal);
    if (group === undefined) return unreadable('requestParameters.logGroupName');
    const found = { target: { group, at: signal.time }, resource: arn(signal, 'logs', `log-group:${group}`) };
    if (signal.name === 'DisassociateKmsKey')
      return [{ ...found, reason: `the log group ${group} lost its encryption key`, certainty: 'certain' }];
    const asked = member(signal.request, 'retentionInDays');
    const days = typeof asked === 'number' || typeof asked === 'string' ? Number(asked) : 0;
    if (!(days > 0)) return unreadable('requestParameters.retentionInDays');
    if (days >= least) return [];
    const reason = `the log group ${group} is now kept for ${days} days; what it was before is not told`;
    // Whoever makes a group sets it: what is new by what is read is nobody's trouble.
    return [{ ...found, reason, certainty: 'possible', aside: true }];
  },
  fix: {
    kind: 'state',
    lens: keeping,
    learns: {
      triggers: calls(
        'logs.amazonaws.com',
        'CreateLogGroup',
        'PutRetentionPolicy',
        'DeleteRetentionPolicy',
        'AssociateKmsKey',
      ),
      target(signal) {
        const group = signal.kind === 'call' ? groupOf(signal) : undefined;
        return group === undefined ? null : { group, at: signal.time };
      },
    },
    // A key that stood for a day may still be a stranger's, who can then withhold the logs.
    asks: (plan, { home }) => {
      const owner = plan?.key ? parseArn(plan.key)?.account : undefined;
      const ours = owner === undefined || owner === home.account || home.trusted?.includes(owner) === true;
      return ours ? null : `the key belongs to the account ${owner}, which is not trusted`;
    },
    desire(state, { target: { group, at }, learned }) {
      if (!isGroup(group))
        return { unknown: `${group} is no log group, and its key is given back by hand: aws logs associate-kms-key` };
      // A group that is gone keeps nothing; one that was just made is being set up, key and all.
      if (state === null || isNew(state, at)) return state;
      if (learned === null) return { unknown: `how long ${group} was kept before, and under which key, is not known` };
      const before = learned.state;
      const shorter = state.days !== null && (before.days === null || before.days > state.days);
      return { ...state, days: shorter ? before.days : state.days, key: state.key ?? before.key };
    },
  },
});

const hour = 3_600_000;
const isNew = ({ made }: Keeping, at: string | null): boolean => at !== null && Date.parse(at) - made < hour;

/** DisassociateKmsKey may name the group by its ARN, or the results of all queries (`query-result:*`): API_DisassociateKmsKey. */
function groupOf({ request }: Call): string | undefined {
  const name = named(request, 'logGroupName');
  if (name !== undefined) return name;
  const identifier = named(request, 'resourceIdentifier');
  const resource = identifier === undefined ? undefined : parseArn(identifier)?.resource;
  return resource?.startsWith('log-group:') ? resource.slice('log-group:'.length).replace(/:\*$/, '') : identifier;
}
