import {
  BatchGetAccountStatusCommand,
  DisableCommand,
  EnableCommand,
  Inspector2Client,
  type ResourceScanType,
  type Status,
} from '@aws-sdk/client-inspector2';
import { client } from '../../../shared/aws/client.ts';
import type { Lens } from '../../../shared/core/rule.ts';

/**
 * `types`: what was switched off; none where the call names none, which is all. `ours`: whether this account is among those
 * for which it was; an administrator may switch it off for its members alone.
 */
export type Scanned = { readonly region: string | null; readonly types: readonly string[]; readonly ours: boolean };

/** The status of each kind of scan: API_ResourceState. `elsewhere` is another account's. */
export type Scanning = { readonly [type: string]: Status } | 'elsewhere';

const inspector = (): Inspector2Client => client(Inspector2Client);

export const isOn = (status: string | undefined): boolean => status === 'ENABLED' || status === 'ENABLING';

/** What Inspector scans in a region. */
export const scanning: Lens<Scanned, Scanning> = {
  id: 'inspector/scanning',
  key: ({ region }) => region ?? 'this region',
  async read({ ours }) {
    if (!ours) return 'elsewhere';
    const { accounts = [] } = await inspector().send(new BatchGetAccountStatusCommand({}));
    const { ec2, ecr, lambda, lambdaCode, codeRepository } = accounts[0]?.resourceState ?? {};
    const states = { EC2: ec2, ECR: ecr, LAMBDA: lambda, LAMBDA_CODE: lambdaCode, CODE_REPOSITORY: codeRepository };
    return Object.fromEntries(
      Object.entries(states).flatMap(([type, state]) => (state?.status ? [[type, state.status]] : [])),
    );
  },
  // On is what is being switched on, too, and off what is being switched off.
  canon: (state) =>
    state === 'elsewhere' ? state : Object.fromEntries(Object.entries(state).map(([type, one]) => [type, isOn(one)])),
  async write(_, from, to) {
    if (to === null || to === 'elsewhere') return;
    const was = from === null || from === 'elsewhere' ? {} : from;
    const differing = (on: boolean): ResourceScanType[] =>
      Object.keys({ ...was, ...to }).filter(
        (type) => isOn(to[type]) === on && isOn(was[type]) !== on,
      ) as ResourceScanType[];
    const [added, dropped] = [differing(true), differing(false)];
    if (added.length > 0) await inspector().send(new EnableCommand({ resourceTypes: added }));
    if (dropped.length > 0) await inspector().send(new DisableCommand({ resourceTypes: dropped }));
  },
  // Nothing can be switched on while it is being switched off (API_Enable: ENABLE_IN_PROGRESS, DISABLE_IN_PROGRESS).
  settles: 15,
  ready: (state) => state === 'elsewhere' || !Object.values(state).includes('DISABLING'),
  // The role that switches scans on must not be able to switch them off.
  undo: () => 'operator',
};
