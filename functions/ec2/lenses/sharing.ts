/** What the rules on shared snapshots and images have in common: the same call, judged for everyone or for strangers. */
import { arn } from '../../../shared/aws/arn.ts';
import { text } from '../../../shared/core/json.ts';
import type { Home } from '../../../shared/core/mode.ts';
import { type Finding, type Unreadable, unreadable } from '../../../shared/core/rule.ts';
import type { Call, Signal } from '../../../shared/core/signal.ts';
import { added, everyone, type Grantee, isStranger, ownerOf } from './shared-with.ts';

/** `id`: of the snapshot or image. */
export type Shared = { readonly id: string };

type Kind = {
  readonly name: 'snapshot' | 'image';
  readonly member: 'snapshotId' | 'imageId';
  readonly permission: 'createVolumePermission' | 'launchPermission';
};

export const snapshots: Kind = { name: 'snapshot', member: 'snapshotId', permission: 'createVolumePermission' };
export const images: Kind = { name: 'image', member: 'imageId', permission: 'launchPermission' };

// Their ARNs name no account: service authorization reference, Amazon EC2, resource types snapshot and image.
export const anySnapshot = 'arn:${AWS::Partition}:ec2:${AWS::Region}::snapshot/*';
export const anyImage = 'arn:${AWS::Partition}:ec2:${AWS::Region}::image/*';
/** Of a call that only ends shares these keys are absent: the same reference, ec2:Add/group and ec2:Add/userId. */
export const addsNobody = { Null: { 'ec2:Add/group': 'true', 'ec2:Add/userId': 'true' } } as const;

type Found = readonly Finding<Shared>[] | Unreadable;

/** Shared with everyone. */
export function opened(kind: Kind, signal: Signal): Found {
  return found(kind, signal, (call, grantees) =>
    grantees.includes(everyone)
      ? { reason: `${call.name} shares the ${kind.name} with everyone`, certain: true }
      : null,
  );
}

/** Shared with accounts, organisations or units that are none of ours. */
export function givenAway(kind: Kind, signal: Signal, home: Home): Found {
  return found(kind, signal, (call, grantees) => {
    const strangers = grantees.filter((one) => isStranger(one, home));
    if (strangers.length === 0) return null;
    const certain = strangers.some((one) => ownerOf(one, home) === 'stranger');
    const whom = listedOf(strangers);
    return {
      reason: `${call.name} shares the ${kind.name} with ${whom}${certain ? '' : ', perhaps strangers'}`,
      certain,
    };
  });
}

type Judged = { readonly reason: string; readonly certain: boolean } | null;

function found(kind: Kind, signal: Signal, judge: (call: Call, added: readonly Grantee[]) => Judged): Found {
  if (signal.kind !== 'call') return [];
  const grantees = added(signal, kind.permission);
  if (grantees !== null && grantees.length === 0) return [];
  const id = text(signal.request, kind.member);
  const unclear = `${signal.name} changed whom the ${kind.name} is shared with, and the event does not show whom`;
  const judged = grantees === null ? { reason: unclear, certain: false } : judge(signal, grantees);
  if (judged === null) return [];
  if (id === undefined) return unreadable(`requestParameters.${kind.member}`);
  const resource = arn(signal, 'ec2', `${kind.name}/${id}`, { regional: true, owned: false });
  return [{ target: { id }, resource, reason: judged.reason, certainty: judged.certain ? 'certain' : 'possible' }];
}

/** All shares but the one with everyone. */
export const notPublic = (shares: readonly Grantee[] | null): readonly Grantee[] | null =>
  shares === null ? null : shares.filter((one) => one !== everyone);

/** The shares with our own, and the one with everyone, which is another rule's. */
export const notGivenAway = (shares: readonly Grantee[] | null, home: Home): readonly Grantee[] | null =>
  shares === null ? null : shares.filter((one) => !isStranger(one, home));

/** At most five, and how many more. */
export const listedOf = (names: readonly string[]): string =>
  names.slice(0, 5).join(', ') + (names.length > 5 ? ` and ${names.length - 5} more` : '');
