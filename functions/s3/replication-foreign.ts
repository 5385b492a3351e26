import { arn } from '../../shared/aws/arn.ts';
import { ownerOfId } from '../../shared/aws/foreign.ts';
import { told } from '../../shared/aws/telling.ts';
import { at, text } from '../../shared/core/json.ts';
import type { Home } from '../../shared/core/mode.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';

export const replicationForeign = rule({
  id: 's3/replication-foreign',
  title: 'A bucket is replicated to another account',
  severity: 'high',
  why: 'Every object written from now on, and old ones too if a batch job is started, is copied to a bucket that somebody else may own. Nobody has to read the data to take it: S3 carries it out.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'customer data',
  controls: [{ framework: 'MITRE ATT&CK', id: 'T1537', source: 'https://attack.mitre.org/techniques/T1537/' }],
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html, bucket-level actions. Members
  // as the API has them (API_ReplicationRule, API_Destination), rules under `Rule` as in other recorded S3 requests:
  // AWS's SIEM on OpenSearch reads requestParameters.ReplicationConfiguration.Rule.Filter.
  triggers: calls('s3.amazonaws.com', 'PutBucketReplication'),
  detect(signal, _baseline, home) {
    if (signal.kind !== 'call') return [];
    const found = judged(signal, home);
    if (found === null) return [];
    const bucket = text(signal.request, 'bucketName');
    if (bucket === undefined) return unreadable('requestParameters.bucketName');
    return told(arn(signal, 's3', bucket, { regional: false, owned: false }), found.reason, found.certainty);
  },
});

type Judged = { readonly reason: string; readonly certainty: 'certain' | 'possible' };

function judged(call: Call, home: Home): Judged | null {
  const rules = at(call.request, 'ReplicationConfiguration', 'Rule');
  if (rules === undefined || rules === null)
    return { reason: 'replication was configured, and the event does not show to where', certainty: 'possible' };
  const destinations = (Array.isArray(rules) ? rules : [rules])
    .slice(0, 1000)
    .filter((one) => text(one, 'Status') !== 'Disabled')
    .map((one) => ({ to: text(one, 'Destination', 'Bucket') ?? '?', account: text(one, 'Destination', 'Account') }));
  const found = destinations.flatMap(({ to, account }) => {
    const bucket = to.slice(to.lastIndexOf(':') + 1);
    // Only a change of the replicas' owner needs the account: API_Destination, Account. A bucket's ARN names none.
    if (account === undefined) return [{ owner: 'unknown', words: `${bucket}, whose owner the event does not tell` }];
    const owner = ownerOfId(account, home);
    return owner === 'ours' ? [] : [{ owner, words: `${bucket} of account ${account}` }];
  });
  if (found.length === 0) return null;
  const reason = `the bucket is replicated to ${[...new Set(found.map(({ words }) => words))].slice(0, 5).join('; ')}`;
  return { reason, certainty: found.some(({ owner }) => owner === 'stranger') ? 'certain' : 'possible' };
}
