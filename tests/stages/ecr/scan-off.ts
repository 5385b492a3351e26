import { randomUUID } from 'node:crypto';
import {
  CreateRepositoryCommand,
  DeleteRepositoryCommand,
  ECRClient,
  PutRegistryScanningConfigurationCommand,
  type RegistryScanningRule,
} from '@aws-sdk/client-ecr';
import type { Stage } from '../../support/stage.ts';

const registry = (ecr: ECRClient, rules: RegistryScanningRule[]): Promise<unknown> =>
  ecr.send(new PutRegistryScanningConfigurationCommand({ scanType: 'BASIC', rules }));

const byHand: RegistryScanningRule[] = [
  { scanFrequency: 'MANUAL', repositoryFilters: [{ filter: '*', filterType: 'WILDCARD' }] },
];

/** A repository that does not scan, in a registry that leaves it to its repositories. */
const ofRepository = (name: string, rules: RegistryScanningRule[], said: boolean): Stage => ({
  rule: 'ecr/scan-off',
  name,
  async set() {
    const ecr = new ECRClient({});
    const repositoryName = `stage/${randomUUID()}`;
    await registry(ecr, rules);
    await ecr.send(
      new CreateRepositoryCommand({
        repositoryName,
        imageTagMutability: 'IMMUTABLE',
        ...(said && { imageScanningConfiguration: { scanOnPush: false } }),
      }),
    );
    return {
      target: { of: `arn:aws:ecr:us-east-1:123456789012:repository/${repositoryName}` },
      after: { scanOnPush: true, registry: 'silent' },
      call: { name: 'CreateRepository', request: { repositoryName, imageTagMutability: 'IMMUTABLE' } },
      async clear() {
        await ecr.send(new DeleteRepositoryCommand({ repositoryName }));
        await registry(ecr, []);
      },
    };
  },
});

/** A registry that scans nothing by itself. */
const ofRegistry = (name: string, rules: RegistryScanningRule[]): Stage => ({
  rule: 'ecr/scan-off',
  name,
  async set() {
    const ecr = new ECRClient({});
    await registry(ecr, rules);
    return {
      target: { of: 'arn:aws:ecr:us-east-1:123456789012:repository/*' },
      after: { scanType: 'BASIC', rules: [{ scanFrequency: 'SCAN_ON_PUSH', filters: ['*'] }] },
      call: { name: 'PutRegistryScanningConfiguration', request: { scanType: 'BASIC', rules: rules as never } },
      async clear() {
        await registry(ecr, []);
      },
    };
  },
});

export const stages: readonly Stage[] = [
  ofRepository('a repository that was made without a word about it', [], false),
  ofRepository('a repository in a registry that scans by hand', byHand, true),
  ofRegistry('a registry without a rule', []),
  ofRegistry('a registry that scans by hand', byHand),
];
