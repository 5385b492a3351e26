import { short } from '../../shared/aws/statement.ts';
import { member, named, told } from '../../shared/aws/telling.ts';
import { calls, type Finding, rule, type Unreadable, unreadable } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';
import { namedBy } from './lenses/names.ts';

export const clusterTampering = rule({
  id: 'cloudhsm/cluster-tampering',
  title: 'A CloudHSM cluster, or the keeping of its backups, is taken apart',
  severity: 'high',
  why: 'Without an HSM applications can neither sign nor decrypt, and a cluster that is gone comes back only from a backup. A backup that may expire is deleted by the service, in its own time and silently.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'customer data',
  controls: [],
  // Source, casing: see ./backup-deleted.ts. Members: cloudhsm/latest/APIReference, API_DeleteCluster, API_DeleteHsm,
  // API_ModifyBackupAttributes.
  triggers: calls('cloudhsm.amazonaws.com', 'DeleteCluster', 'DeleteHsm', 'ModifyBackupAttributes'),
  detect(signal) {
    if (signal.kind !== 'call') return [];
    return signal.name === 'ModifyBackupAttributes' ? expiring(signal) : deleted(signal);
  },
});

/** "Specifies whether the service should exempt a backup from the retention policy": true keeps it. */
function expiring(call: Call): readonly Finding<{ resource: string }>[] | Unreadable {
  const said = member(call.request, 'neverExpires');
  const kept = typeof said === 'boolean' ? `${said}` : typeof said === 'string' ? said.toLowerCase() : undefined;
  if (kept === 'true') return [];
  const backup = namedBy(call, 'backupId');
  if (backup === undefined) return unreadable('requestParameters.backupId');
  return kept === 'false'
    ? told(backup.resource, `the backup ${backup.id} may expire by the cluster's retention policy`)
    : told(backup.resource, `whether the backup ${backup.id} may expire was changed`, 'possible');
}

/** An HSM is named by its id, or by its network interface or address. */
function deleted(call: Call): readonly Finding<{ resource: string }>[] | Unreadable {
  const cluster = namedBy(call, 'clusterId');
  if (cluster === undefined) return unreadable('requestParameters.clusterId');
  if (call.name === 'DeleteCluster') return told(cluster.resource, `the cluster ${cluster.id} is deleted`);
  const hsm =
    named(call.response, 'hsmId') ?? ['hsmId', 'eniId', 'eniIp'].map((name) => named(call.request, name)).find(Boolean);
  return told(cluster.resource, `the HSM ${short(hsm ?? '*')} is taken out of the cluster ${cluster.id}`);
}
