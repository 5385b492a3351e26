import {
  DescribeImagesCommand,
  EC2Client,
  type InstanceMetadataOptionsRequest,
  ModifyInstanceMetadataOptionsCommand,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import type { Stage } from '../../support/stage.ts';

const stage = (name: string, launched: InstanceMetadataOptionsRequest, changed: boolean): Stage => ({
  rule: 'ec2/imdsv1',
  name,
  async set() {
    const ec2 = new EC2Client({});
    const [image] = (await ec2.send(new DescribeImagesCommand({ Owners: ['amazon'] }))).Images ?? [];
    const run = { ImageId: image?.ImageId, MinCount: 1, MaxCount: 1, MetadataOptions: launched };
    const instance = (await ec2.send(new RunInstancesCommand(run))).Instances?.[0]?.InstanceId;
    if (!instance) throw new Error('RunInstances gave no instance');
    const asked = { HttpTokens: 'optional', HttpEndpoint: 'enabled' } as const;
    if (changed) await ec2.send(new ModifyInstanceMetadataOptionsCommand({ InstanceId: instance, ...asked }));
    const metadataOptions = { httpTokens: 'optional', httpEndpoint: 'enabled' };
    return {
      target: { instance },
      after: { tokens: 'required', endpoint: 'enabled', without: 0 },
      call: changed
        ? {
            name: 'ModifyInstanceMetadataOptions',
            request: { ModifyInstanceMetadataOptionsRequest: { InstanceId: instance, ...asked } },
          }
        : {
            name: 'RunInstances',
            request: { metadataOptions },
            response: { instancesSet: { items: [{ instanceId: instance, metadataOptions }] } },
          },
      async clear() {
        await ec2.send(new TerminateInstancesCommand({ InstanceIds: [instance] }));
      },
    };
  },
});

export const stages: readonly Stage[] = [
  stage('launched with tokens optional', { HttpTokens: 'optional', HttpEndpoint: 'enabled' }, false),
  stage(
    'launched with tokens required and three hops, then made optional',
    { HttpTokens: 'required', HttpEndpoint: 'enabled', HttpPutResponseHopLimit: 3 },
    true,
  ),
];
