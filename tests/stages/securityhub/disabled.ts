import {
  BatchDisableStandardsCommand,
  BatchEnableStandardsCommand,
  DisableSecurityHubCommand,
  DisableSecurityHubV2Command,
  EnableSecurityHubCommand,
  EnableSecurityHubV2Command,
  GetEnabledStandardsCommand,
  SecurityHubClient,
  UpdateSecurityHubConfigurationCommand,
} from '@aws-sdk/client-securityhub';
import { client } from '../../../shared/aws/client.ts';
import type { Stage } from '../../support/stage.ts';

const best = 'arn:aws:securityhub:us-east-1::standards/aws-foundational-security-best-practices/v/1.0.0';
const cis = 'arn:aws:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0';
const nist = 'arn:aws:securityhub:us-east-1::standards/nist-800-53/v/5.0.0';
const subscription = (name: string): string => `arn:aws:securityhub:us-east-1:123456789012:subscription/${name}`;

const good = {
  autoEnable: false,
  generator: 'STANDARD_CONTROL',
  standards: { [best]: {}, [cis]: {}, [nist]: { strictness: 'high' } },
  deleting: [],
};

/** A hub with three standards and a setting that nobody has by default. */
async function hub(): Promise<SecurityHubClient> {
  const made = client(SecurityHubClient);
  await made.send(
    new EnableSecurityHubCommand({ EnableDefaultStandards: true, ControlFindingGenerator: 'STANDARD_CONTROL' }),
  );
  await made.send(new UpdateSecurityHubConfigurationCommand({ AutoEnableControls: false }));
  const requests = [{ StandardsArn: cis }, { StandardsArn: nist, StandardsInput: { strictness: 'high' } }];
  await made.send(new BatchEnableStandardsCommand({ StandardsSubscriptionRequests: requests }));
  return made;
}

/** What is off already can't be switched off. */
async function clear(): Promise<void> {
  await client(SecurityHubClient)
    .send(new DisableSecurityHubCommand({}))
    .catch(() => {});
  await client(SecurityHubClient).send(new DisableSecurityHubV2Command({}));
}

export const stages: readonly Stage[] = [
  {
    rule: 'securityhub/disabled',
    name: 'two of three standards switched off; what they were is in the call',
    async set() {
      const made = await hub();
      const StandardsSubscriptionArns = [
        subscription('aws-foundational-security-best-practices/v/1.0.0'),
        subscription('cis-aws-foundations-benchmark/v/1.2.0'),
      ];
      await made.send(new BatchDisableStandardsCommand({ StandardsSubscriptionArns }));
      // Their deletion takes a while.
      await made.send(new GetEnabledStandardsCommand({}));
      return {
        target: { region: 'us-east-1', newer: false, standards: [best, cis] },
        after: good,
        call: { name: 'BatchDisableStandards', request: { StandardsSubscriptionArns } },
        clear,
      };
    },
  },
  {
    rule: 'securityhub/disabled',
    name: 'disabled altogether: it comes back with its standards',
    learned: good,
    async set() {
      const made = await hub();
      await made.send(new DisableSecurityHubCommand({}));
      return {
        target: { region: 'us-east-1', newer: false, standards: [] },
        after: good,
        call: { name: 'DisableSecurityHub', request: null },
        clear,
      };
    },
  },
  {
    rule: 'securityhub/disabled',
    name: 'the newer Security Hub disabled, while the older one stays on',
    async set() {
      const made = await hub();
      await made.send(new EnableSecurityHubV2Command({}));
      await made.send(new DisableSecurityHubV2Command({}));
      return {
        target: { region: 'us-east-1', newer: true, standards: [] },
        after: 'on',
        call: { name: 'DisableSecurityHubV2', request: null },
        clear,
      };
    },
  },
];
