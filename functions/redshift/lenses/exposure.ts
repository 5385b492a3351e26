import {
  DescribeClustersCommand,
  type Cluster as Described,
  ModifyClusterCommand,
  RedshiftClient,
} from '@aws-sdk/client-redshift';
import { client, orNull } from '../../../shared/aws/client.ts';
import { fault } from '../../../shared/core/fault.ts';
import type { Lens } from '../../../shared/core/rule.ts';

/** `cluster`: its identifier, in lower case as Redshift keeps it. */
export type Cluster = { readonly cluster: string };

/** `status`: ClusterStatus. */
export type Exposure = { readonly publiclyAccessible: boolean; readonly status: string };

// "Possible values" of ClusterStatus: API_Cluster, Amazon Redshift API reference.
/** What was asked may not show yet: a read proves nothing. */
const isChanging = (status: string): boolean => /^(creating|modifying|rebooting|renaming|resizing)$/.test(status);
/** `available` and what goes on beside it; in any other Redshift refuses with InvalidClusterState. */
const isModifiable = (status: string): boolean => status.startsWith('available');

/** Whether a cluster has a public address: DescribeClusters. Null where there is no such cluster. */
export const exposure: Lens<Cluster, Exposure> = {
  id: 'redshift/exposure',
  key: ({ cluster }) => cluster,
  // Terraform waits that long for an update: aws_redshift_cluster, "Timeouts".
  settles: 75,
  ready: ({ status }) => isModifiable(status),
  read: ({ cluster }) =>
    orNull(['ClusterNotFoundFault'], async () => {
      const { Clusters } = await client(RedshiftClient).send(
        new DescribeClustersCommand({ ClusterIdentifier: cluster }),
      );
      return Clusters?.[0] ? stateOf(Clusters[0]) : null;
    }),
  // Of the status it matters only whether the read can be believed.
  canon: ({ publiclyAccessible, status }) => ({ publiclyAccessible, changing: isChanging(status) }),
  async write({ cluster }, from, to) {
    if (to === null) throw fault('NotWritable', `${cluster}: a cluster is not taken away by its exposure`);
    if (from?.publiclyAccessible === to.publiclyAccessible) return;
    await client(RedshiftClient).send(
      new ModifyClusterCommand({ ClusterIdentifier: cluster, PubliclyAccessible: to.publiclyAccessible }),
    );
  },
  undo: (before) => (before === null ? 'none' : 'restore'),
  // It may have been read while it was made: undo does not wait for that to come back.
  back: (before) => before && { ...before, status: 'available' },
};

/** Public too where that was asked for and is not there yet: PendingModifiedValues. */
const stateOf = ({ PubliclyAccessible, PendingModifiedValues, ClusterStatus }: Described): Exposure => ({
  publiclyAccessible: PubliclyAccessible === true || PendingModifiedValues?.PubliclyAccessible === true,
  status: ClusterStatus ?? 'unknown',
});
