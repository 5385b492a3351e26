/**
 * With whom a call shares a database snapshot, for the rules on everyone and on strangers. Recorded:
 * ModifyDBSnapshotAttribute in Stratus Red Team's aws.exfiltration.rds-share-snapshot; the cluster's of Aurora answers
 * `dBClusterSnapshotAttributes` (a published Sumo Logic rule), and names its snapshot as the API does.
 */
import { arn, parseArn } from '../../../shared/aws/arn.ts';
import { resourcesNamed, witness } from '../../../shared/aws/noticed.ts';
import { listed } from '../../../shared/aws/telling.ts';
import { at, isObject, text } from '../../../shared/core/json.ts';
import { type Finding, type Unreadable, unreadable } from '../../../shared/core/rule.ts';
import type { Call, Signal } from '../../../shared/core/signal.ts';

/** `snapshot`: its identifier. `cluster`: whether it is one of a cluster (Aurora, Neptune, DocumentDB, Multi-AZ). */
export type SharedSnapshot = { readonly snapshot: string; readonly cluster: boolean };

type Judged = Pick<Finding, 'reason' | 'certainty'>;

/** @param judge what is wrong with those whom the call adds, account ids or `all`; null where nothing is */
export function shared(
  signal: Signal,
  judge: (added: readonly string[]) => Judged | null,
): readonly Finding<SharedSnapshot>[] | Unreadable {
  if (signal.kind !== 'call') return [];
  const judged = isObject(signal.request) ? judge(added(signal)) : undefined;
  if (judged === null) return [];
  const cluster = signal.name === 'ModifyDBClusterSnapshotAttribute';
  const named = cluster ? 'dBClusterSnapshotIdentifier' : 'dBSnapshotIdentifier';
  const asked = text(signal.request, named) ?? text(signal.response, named);
  if (asked === undefined || judged === undefined) return unreadable(`requestParameters.${named}`);
  const snapshot = parseArn(asked)?.resource.replace(/^(cluster-)?snapshot:/, '') ?? asked;
  const resource = arn(signal, 'rds', `${cluster ? 'cluster-snapshot' : 'snapshot'}:${snapshot}`);
  return [{ target: { snapshot, cluster }, resource, ...judged }];
}

/** `restore` is the attribute by which snapshots are shared, and the only one: API_ModifyDBSnapshotAttribute. */
const added = ({ request }: Call): readonly string[] =>
  (text(request, 'attributeName') ?? 'restore') === 'restore' ? listed(at(request, 'valuesToAdd')) : [];

/** The snapshots that a finding of Security Hub's names by their ARNs: recorded findings of RDS.1. */
export function noticedSnapshots(signal: Signal): readonly Finding<SharedSnapshot>[] | Unreadable {
  const arns = [
    ...resourcesNamed(signal, { securityHub: 'AwsRdsDbSnapshot' }),
    ...resourcesNamed(signal, { securityHub: 'AwsRdsDbClusterSnapshot' }),
  ];
  const named = arns.flatMap((resource) => {
    const [, kind, snapshot] =
      /^(cluster-snapshot|snapshot):(.{1,255})$/.exec(parseArn(resource)?.resource ?? '') ?? [];
    return snapshot === undefined ? [] : [{ resource, target: { snapshot, cluster: kind === 'cluster-snapshot' } }];
  });
  if (named.length === 0) return unreadable('ARN of a snapshot');
  const reason = `${witness(signal)}: with whom it is shared is read`;
  return named.map((one) => ({ ...one, reason, certainty: 'possible' }));
}
