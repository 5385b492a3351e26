import {
  DescribeRepositoriesCommand,
  ECRClient,
  GetRegistryScanningConfigurationCommand,
  PutImageScanningConfigurationCommand,
  PutRegistryScanningConfigurationCommand,
  type ScanFrequency,
  type ScanType,
} from '@aws-sdk/client-ecr';
import { client, orNull } from '../../../shared/aws/client.ts';
import { fault } from '../../../shared/core/fault.ts';
import { covers } from '../../../shared/core/mode.ts';
import type { Lens } from '../../../shared/core/rule.ts';
import { addressed, regionOf } from './repository.ts';

/** `of`: a repository's ARN; `…:repository/*` for the registry, which is the account's in that region. */
export type ScanTarget = { readonly of: string };

/** `registry`: whether its rules scan the repository (`scans`), leave it out, or leave it to the repository (`silent`). */
type OfRepository = { readonly scanOnPush: boolean; readonly registry: 'scans' | 'leaves out' | 'silent' };
type ScanRule = { readonly scanFrequency: ScanFrequency; readonly filters: readonly string[] };
type OfRegistry = { readonly scanType: ScanType; readonly rules: readonly ScanRule[] };
export type Scanning = OfRepository | OfRegistry;

export const isRegistry = (state: Scanning): state is OfRegistry => 'rules' in state;
export const scansByItself = ({ rules }: OfRegistry): boolean =>
  rules.some(({ scanFrequency }) => scanFrequency !== 'MANUAL');

const home = (of: string): ECRClient => client(ECRClient, regionOf(of));
const isWhole = (of: string): boolean => of.endsWith(':repository/*');

/** A registry that was never configured scans by hand alone, BASIC: API_PutRegistryScanningConfiguration, scanType. */
async function registryOf(of: string): Promise<OfRegistry> {
  const { scanningConfiguration: found } = await home(of).send(new GetRegistryScanningConfigurationCommand({}));
  const rules = (found?.rules ?? []).map(({ scanFrequency = 'MANUAL', repositoryFilters = [] }) => ({
    scanFrequency,
    filters: repositoryFilters.map(({ filter = '' }) => filter),
  }));
  return { scanType: found?.scanType ?? 'BASIC', rules };
}

/**
 * "A filter with no wildcard will match all repository names that contain the filter"; repositories that no filter matches
 * are scanned by hand (BASIC) or not at all (ENHANCED): AmazonECR/latest/userguide/image-scanning-filters.html.
 */
function ruling(registry: OfRegistry, name: string): OfRepository['registry'] {
  const automatic = registry.rules.filter(({ scanFrequency }) => scanFrequency !== 'MANUAL');
  const matches = (filter: string): boolean => covers(filter.includes('*') ? filter : `*${filter}*`, name);
  if (automatic.some(({ filters }) => filters.some(matches))) return 'scans';
  return automatic.length > 0 || registry.scanType === 'ENHANCED' ? 'leaves out' : 'silent';
}

async function repositoryScans(of: string): Promise<OfRepository | null> {
  const { registryId, repositoryName } = addressed(of);
  const found = await orNull(['RepositoryNotFoundException'], () =>
    home(of).send(
      new DescribeRepositoriesCommand({ repositoryNames: [repositoryName], ...(registryId && { registryId }) }),
    ),
  );
  const [repository] = found?.repositories ?? [];
  if (!repository) return null;
  const scanOnPush = repository.imageScanningConfiguration?.scanOnPush === true;
  return { scanOnPush, registry: ruling(await registryOf(of), repositoryName) };
}

/** Whether images are scanned by themselves: of one repository, or by the registry. Null where the repository is gone. */
export const scanning: Lens<ScanTarget, Scanning> = {
  id: 'ecr/scanning',
  key: ({ of }) => of,
  read: ({ of }) => (isWhole(of) ? registryOf(of) : repositoryScans(of)),
  async write({ of }, _from, to) {
    if (to === null || isRegistry(to) !== isWhole(of)) throw fault('NotWritable', `${of}: that is no state of it`);
    if (!isRegistry(to)) {
      const imageScanningConfiguration = { scanOnPush: to.scanOnPush };
      await home(of).send(new PutImageScanningConfigurationCommand({ ...addressed(of), imageScanningConfiguration }));
      return;
    }
    const rules = to.rules.map(({ scanFrequency, filters }) => ({
      scanFrequency,
      repositoryFilters: filters.map((filter) => ({ filter, filterType: 'WILDCARD' as const })),
    }));
    await home(of).send(new PutRegistryScanningConfigurationCommand({ scanType: to.scanType, rules }));
  },
  undo: () => 'restore',
};
