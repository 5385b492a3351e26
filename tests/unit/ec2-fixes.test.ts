/** What the fixes of EC2's rules leave to a person, and what settings make of them. */
import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { mockClient } from 'aws-sdk-client-mock';
import { describe, expect, it } from 'vitest';
import { defaultSecurityGroup } from '../../functions/ec2/default-security-group.ts';
import { flowLogsDeleted } from '../../functions/ec2/flow-logs-deleted.ts';
import { imdsv1 } from '../../functions/ec2/imdsv1.ts';
import type { FlowLog } from '../../functions/ec2/lenses/flow-log.ts';
import { scalingGroup } from '../../functions/ec2/lenses/scaling-group.ts';
import { networkAclOpen } from '../../functions/ec2/network-acl-open.ts';
import { routeToInternet } from '../../functions/ec2/route-to-internet.ts';
import type { Json } from '../../shared/core/json.ts';
import { hasFix, type Learned, type Rule } from '../../shared/core/rule.ts';
import { normalise, type Signal } from '../../shared/core/signal.ts';
import { context, detected } from '../support/detecting.ts';

function desire(rule: Rule, state: Json, target: Json, learned: Json | undefined = undefined): unknown {
  if (!hasFix(rule)) throw new Error(`${rule.id} has no fix`);
  const known: Learned | null =
    learned === undefined ? null : { state: learned, by: 'terraform', at: '2026-03-01T00:00:00Z' };
  return rule.fix.desire(state, context(target, {}, known));
}
const unknown = (words: RegExp): unknown => ({ unknown: expect.stringMatching(words) });

function call(name: string, request: Json, response: Json = null): Signal {
  const normalised = normalise({
    eventSource: 'ec2.amazonaws.com',
    eventName: name,
    awsRegion: 'eu-west-1',
    recipientAccountId: '111122223333',
    requestParameters: request,
    responseElements: response,
  });
  if ('unparsed' in normalised) throw new Error(normalised.unparsed);
  return normalised.signals[0];
}

describe('ec2/flow-logs-deleted', () => {
  const log = (id: string, resource: string): FlowLog => ({
    ...{ id, resource, traffic: 'ALL', type: 's3', destination: 'arn:aws:s3:::logs', group: null, role: null },
    ...{ crossAccountRole: null, format: null, interval: 600, options: null, tags: {} },
  });
  const ofVpc = log('fl-1', 'vpc-1');
  const networks = ['vpc-1', 'subnet-1'];
  const learned = { logs: [ofVpc, log('fl-2', 'eni-1'), log('fl-3', 'vpc-gone')], networks };
  const wants = (ids: readonly string[], logs: readonly FlowLog[] = [], known: Json | undefined = learned): unknown =>
    desire(flowLogsDeleted, { logs, networks }, { ids }, known);

  it('makes again what was learned, once, whatever its new id', () => {
    expect(wants(['fl-1'])).toEqual({ logs: [ofVpc], networks });
    expect(wants(['fl-1'], [log('fl-9', 'vpc-1')])).toEqual({ logs: [log('fl-9', 'vpc-1')], networks });
  });

  it('makes none of a VPC that is gone', () => {
    expect(wants(['fl-3'])).toEqual({ logs: [], networks });
    expect(wants(['fl-1', 'fl-3'])).toEqual({ logs: [ofVpc], networks });
  });

  it('tells of what was not learned, and of network interfaces', () => {
    expect(desire(flowLogsDeleted, { logs: [], networks }, { ids: ['fl-1'] })).toEqual(unknown(/was not learned/));
    expect(wants(['fl-7'])).toEqual(unknown(/fl-7 recorded.*was not learned/));
    expect(wants(['fl-2'])).toEqual(unknown(/fl-2 recorded eni-1/));
  });
});

describe('ec2/flow-logs-deleted, of a VPC that was made', () => {
  const bucket = { traffic: 'ALL', type: 's3', destination: 'arn:aws:s3:::logs', group: null, role: null };
  const way = { ...bucket, crossAccountRole: null, format: '${srcaddr}', interval: 60, options: null };
  const bare = { logs: [], networks: ['vpc-1'], usual: [[way]] };
  const wants = (state: Json, baseline: unknown = {}): unknown => {
    if (!hasFix(flowLogsDeleted)) throw new Error('it has no fix');
    return flowLogsDeleted.fix.desire(state, { ...context({ vpc: 'vpc-1' }, {}, null), baseline });
  };
  const own = { ...way, id: '', resource: 'vpc-1', tags: {} };

  it('is read an hour later, and asked about', () => {
    const made = call('CreateVpc', { cidrBlock: '10.0.0.0/16' }, { vpc: { vpcId: 'vpc-1' } });
    expect(detected(flowLogsDeleted, made)).toMatchObject([
      { target: { vpc: 'vpc-1' }, certainty: 'possible', after: 60 },
    ]);
  });

  it('is recorded as all the others are, where they are alike', () => {
    expect(wants(bare)).toEqual({ ...bare, logs: [own] });
    expect(wants({ ...bare, usual: [[way, { ...way, traffic: 'REJECT' }]] })).toEqual({
      ...{ ...bare, usual: [[way, { ...way, traffic: 'REJECT' }]] },
      logs: [own, { ...own, traffic: 'REJECT' }],
    });
  });

  it('is left alone where it has a flow log, or is gone', () => {
    for (const state of [
      { ...bare, logs: [own] },
      { ...bare, networks: [] },
    ])
      expect(wants(state)).toEqual(state);
  });

  it('is told of where nobody knows how it should be recorded', () => {
    expect(wants({ ...bare, usual: [] })).toEqual(unknown(/no other VPC of the region has one/));
    expect(wants({ ...bare, usual: [[way], [{ ...way, interval: 600 }]] })).toEqual(unknown(/differ in theirs/));
    const group = 'arn:aws:logs:eu-west-1:111122223333:log-group:flow:*';
    expect(wants(bare, { destination: group })).toEqual(unknown(/without a role/));
  });

  it('is recorded as firebreak.yml says, before all', () => {
    const destination = 'arn:aws:logs:eu-west-1:111122223333:log-group:flow:*';
    const role = 'arn:aws:iam::111122223333:role/flow';
    expect(wants(bare, { destination, role })).toMatchObject({
      logs: [{ resource: 'vpc-1', type: 'cloud-watch-logs', destination: null, group: 'flow', role, traffic: 'ALL' }],
    });
    const stream = 'arn:aws:firehose:eu-west-1:111122223333:deliverystream/flow';
    expect(wants({ ...bare, usual: [] }, { destination: stream, traffic: 'REJECT' })).toMatchObject({
      logs: [{ type: 'kinesis-data-firehose', destination: stream, group: null, role: null, traffic: 'REJECT' }],
    });
  });
});

describe('ec2/network-acl-open', () => {
  const target = { acl: 'acl-1', entry: 90, egress: false, created: false };
  const open = { action: 'allow', cidr: '0.0.0.0/0', protocol: '6', from: 22, to: 22, icmp: null };
  const office = { ...open, cidr: '198.51.100.0/24' };

  it('puts back what was learned; an open one is none', () => {
    expect(desire(networkAclOpen, open, target, office)).toEqual(office);
    expect(desire(networkAclOpen, open, target, { ...open, cidr: '::/0' })).toEqual(unknown(/not known/));
    expect(desire(networkAclOpen, open, target)).toEqual(unknown(/entry 90 of acl-1/));
  });

  it('removes what was created, and leaves what is closed', () => {
    expect(desire(networkAclOpen, open, { ...target, created: true })).toBeNull();
    expect(desire(networkAclOpen, office, target)).toEqual(office);
    expect(desire(networkAclOpen, null, target)).toBeNull();
  });
});

describe('ec2/imdsv1', () => {
  const target = { instance: 'i-1' };
  const state = { tokens: 'optional', endpoint: 'enabled', without: 0 };

  it('requires tokens only where nobody asks without one', () => {
    expect(desire(imdsv1, state, target)).toEqual({ ...state, tokens: 'required' });
    expect(desire(imdsv1, { ...state, without: 12 }, target)).toEqual(unknown(/asked 12 times without a token/));
  });

  it('leaves what is off, and what is gone', () => {
    expect(desire(imdsv1, { ...state, endpoint: 'disabled' }, target)).toEqual({ ...state, endpoint: 'disabled' });
    expect(desire(imdsv1, null, target)).toBeNull();
  });
});

it.each([
  ['InService', 'web'],
  ['Standby', 'web'],
  ['Detaching', null],
  ['Terminating:Wait', null],
])('a compromised instance that is %s leaves its group, unless the group lets it go already', async (state, group) => {
  mockClient(AutoScalingClient).resolves({
    AutoScalingInstances: [{ AutoScalingGroupName: 'web', LifecycleState: state }],
  } as never);
  expect(await scalingGroup.read({ instance: 'i-0a1b2c3d4e5f60718' })).toBe(group);
});

describe('settings', () => {
  it('ec2/default-security-group knows default groups by their ids', () => {
    const group = 'sg-0e1f203142536475b';
    const added = call('AuthorizeSecurityGroupEgress', { groupId: group, ipPermissions: {} });
    expect(detected(defaultSecurityGroup, added)).toEqual([]);
    expect(detected(defaultSecurityGroup, added, { groups: [group] })).toMatchObject([{ certainty: 'certain' }]);
    const changed = call('ModifySecurityGroupRules', { ModifySecurityGroupRulesRequest: { GroupId: group } });
    expect(detected(defaultSecurityGroup, changed, { groups: [group] })).toMatchObject([{ certainty: 'possible' }]);
  });

  it('ec2/route-to-internet tells of what is declared private alone', () => {
    const route = call('CreateRoute', {
      routeTableId: 'rtb-1',
      destinationCidrBlock: '0.0.0.0/0',
      gatewayId: 'igw-1',
    });
    const attached = call('AttachInternetGateway', { internetGatewayId: 'igw-1', vpcId: 'vpc-1' });
    const certainties = (signal: Signal, baseline: unknown) =>
      detected(routeToInternet, signal, baseline).map(({ certainty }) => certainty);
    expect([certainties(route, {}), certainties(attached, {})]).toEqual([[], []]);
    expect(certainties(call('CreateRoute', null), {})).toEqual([]);
    expect(certainties(route, { private: ['rtb-1'] })).toEqual(['certain']);
    expect(certainties(attached, { private: ['rtb-1'] })).toEqual([]);
    expect(certainties(attached, { private: ['vpc-1'] })).toEqual(['certain']);
  });
});
