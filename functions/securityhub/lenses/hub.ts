import {
  BatchDisableStandardsCommand,
  BatchEnableStandardsCommand,
  type ControlFindingGenerator,
  DescribeHubCommand,
  DescribeSecurityHubV2Command,
  DisableSecurityHubCommand,
  DisableSecurityHubV2Command,
  EnableSecurityHubCommand,
  EnableSecurityHubV2Command,
  GetEnabledStandardsCommand,
  SecurityHubClient,
  type StandardsSubscription,
  UpdateSecurityHubConfigurationCommand,
} from '@aws-sdk/client-securityhub';
import { client, orNull } from '../../../shared/aws/client.ts';
import type { Lens } from '../../../shared/core/rule.ts';

/**
 * `newer`: Security Hub, which its API calls V2; else Security Hub CSPM. `standards`: the ARNs of those that were switched
 * off, where that is what happened.
 */
export type Hub = { readonly region: string | null; readonly newer: boolean; readonly standards: readonly string[] };

/** Standards by ARN, with their inputs; those that are being deleted can't be enabled until they are gone. */
export type Hubbed = {
  readonly autoEnable: boolean;
  readonly generator: ControlFindingGenerator;
  readonly standards: { readonly [arn: string]: { readonly [input: string]: string } };
  readonly deleting: readonly string[];
};

// "not enabled": DescribeHub's and DescribeSecurityHubV2's documented errors; an account that is not subscribed gets the first.
const absent = ['InvalidAccessException', 'ResourceNotFoundException'];

const hub = (): SecurityHubClient => client(SecurityHubClient);

async function subscriptions(): Promise<readonly StandardsSubscription[]> {
  const found: StandardsSubscription[] = [];
  let NextToken: string | undefined;
  do {
    const page = await hub().send(new GetEnabledStandardsCommand({ ...(NextToken !== undefined && { NextToken }) }));
    found.push(...(page.StandardsSubscriptions ?? []));
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  return found;
}

async function older(): Promise<Hubbed> {
  const { AutoEnableControls, ControlFindingGenerator } = await hub().send(new DescribeHubCommand({}));
  const all = await subscriptions();
  const leaving = all.filter(({ StandardsStatus }) => StandardsStatus === 'DELETING');
  const staying = all.filter((one) => !leaving.includes(one));
  return {
    autoEnable: AutoEnableControls === true,
    generator: ControlFindingGenerator ?? 'SECURITY_CONTROL',
    standards: Object.fromEntries(staying.map((one) => [one.StandardsArn ?? '', { ...one.StandardsInput }])),
    deleting: leaving.map(({ StandardsArn = '' }) => StandardsArn),
  };
}

/** Whether Security Hub is on in a region, and which standards it checks. Null where it is not; `on` is all that V2 tells. */
export const hubLens: Lens<Hub, Hubbed | 'on'> = {
  id: 'securityhub/hub',
  many: true,
  key: ({ region, newer }) => `${region ?? 'this region'}${newer ? ' v2' : ''}`,
  read: ({ newer }) =>
    orNull(absent, async () => {
      if (!newer) return older();
      await hub().send(new DescribeSecurityHubV2Command({}));
      return 'on';
    }),
  canon: (state) => {
    if (state === 'on') return state;
    const { deleting: _, ...rest } = state;
    return rest;
  },
  async write({ newer }, from, to) {
    if (newer) await hub().send(to === null ? new DisableSecurityHubV2Command({}) : new EnableSecurityHubV2Command({}));
    else if (to === null) await hub().send(new DisableSecurityHubCommand({}));
    else if (to !== 'on') await set(from === 'on' ? null : from, to);
  },
  // Standards that were switched off are deleted within minutes: until then they can't be switched on.
  settles: 15,
  ready: (state) => state === 'on' || state.deleting.length === 0,
  // The role that switches checks on must not be able to switch them off.
  undo: () => 'operator',
};

async function set(from: Hubbed | null, to: Hubbed): Promise<void> {
  if (from === null)
    await hub().send(
      new EnableSecurityHubCommand({ EnableDefaultStandards: false, ControlFindingGenerator: to.generator }),
    );
  // A hub that was just enabled enables new controls by itself (API_UpdateSecurityHubConfiguration).
  if ((from?.autoEnable ?? true) !== to.autoEnable)
    await hub().send(new UpdateSecurityHubConfigurationCommand({ AutoEnableControls: to.autoEnable }));
  const had = from?.standards ?? {};
  const added = Object.entries(to.standards).filter(([arn]) => !Object.hasOwn(had, arn));
  if (added.length > 0)
    await hub().send(
      new BatchEnableStandardsCommand({
        StandardsSubscriptionRequests: added.map(([StandardsArn, input]) => ({
          StandardsArn,
          ...(Object.keys(input).length > 0 && { StandardsInput: input }),
        })),
      }),
    );
  const dropped = new Set(Object.keys(had).filter((arn) => !Object.hasOwn(to.standards, arn)));
  if (dropped.size === 0) return;
  const gone = (await subscriptions()).filter(({ StandardsArn = '' }) => dropped.has(StandardsArn));
  const arns = gone.flatMap(({ StandardsSubscriptionArn = [] }) => StandardsSubscriptionArn);
  await hub().send(new BatchDisableStandardsCommand({ StandardsSubscriptionArns: arns }));
}
