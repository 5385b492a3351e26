/**
 * Whom a snapshot or an image is shared with, as CloudTrail records the change. `requestParameters.createVolumePermission`
 * or `.launchPermission`, each with `add` and `remove`, and in them `items[]` of `{userId}` (Stratus Red Team,
 * aws.exfiltration.ec2-share-ebs-snapshot and .ec2-share-ami) or `{group: "all"}` (Panther's tests of
 * AWS.CloudTrail.SnapshotMadePublic and AMIModifiedForPublicAccess). Organisations by ARN: API_LaunchPermission.
 */
import { ownerOfId, ownerOfOrganization } from '../../../shared/aws/foreign.ts';
import { member } from '../../../shared/aws/telling.ts';
import { at, text } from '../../../shared/core/json.ts';
import type { Home } from '../../../shared/core/mode.ts';
import type { Call } from '../../../shared/core/signal.ts';
import { bare, items } from './record.ts';

/** `all`, an account's id, or the ARN of an organisation or of one of its units. */
export type Grantee = string;

export const everyone = 'all';

/** Whom the call adds; null where it changes shares, and the event does not show which. */
export function added(
  call: Call,
  permission: 'createVolumePermission' | 'launchPermission',
): readonly Grantee[] | null {
  const change = member(call.request, permission);
  const list = member(change, 'add');
  const found = items(list).flatMap(granteesOf);
  if (found.length > 0) return found;
  if (list !== undefined && items(list).length > 0) return null;
  if (member(change, 'remove') !== undefined) return [];
  // The older way to ask: attribute, operationType, userIds (API_ModifySnapshotAttribute). No recorded event shows it.
  const attribute = [at(call.request, 'attributeType'), at(call.request, 'attribute')].map(bare);
  const meant = attribute.some(
    (one) => typeof one === 'string' && one.replaceAll('_', '').toLowerCase() === permission.toLowerCase(),
  );
  return meant && text(call.request, 'operationType') !== 'remove' ? null : [];
}

const granteesOf = (item: object): readonly Grantee[] =>
  ['group', 'userId', 'organizationArn', 'organizationalUnitArn'].flatMap((name) => {
    const found = member(item, name);
    return typeof found === 'string' && found !== '' ? [found] : typeof found === 'number' ? [`${found}`] : [];
  });

/** Whose a grantee is: an organisation's ARN ends in its id, a unit's holds it: `…:ou/o-…/ou-…`. */
export function ownerOf(grantee: Grantee, home: Home): 'ours' | 'stranger' | 'unknown' {
  if (!grantee.startsWith('arn:')) return ownerOfId(grantee, home);
  return ownerOfOrganization(/\/(o-[a-z0-9]{10,32})(\/|$)/.exec(grantee)?.[1] ?? '', home);
}

export const isStranger = (grantee: Grantee, home: Home): boolean =>
  grantee !== everyone && ownerOf(grantee, home) !== 'ours';
