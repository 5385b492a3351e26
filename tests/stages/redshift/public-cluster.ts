import { randomUUID } from 'node:crypto';
import {
  CreateClusterCommand,
  type CreateClusterCommandInput,
  DeleteClusterCommand,
  RedshiftClient,
} from '@aws-sdk/client-redshift';
import type { Stage } from '../../support/stage.ts';

/** A public cluster with settings of its own. */
const stage = (name: string, more: Partial<CreateClusterCommandInput>): Stage => ({
  rule: 'redshift/public-cluster',
  name,
  async set() {
    const redshift = new RedshiftClient({});
    const cluster = `stage-${randomUUID().slice(0, 13)}`;
    await redshift.send(
      new CreateClusterCommand({
        ClusterIdentifier: cluster,
        NodeType: 'ra3.large',
        ClusterType: 'single-node',
        MasterUsername: 'stage',
        MasterUserPassword: 'Only-in-the-5andbox',
        PubliclyAccessible: true,
        ...more,
      }),
    );
    return {
      target: { cluster },
      after: { publiclyAccessible: false, status: 'available' },
      call: {
        name: 'ModifyCluster',
        request: { clusterIdentifier: cluster, publiclyAccessible: true },
        response: { clusterIdentifier: cluster, publiclyAccessible: false },
      },
      async clear() {
        await redshift.send(new DeleteClusterCommand({ ClusterIdentifier: cluster, SkipFinalClusterSnapshot: true }));
      },
    };
  },
});

export const stages: readonly Stage[] = [
  stage('one node', {}),
  stage('several nodes, encrypted', { ClusterType: 'multi-node', NumberOfNodes: 2, Encrypted: true, Port: 5440 }),
];
