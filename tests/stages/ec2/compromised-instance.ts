import {
  AttachInstancesCommand,
  AutoScalingClient,
  CreateAutoScalingGroupCommand,
  CreateLaunchConfigurationCommand,
  DeleteAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import {
  AttachNetworkInterfaceCommand,
  AttachVolumeCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateNetworkInterfaceCommand,
  CreateSecurityGroupCommand,
  CreateSnapshotCommand,
  CreateSubnetCommand,
  CreateTagsCommand,
  CreateVolumeCommand,
  CreateVpcCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  EC2Client,
  type Instance,
  ModifyInstanceAttributeCommand,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import {
  CreateTargetGroupCommand,
  DeleteTargetGroupCommand,
  ElasticLoadBalancingV2Client,
  RegisterTargetsCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import type { Stage } from '../../support/stage.ts';

type Scene = {
  readonly ec2: EC2Client;
  readonly vpc: string;
  readonly subnet: string;
  readonly groups: readonly [string, string];
  readonly instance: Instance;
};

/**
 * An instance in a VPC of its own, in two security groups, then changed by `more`. What was made is left to the
 * emulator's end, except the instance: snapshots and the isolating group are not the fix's to delete.
 */
const stage = (
  name: string,
  more: (scene: Scene) => Promise<unknown>,
  tag: string | null = null,
  less: () => Promise<unknown> = async () => {},
): Stage => ({
  rule: 'ec2/compromised-instance',
  name,
  async set() {
    const ec2 = new EC2Client({});
    const vpc = (await ec2.send(new CreateVpcCommand({ CidrBlock: '10.63.0.0/16' }))).Vpc?.VpcId ?? '';
    const subnet =
      (await ec2.send(new CreateSubnetCommand({ VpcId: vpc, CidrBlock: '10.63.1.0/24' }))).Subnet?.SubnetId ?? '';
    const group = async (GroupName: string): Promise<string> =>
      (await ec2.send(new CreateSecurityGroupCommand({ GroupName, Description: name, VpcId: vpc }))).GroupId ?? '';
    const groups = [await group('web'), await group('monitored')] as const;
    const [image] = (await ec2.send(new DescribeImagesCommand({ Owners: ['amazon'] }))).Images ?? [];
    // moto shows the groups of RunInstances beside those of each interface, whatever becomes of them: so the interface is
    // made first, as it may be on AWS, too.
    const { NetworkInterface } = await ec2.send(
      new CreateNetworkInterfaceCommand({ SubnetId: subnet, Groups: [...groups] }),
    );
    const interfaces = [{ DeviceIndex: 0, NetworkInterfaceId: NetworkInterface?.NetworkInterfaceId }];
    const run = { ImageId: image?.ImageId, MinCount: 1, MaxCount: 1, NetworkInterfaces: interfaces };
    const made = (await ec2.send(new RunInstancesCommand(run))).Instances?.[0];
    if (!made?.InstanceId) throw new Error('RunInstances gave no instance');
    const InstanceId = made.InstanceId;
    await more({ ec2, vpc, subnet, groups, instance: made });
    const found = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [InstanceId] }));
    const now = found.Reservations?.[0]?.Instances?.[0];
    return {
      target: { instance: InstanceId, since: '2026-03-02T08:02:11Z', leave: null },
      report: { like: 'command-server', swap: { 'i-0a1b2c3d4e5f60718': InstanceId } },
      after: {
        tag: tag ?? 'compromised',
        snapshots: Object.fromEntries((now?.BlockDeviceMappings ?? []).map(({ Ebs }) => [Ebs?.VolumeId ?? '', 'any'])),
        group: null,
        balancers: {},
        isolation: {
          vpc,
          interfaces: Object.fromEntries(
            (now?.NetworkInterfaces ?? []).map(({ NetworkInterfaceId = '' }) => [NetworkInterfaceId, 'isolated']),
          ),
        },
        protection: true,
      },
      async clear() {
        await less();
        await ec2.send(new ModifyInstanceAttributeCommand({ InstanceId, DisableApiTermination: { Value: false } }));
        await ec2.send(new TerminateInstancesCommand({ InstanceIds: [InstanceId] }));
      },
    };
  },
});

export const stages: readonly Stage[] = [
  stage('one interface and one volume, in a VPC without an isolating group', async () => {}),
  stage(
    'two interfaces and two volumes, tags of its own, an older snapshot of somebody else’s',
    async ({ ec2, subnet, groups, instance: { InstanceId, Placement } }) => {
      const zone = { AvailabilityZone: Placement?.AvailabilityZone };
      const { VolumeId } = await ec2.send(new CreateVolumeCommand({ ...zone, Size: 8 }));
      await ec2.send(new AttachVolumeCommand({ VolumeId, InstanceId, Device: '/dev/sdf' }));
      await ec2.send(new CreateSnapshotCommand({ VolumeId, Description: 'nightly' }));
      const second = { SubnetId: subnet, Groups: [groups[1]] };
      const { NetworkInterface } = await ec2.send(new CreateNetworkInterfaceCommand(second));
      const NetworkInterfaceId = NetworkInterface?.NetworkInterfaceId;
      await ec2.send(new AttachNetworkInterfaceCommand({ NetworkInterfaceId, InstanceId, DeviceIndex: 1 }));
      const Tags = [
        { Key: 'Name', Value: 'web-1' },
        { Key: 'firebreak:evidence', Value: 'case 42' },
      ];
      await ec2.send(new CreateTagsCommand({ Resources: [InstanceId ?? ''], Tags }));
    },
    'case 42',
  ),
  stage(
    'protected already; an isolating group into which somebody wrote rules',
    async ({ ec2, vpc, groups, instance }) => {
      const { InstanceId } = instance;
      await ec2.send(new ModifyInstanceAttributeCommand({ InstanceId, DisableApiTermination: { Value: true } }));
      const made = { GroupName: 'firebreak-isolation', Description: 'made before', VpcId: vpc };
      const { GroupId } = await ec2.send(new CreateSecurityGroupCommand(made));
      const from = [
        {
          IpProtocol: 'tcp',
          FromPort: 22,
          ToPort: 22,
          IpRanges: [{ CidrIp: '203.0.113.0/24', Description: 'a way in' }],
        },
        { IpProtocol: '-1', UserIdGroupPairs: [{ GroupId: groups[0] }] },
      ];
      await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: from }));
    },
  ),
  inService(),
];

/** In an Auto Scaling group, and in two target groups besides: by its id on a port of its own, and by its address. */
function inService(): Stage {
  const scaling = new AutoScalingClient({});
  const balancing = new ElasticLoadBalancingV2Client({});
  const group = { AutoScalingGroupName: 'web', MinSize: 0, MaxSize: 3, DesiredCapacity: 0 };
  const targetGroups: string[] = [];
  const target = async (VpcId: string, Name: string, TargetType: 'instance' | 'ip', Id: string): Promise<void> => {
    const asked = new CreateTargetGroupCommand({ Name, VpcId, TargetType, Protocol: 'HTTP', Port: 80 });
    const TargetGroupArn = (await balancing.send(asked)).TargetGroups?.[0]?.TargetGroupArn ?? '';
    targetGroups.push(TargetGroupArn);
    await balancing.send(new RegisterTargetsCommand({ TargetGroupArn, Targets: [{ Id, Port: 8080 }] }));
  };
  return stage(
    'in an Auto Scaling group and behind a load balancer',
    async ({ vpc, subnet, instance: { InstanceId = '', ImageId, PrivateIpAddress = '' } }) => {
      const configuration = { LaunchConfigurationName: 'web', ImageId, InstanceType: 't3.micro' };
      await scaling.send(new CreateLaunchConfigurationCommand(configuration)).catch(() => {});
      await scaling.send(
        new CreateAutoScalingGroupCommand({ ...group, LaunchConfigurationName: 'web', VPCZoneIdentifier: subnet }),
      );
      await scaling.send(new AttachInstancesCommand({ ...group, InstanceIds: [InstanceId] }));
      await target(vpc, 'web', 'instance', InstanceId);
      await target(vpc, 'api', 'ip', PrivateIpAddress);
      await target(vpc, 'other', 'ip', '10.63.1.250');
    },
    null,
    async () => {
      await scaling.send(new DeleteAutoScalingGroupCommand({ ...group, ForceDelete: true }));
      for (const TargetGroupArn of targetGroups.splice(0))
        await balancing.send(new DeleteTargetGroupCommand({ TargetGroupArn }));
    },
  );
}
