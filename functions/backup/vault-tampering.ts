import { arn } from '../../shared/aws/arn.ts';
import { reachesAction } from '../../shared/aws/cover.ts';
import { foreignStatements } from '../../shared/aws/foreign.ts';
import { isService } from '../../shared/aws/person.ts';
import { statementsOf } from '../../shared/aws/statement.ts';
import { named, told } from '../../shared/aws/telling.ts';
import { isObject, type Json } from '../../shared/core/json.ts';
import type { Home } from '../../shared/core/mode.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';

const technique =
  'https://detection.fyi/elastic/detection-rules/integrations/aws/impact_backup_recovery_point_deleted/';

export const vaultTampering = rule({
  id: 'backup/vault-tampering',
  title: 'Backups were deleted or lost their protection',
  severity: 'high',
  why: 'A deleted recovery point is gone for good, and what guarded the others may be gone, too. Ransomware takes the backups first, so that there is no way back but to pay.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'customer data',
  controls: [{ framework: 'MITRE ATT&CK', id: 'T1490', source: technique }],
  // "CloudTrail captures all API calls for AWS Backup as events": AWS Backup developer guide, "Logging AWS Backup API calls
  // with CloudTrail". Elastic's public rules for DeleteRecoveryPoint, DeleteBackupVault and the lock use the same names.
  triggers: calls(
    'backup.amazonaws.com',
    'DeleteBackupVault',
    'DeleteRecoveryPoint',
    'DeleteBackupVaultLockConfiguration',
    'PutBackupVaultAccessPolicy',
    'DeleteBackupVaultAccessPolicy',
  ),
  detect(signal, _, home) {
    // AWS Backup deletes recovery points itself when their time is over.
    if (signal.kind !== 'call' || isService(signal.actor)) return [];
    const vault = named(signal.request, 'backupVaultName');
    if (vault === undefined) return unreadable('requestParameters.backupVaultName');
    const resource = arn(signal, 'backup', `backup-vault:${vault}`);
    switch (signal.name) {
      case 'DeleteRecoveryPoint': {
        const point = named(signal.request, 'recoveryPointArn');
        return told(point ?? resource, `a recovery point of the vault ${vault} was deleted`);
      }
      case 'DeleteBackupVault':
        return told(resource, `the vault ${vault} was deleted`);
      case 'DeleteBackupVaultLockConfiguration':
        return told(resource, `the vault ${vault} is no longer locked: its recovery points can be deleted`);
      case 'DeleteBackupVaultAccessPolicy':
        return told(resource, `the vault ${vault} lost its policy, which may have denied deletion`, 'possible');
      default:
        return policyPut(signal, vault, resource, home);
    }
  },
});

/** A Deny that reaches deletion guards the vault, though a condition on it may spare somebody. */
function policyPut(call: Call, vault: string, resource: string, home: Home) {
  const policy = isObject(call.request) ? (named(call.request, 'policy') ?? (call.request['policy'] as Json)) : null;
  const statements = statementsOf(policy ?? null);
  if (statements === null) return unreadable('requestParameters.policy');
  const [stranger] = foreignStatements(policy ?? null, home);
  if (stranger) return told(resource, `the policy of the vault ${vault} ${stranger.reason}`, stranger.certainty);
  const denied = statements.some((one) => one.Effect === 'Deny' && reachesAction(one, 'backup:deleterecoverypoint'));
  if (denied) return [];
  return told(
    resource,
    `the new policy of the vault ${vault} does not deny deletion; the former one may have`,
    'possible',
  );
}
