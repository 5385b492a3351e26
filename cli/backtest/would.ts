/**
 * What a fix would have changed. Only where the event holds the whole state that the fix's lens reads can that be said;
 * else what it would have looked at, and never a guess. Pure.
 */

import { entryOf } from '../../functions/ec2/lenses/acl-entry.ts';
import { requested } from '../../functions/iam/lenses/strength.ts';
import { switches } from '../../functions/s3/lenses/guard-request.ts';
import { given } from '../../functions/sns/lenses/topic.ts';
import { attributesOf } from '../../functions/sqs/lenses/queue.ts';
import { at, isObject, type Json, text } from '../../shared/core/json.ts';
import type { Home } from '../../shared/core/mode.ts';
import { same } from '../../shared/core/record.ts';
import type { Finding, FixRule } from '../../shared/core/rule.ts';
import type { Call, Signal } from '../../shared/core/signal.ts';
import { difference } from '../../shared/notify/diff.ts';

export type Would =
  | { readonly kind: 'tell' }
  /** As the event left it, a fresh read would have found this to change. */
  | { readonly kind: 'change'; readonly lines: readonly string[] }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'look'; readonly lens: string; readonly actions: readonly string[] };

const policyPut = ({ name, request }: Call): Json | undefined => {
  // Without one a bucket has no policy, which is null to the lens.
  if (name === 'DeleteBucketPolicy') return null;
  const policy = at(request, 'bucketPolicy');
  return isObject(policy) ? JSON.stringify(policy) : typeof policy === 'string' && policy !== '' ? policy : undefined;
};

/** What RDS answers: all shares that the snapshot then has. */
function sharesLeft({ response }: Call): Json | undefined {
  const attributes = at(response, 'dBSnapshotAttributes') ?? at(response, 'dBClusterSnapshotAttributes');
  const found = (Array.isArray(attributes) ? attributes : []).find((one) => text(one, 'attributeName') === 'restore');
  const values = at(found, 'attributeValues');
  return Array.isArray(values) && values.every((one) => typeof one === 'string') ? (values as Json) : undefined;
}

/** By rule: the state of its lens right after the call; undefined where the event does not show all of it. */
export const whole: { readonly [rule: string]: (call: Call) => Json | undefined } = {
  's3/public-policy': policyPut,
  's3/tls-only': policyPut,
  's3/public-access-block': ({ name, request }) => {
    if (name === 'DeleteBucketPublicAccessBlock') return 'unset';
    const asked = at(request, 'PublicAccessBlockConfiguration');
    const said = switches.map((one) => [one, at(asked, one)] as const);
    if (said.some(([, value]) => typeof value !== 'boolean')) return undefined;
    return Object.fromEntries(said) as Json;
  },
  'ecr/public-policy': ({ request }) => text(request, 'policyText'),
  'rds/snapshot-public': sharesLeft,
  'rds/snapshot-foreign': sharesLeft,
  'dynamodb/recovery-off': () => ({ on: false, days: null }),
  'opensearch/public-policy': ({ request }) => {
    const policy = text(request, 'accessPolicies');
    return policy === undefined ? undefined : { policy, processing: false };
  },
  's3/versioning-suspended': ({ request }) => text(request, 'VersioningConfiguration', 'Status'),
  'ec2/ebs-default-encryption': ({ name }) => (name === 'DisableEbsEncryptionByDefault' ? false : undefined),
  'ec2/network-acl-open': (call) => {
    const entry = entryOf(call);
    // What ICMP lets in by type and code is not told apart.
    return 'said' in entry && !['1', '58'].includes(entry.said.protocol) ? { ...entry.said, icmp: null } : undefined;
  },
  'ec2/public-sharing-unblocked': ({ name }) => (name.startsWith('Disable') ? 'unblocked' : undefined),
  'cloudtrail/logging-stopped': ({ name }) => (name === 'StopLogging' ? false : undefined),
  'cloudwatch/alarm-silenced': ({ name }) => (name === 'DisableAlarmActions' ? false : undefined),
  'macie/disabled': ({ name }) => (name === 'DisableMacie' ? null : undefined),
  'iam/access-key-created': ({ response }) => text(response, 'accessKey', 'status'),
  'iam/role-trust-opened': ({ name, request }) =>
    text(request, name === 'CreateRole' ? 'assumeRolePolicyDocument' : 'policyDocument'),
  'iam/password-policy': ({ name, request }) =>
    name === 'DeleteAccountPasswordPolicy' ? null : (requested(request) ?? undefined),
  'kms/deletion-scheduled': ({ response }) => text(response, 'keyState'),
  'kms/key-disabled': () => 'Disabled',
  'kms/rotation-off': () => 'off',
  'kms/public-policy': ({ request }) => text(request, 'policy'),
  'secrets/public-policy': ({ request }) => text(request, 'resourcePolicy'),
  // A permission that is added is not all of the policy.
  'sqs/public-policy': (call) => text(attributesOf(call), 'Policy'),
  'sns/public-policy': (call) => text({ policy: given(call, 'Policy')?.[0] }, 'policy'),
  // Certain only where the request turned all of it off, or took the key away.
  'sqs/unencrypted': () => ({ key: null, managed: false }),
  'sns/unencrypted': () => '',
  'cloudhsm/backup-deleted': ({ response }) => text(response, 'backup', 'backupState'),
  // It fires only where the request turned it off.
  'cloudformation/termination-protection': () => false,
  'organizations/account-moved': ({ request }) => text(request, 'destinationParentId'),
};

export function wouldOf(rule: FixRule, signal: Signal, finding: Finding, baseline: unknown, home: Home): Would {
  const { lens, desire } = rule.fix;
  const actions = [...new Set(rule.permissions.read.flatMap((permission) => permission.actions))].sort();
  const look: Would = { kind: 'look', lens: lens.id, actions };
  const state = signal.kind === 'call' && finding.certainty === 'certain' ? whole[rule.id]?.(signal) : undefined;
  if (state === undefined) return look;
  const desired = desire(state, { target: finding.target, baseline, home, learned: null });
  // The fix itself does not know without a read: nor do we.
  if (isObject(desired) && 'unknown' in desired) return look;
  if (same(lens, state, desired as Json)) return { kind: 'nothing' };
  return { kind: 'change', lines: difference(state, desired as Json, 16) };
}
