import { arn } from '../../shared/aws/arn.ts';
import { short } from '../../shared/aws/statement.ts';
import { member } from '../../shared/aws/telling.ts';
import { rule } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';

export const bulkRead = rule({
  id: 'secrets/bulk-read',
  title: 'Somebody reads many secrets',
  severity: 'high',
  why: 'Applications read the few secrets that they know. Who reads many at once, or one after the other, is collecting them: every one of them may have to be replaced. Reads are counted, not secrets: one that is read over and over is told, too.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'customer data',
  controls: [{ framework: 'MITRE ATT&CK', id: 'T1555.006', source: 'https://attack.mitre.org/techniques/T1555/006/' }],
  // One call reads up to 20 secrets: API_BatchGetSecretValue. Twenty reads of one caller within minutes are what Elastic's
  // "AWS Secrets Manager Rapid Secrets Retrieval" takes for a harvest.
  threshold: { times: 20, minutes: 5 },
  // A collector's many bulk reads are told once an hour.
  folds: 60,
  // Recorded by Stratus Red Team: both are read-only calls, without an answer in the event.
  triggers: [
    { kind: 'call', service: 'secretsmanager.amazonaws.com', name: 'BatchGetSecretValue', readOnly: true },
    { kind: 'call', service: 'secretsmanager.amazonaws.com', name: 'GetSecretValue', readOnly: true },
  ],
  detect(signal) {
    if (signal.kind !== 'call' || isService(signal)) return [];
    const { actor } = signal;
    const resource = actor.arn ?? arn(signal, 'iam', 'root', { regional: false, owned: true });
    const batch = signal.name === 'BatchGetSecretValue';
    const who = short(actor.name);
    const reason = batch
      ? `${who} reads secrets in bulk: ${chosen(signal)}`
      : `${who} reads one secret after the other`;
    return [{ target: { resource }, resource, reason, certainty: 'certain', ...(batch && { atOnce: true }) }];
  },
});

/** A service reads the secrets that it was given: RDS, Glue, a rotation. A person in the console is no service. */
const isService = ({ actor }: Call): boolean =>
  actor.type === 'AWSService' || (actor.invokedBy !== undefined && actor.invokedBy !== 'signin.amazonaws.com');

function chosen({ request }: Call): string {
  const list = member(request, 'secretIdList');
  return Array.isArray(list) ? `${list.length} that it names` : 'all that fit a filter';
}
