import * as v from 'valibot';
import { arn, parseArn } from '../../shared/aws/arn.ts';
import { member, named } from '../../shared/aws/telling.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';

const hub = 'https://docs.aws.amazon.com/securityhub/latest/userguide/cloudwatch-controls.html#cloudwatch-16';
/** Security Hub's CloudWatch.16 asks for 365 days, unless it is told otherwise. */
const baseline = v.strictObject({ days: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), 365) });

export const retentionShortened = rule({
  id: 'logs/retention-shortened',
  title: 'Logs are kept for less time, or in the clear',
  severity: 'medium',
  why: 'What is older than the new retention is deleted within days, and nobody can bring it back. Without its key a log group encrypts what comes from now on with a key of AWS, which nobody can withhold from whoever may read logs.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'customer data',
  controls: [
    { framework: 'AWS Security Hub CSPM', id: 'CloudWatch.16', source: hub },
    { framework: 'NIST SP 800-53 Rev. 5', id: 'AU-11', source: hub },
  ],
  // Amazon CloudWatch Logs User Guide, "Logging Amazon CloudWatch Logs API and console operations in AWS CloudTrail",
  // lists both; members as in its API Reference.
  triggers: calls('logs.amazonaws.com', 'PutRetentionPolicy', 'DisassociateKmsKey'),
  baseline,
  detect(signal, { days: least = 365 }) {
    if (signal.kind !== 'call') return [];
    const group = groupOf(signal);
    if (group === undefined) return unreadable('requestParameters.logGroupName');
    const found = { target: { group, region: signal.region }, resource: arn(signal, 'logs', `log-group:${group}`) };
    if (signal.name === 'DisassociateKmsKey')
      return [{ ...found, reason: `the log group ${group} lost its encryption key`, certainty: 'certain' }];
    const days = Number(member(signal.request, 'retentionInDays'));
    if (!(days > 0)) return unreadable('requestParameters.retentionInDays');
    if (days >= least) return [];
    const reason = `the log group ${group} is now kept for ${days} days; what it was before is not told`;
    return [{ ...found, reason, certainty: 'possible' }];
  },
});

/** DisassociateKmsKey may name the group by its ARN, or `*` for the results of all queries: API_DisassociateKmsKey. */
function groupOf({ request }: Call): string | undefined {
  const name = named(request, 'logGroupName');
  if (name !== undefined) return name;
  const identifier = named(request, 'resourceIdentifier');
  const resource = identifier === undefined ? undefined : parseArn(identifier)?.resource;
  return resource?.startsWith('log-group:') ? resource.slice('log-group:'.length).replace(/:\*$/, '') : identifier;
}
