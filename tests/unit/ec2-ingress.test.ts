import { readdirSync, readFileSync } from 'node:fs';
import {
  AuthorizeSecurityGroupIngressCommand,
  DescribeSecurityGroupRulesCommand,
  EC2Client,
  RevokeSecurityGroupIngressCommand,
} from '@aws-sdk/client-ec2';
import { mockClient } from 'aws-sdk-client-mock';
import fc from 'fast-check';
import { parse } from 'valibot';
import { beforeEach, describe, expect, it, test } from 'vitest';
import { closed } from '../../functions/ec2/lenses/closed.ts';
import { around, highRisk, isWorld, named, reached } from '../../functions/ec2/lenses/doors.ts';
import type { GroupRule } from '../../functions/ec2/lenses/group-rule.ts';
import { ingress } from '../../functions/ec2/lenses/ingress.ts';
import { securityGroupOpen } from '../../functions/ec2/security-group-open.ts';
import { fault } from '../../shared/core/fault.ts';
import type { Json } from '../../shared/core/json.ts';
import { awakened } from '../../shared/core/route.ts';
import type { Finding } from '../../shared/core/rule.ts';
import { normalise } from '../../shared/core/signal.ts';
import { detected } from '../support/detecting.ts';

const group = 'sg-0123456789abcdef0';

function detect(raw: unknown, baseline: unknown = {}): readonly Finding[] {
  const normalised = normalise(raw);
  if ('unparsed' in normalised) throw new Error(normalised.unparsed);
  return normalised.signals.flatMap((signal) => detected(securityGroupOpen, signal, baseline));
}

/** What the rule says of it, `unreadable` too. */
function tried(raw: unknown): void {
  const normalised = normalise(raw);
  if ('signals' in normalised)
    for (const signal of normalised.signals) securityGroupOpen.detect(signal, {}, { account: signal.account });
}

const record = (eventName: string, requestParameters: Json, responseElements: Json = null): Json => ({
  eventSource: 'ec2.amazonaws.com',
  eventName,
  awsRegion: 'eu-central-1',
  recipientAccountId: '111122223333',
  requestParameters,
  responseElements,
});

const authorized = (request: { [key: string]: Json }, response: Json = null): Json =>
  record('AuthorizeSecurityGroupIngress', { groupId: group, ipPermissions: {}, ...request }, response);

const reasons = (raw: Json, baseline?: unknown): readonly string[] => detect(raw, baseline).map(({ reason }) => reason);

describe('events', () => {
  const folder = new URL('../../events/ec2/security-group-open/', import.meta.url);
  for (const file of readdirSync(folder)) {
    it(file, () => {
      const event = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as { detail: { errorCode?: string } };
      // A failed call is an attempt: for the engine to say, not for the rule.
      const fires = file.startsWith('fires-') || event.detail.errorCode !== undefined;
      // What Security Hub passed wakes no rule.
      const woken = normalise(event);
      const wakes =
        'signals' in woken && woken.signals.some((signal) => awakened([securityGroupOpen], signal).length > 0);
      const findings = wakes ? detect(event) : [];
      expect(findings.map(({ target }) => target)).toEqual(fires ? [{ group }] : []);
      // Trusted Advisor tells of all regions: this one is its own.
      const region = file === 'fires-trusted-advisor.json' ? 'us-east-1' : 'eu-central-1';
      for (const { resource } of findings)
        expect(resource).toBe(`arn:aws:ec2:${region}:111122223333:security-group/${group}`);
    });
  }
});

describe('shapes of requests', () => {
  const world = { ipRanges: { items: [{ cidrIp: '0.0.0.0/0' }] } };
  test.each<[string, Json, readonly string[]]>([
    [
      'flat',
      authorized({ cidrIp: '0.0.0.0/0', fromPort: 22, toPort: 22, ipProtocol: 'tcp' }),
      ['tcp 22 is open to 0.0.0.0/0'],
    ],
    [
      'host bits',
      authorized({ cidrIp: '192.0.2.1/0', fromPort: 22, toPort: 22, ipProtocol: 'tcp' }),
      ['tcp 22 is open to 192.0.2.1/0'],
    ],
    [
      'a number for a protocol',
      authorized({ cidrIp: '0.0.0.0/0', fromPort: 25, toPort: 25, ipProtocol: 17 }),
      ['udp 25 is open to 0.0.0.0/0'],
    ],
    [
      'ports in text',
      authorized({ cidrIp: '0.0.0.0/0', fromPort: '22', toPort: '24', ipProtocol: '6' }),
      ['tcp 22-24 (with 22, 23) is open to 0.0.0.0/0'],
    ],
    [
      'one item, not in a list',
      authorized({
        ipPermissions: {
          items: { ipProtocol: 'tcp', fromPort: 3389, toPort: 3389, ipv6Ranges: { items: { cidrIpv6: '::/0' } } },
        },
      }),
      ['tcp 3389 is open to ::/0'],
    ],
    [
      'several',
      authorized({
        ipPermissions: {
          items: [
            { ipProtocol: 'tcp', fromPort: 443, toPort: 443, ...world },
            { ipProtocol: '-1', ...world },
          ],
        },
      }),
      ['all traffic (with 20, 21, 22, 23 and 20 more) is open to 0.0.0.0/0'],
    ],
    ['empty text for a list', authorized({ ipPermissions: '' }), []],
    [
      'empty lists',
      authorized({
        ipPermissions: { items: [{ ipProtocol: 'tcp', fromPort: 22, toPort: 22, ipRanges: {}, ipv6Ranges: '' }] },
      }),
      [],
    ],
    [
      'an outbound rule',
      record(
        'AuthorizeSecurityGroupIngress',
        { groupId: group },
        { securityGroupRuleSet: { items: [{ isEgress: true, cidrIpv4: '0.0.0.0/0', ipProtocol: '-1' }] } },
      ),
      [],
    ],
  ])('%s', (_name, raw, expected) => {
    expect(reasons(raw)).toEqual(expected);
  });

  it.each([
    ['no request', record('AuthorizeSecurityGroupIngress', null)],
    ['a request in text', record('ModifySecurityGroupRules', 'HIDDEN_DUE_TO_SECURITY_REASONS')],
    [
      'an id that is none',
      authorized({ groupId: '../x', cidrIp: '0.0.0.0/0', fromPort: 22, toPort: 22, ipProtocol: 'tcp' }),
    ],
  ])('can’t be read: %s', (_name, raw) => {
    expect(() => detect(raw)).toThrow(/no requestParameters/);
  });

  it('says that a change of rules has to be read', () => {
    const update = { SecurityGroupRuleId: 'sgr-0123456789abcdef0', SecurityGroupRule: { CidrIpv4: '0.0.0.0/0' } };
    const raw = record('ModifySecurityGroupRules', {
      ModifySecurityGroupRulesRequest: { GroupId: group, SecurityGroupRule: update },
    });
    expect(detect(raw)).toMatchObject([{ certainty: 'possible', target: { group } }]);
  });

  it('takes the ports of the baseline instead of its own', () => {
    const ssh = authorized({ cidrIp: '0.0.0.0/0', fromPort: 22, toPort: 22, ipProtocol: 'tcp' });
    expect(reasons(ssh, { ports: [443] })).toEqual([]);
    expect(parse(securityGroupOpen.baseline as never, {})).toEqual({ ports: highRisk });
  });

  it('never throws', () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.jsonValue(),
        fc.constantFrom('AuthorizeSecurityGroupIngress', 'ModifySecurityGroupRules'),
        (request, response, name) => {
          tried(record(name, request as Json, response as Json));
          tried(
            record(
              name,
              { ModifySecurityGroupRulesRequest: request as Json, ipPermissions: { items: request as Json } },
              { securityGroupRuleSet: response as Json },
            ),
          );
        },
      ),
    );
  });
});

const ports = (pieces: readonly { from: number | null; to: number | null }[]) =>
  pieces.map(({ from, to }) => [from, to]);
const rule = (parts: Partial<GroupRule>): GroupRule => ({
  protocol: 'tcp',
  from: 22,
  to: 22,
  source: { cidr4: '0.0.0.0/0' },
  description: null,
  tags: {},
  ...parts,
});

describe('ranges', () => {
  it('are split around the risky ports', () => {
    expect(ports(around({ protocol: 'tcp', from: 20, to: 25 }, highRisk))).toEqual([[24, 24]]);
    expect(ports(around({ protocol: '6', from: 0, to: 65_535 }, [0, 22, 65_535]))).toEqual([
      [1, 21],
      [23, 65_534],
    ]);
    expect(ports(around({ protocol: 'udp', from: 443, to: 443 }, highRisk))).toEqual([[443, 443]]);
    expect(around({ protocol: '-1', from: null, to: null }, highRisk)).toEqual([]);
    expect(around({ protocol: 'icmp', from: 8, to: -1 }, highRisk)).toHaveLength(1);
  });

  it('tell a person what they reach', () => {
    expect(named({ protocol: 'tcp', from: 20, to: 25 }, highRisk)).toBe('tcp 20-25 (with 20, 21, 22, 23, 25)');
  });

  it('know the world by its prefix', () => {
    expect(['0.0.0.0/0', '::/0', '1.2.3.4/0', '0:0:0:0:0:0:0:0/0', '::/00'].filter(isWorld)).toHaveLength(5);
    expect(['0.0.0.0/10', '10.0.0.0/8', '::/1', '/0', 'x/0', '0.0.0.0/0 '].filter(isWorld)).toEqual([]);
  });
});

describe('what is left of any group', () => {
  const cidr = fc.constantFrom(
    { cidr4: '0.0.0.0/0' },
    { cidr6: '::/0' },
    { cidr4: '10.0.0.0/8' },
    { group, account: null, peering: null },
  );
  const range = fc
    .tuple(fc.integer({ min: 0, max: 70 }), fc.integer({ min: 0, max: 70 }))
    .map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) }));
  const anyRule = fc
    .tuple(fc.constantFrom('tcp', 'udp', 'icmp', '-1'), range, cidr, fc.constantFrom(null, 'words'))
    .map(([protocol, { from, to }, source, description]) =>
      rule({ protocol, source, description, ...(protocol === '-1' ? { from: null, to: null } : { from, to }) }),
    );
  const anyPorts = fc.uniqueArray(fc.integer({ min: 0, max: 70 }), { minLength: 1, maxLength: 8 });
  const isOpen = ({ source }: GroupRule) => ('cidr4' in source && isWorld(source.cidr4)) || 'cidr6' in source;
  const lets = (rules: readonly GroupRule[], protocol: string, port: number, source: Json) =>
    rules.some(
      (one) =>
        one.protocol === protocol &&
        JSON.stringify(one.source) === JSON.stringify(source) &&
        (one.from ?? 0) <= port &&
        port <= (one.to ?? 65_535),
    );

  it('lets in nobody to the risky ports, and everybody else as before', () => {
    fc.assert(
      fc.property(fc.array(anyRule, { maxLength: 8 }), anyPorts, (rules, risky) => {
        const after = closed(rules, risky);
        expect(after.filter((one) => isOpen(one) && reached(one, risky).length > 0)).toEqual([]);
        for (const one of rules) if (!isOpen(one) || reached(one, risky).length === 0) expect(after).toContain(one);
        for (const one of rules.filter((open) => isOpen(open) && open.protocol !== '-1'))
          for (let port = one.from ?? 0; port <= (one.to ?? 0); port += 1)
            if (one.protocol === 'icmp' || !risky.includes(port))
              expect(lets(after, one.protocol, port, one.source)).toBe(true);
        expect(closed(after, risky)).toEqual(after);
      }),
    );
  });

  it('is the same when an attempt was cut short after it had added the rests', () => {
    const before = [rule({ from: 20, to: 25, description: 'all of it' }), rule({ from: 443, to: 443 })];
    const after = closed(before, highRisk);
    const between = [...before, ...after.filter((one) => !before.includes(one))];
    expect(ingress.canon?.(closed(between, highRisk))).toEqual(ingress.canon?.(after));
  });
});

describe('writing', () => {
  const ec2 = mockClient(EC2Client);
  beforeEach(() => {
    ec2.reset();
    ec2.onAnyCommand().resolves({});
  });
  const sent = () =>
    ec2.calls().map(({ args: [command] }) => {
      const { IpPermissions = [], TagSpecifications } = command.input as {
        IpPermissions?: unknown[];
        TagSpecifications?: unknown;
      };
      return [
        command.constructor.name.replace('SecurityGroupIngressCommand', ''),
        IpPermissions.length,
        ...(TagSpecifications ? ['tags'] : []),
      ];
    });
  const range = rule({ from: 20, to: 25, description: 'words' });
  const rest = rule({ from: 24, to: 24, description: 'words' });

  it('adds before it revokes, and leaves alone what stays', async () => {
    await ingress.write({ group }, [rule({ from: 443, to: 443 }), range], [rule({ from: 443, to: 443 }), rest]);
    expect(sent()).toEqual([
      ['Authorize', 1],
      ['Revoke', 1],
    ]);
    expect(ec2.calls()[0]?.args[0].input).toEqual({
      GroupId: group,
      IpPermissions: [
        { IpProtocol: 'tcp', FromPort: 24, ToPort: 24, IpRanges: [{ CidrIp: '0.0.0.0/0', Description: 'words' }] },
      ],
    });
  });

  it('sends nothing where nothing changes', async () => {
    await ingress.write({ group }, [range], [range]);
    expect(sent()).toEqual([]);
  });

  it('revokes a rule that changes in its words only before it adds it', async () => {
    await ingress.write({ group }, [rest], [{ ...rest, description: 'other words' }]);
    expect(sent()).toEqual([
      ['Revoke', 1],
      ['Authorize', 1],
    ]);
  });

  it('makes one call for the rules of the same tags', async () => {
    const tags = { Owner: 'games' };
    await ingress.write(
      { group },
      [],
      [rest, { ...rest, from: 26, to: 26, tags }, { ...rest, from: 27, to: 27, tags }],
    );
    expect(sent()).toEqual([
      ['Authorize', 1],
      ['Authorize', 2, 'tags'],
    ]);
  });

  it('goes on where an interrupted attempt has done a part, and fails on anything else', async () => {
    const three = [rest, { ...rest, from: 26, to: 26 }, { ...rest, from: 27, to: 27 }];
    ec2
      .on(AuthorizeSecurityGroupIngressCommand)
      .rejectsOnce(fault('InvalidPermission.Duplicate', ''))
      .rejectsOnce(fault('InvalidPermission.Duplicate', ''))
      .resolves({});
    ec2.on(RevokeSecurityGroupIngressCommand).rejects(fault('InvalidPermission.NotFound', ''));
    await ingress.write({ group }, [range], three);
    expect(sent()).toEqual([
      ['Authorize', 3],
      ['Authorize', 1],
      ['Authorize', 1],
      ['Authorize', 1],
      ['Revoke', 1],
    ]);
    ec2.on(AuthorizeSecurityGroupIngressCommand).rejects(fault('RulesPerSecurityGroupLimitExceeded', ''));
    ec2.resetHistory();
    await expect(ingress.write({ group }, [range], three)).rejects.toThrow(
      expect.objectContaining({ name: 'RulesPerSecurityGroupLimitExceeded' }),
    );
    expect(sent()).toEqual([['Authorize', 3]]);
  });

  it('refuses to take a group away', async () => {
    await expect(ingress.write({ group }, [range], null)).rejects.toThrow("can't be removed");
  });

  it('reads every page, inbound rules only, without the tags of AWS', async () => {
    ec2
      .on(DescribeSecurityGroupRulesCommand)
      .resolvesOnce({
        NextToken: 'more',
        SecurityGroupRules: [{ IsEgress: true, IpProtocol: '-1', CidrIpv4: '0.0.0.0/0' }],
      })
      .resolvesOnce({
        SecurityGroupRules: [
          {
            IsEgress: false,
            IpProtocol: '-1',
            FromPort: -1,
            ToPort: -1,
            PrefixListId: 'pl-0a1b2c3d',
            Tags: [
              { Key: 'aws:cloudformation:stack-name', Value: 'x' },
              { Key: 'Owner', Value: 'y' },
            ],
          },
        ],
      });
    expect(await ingress.read({ group })).toEqual([
      {
        protocol: '-1',
        from: null,
        to: null,
        source: { prefixList: 'pl-0a1b2c3d' },
        description: null,
        tags: { Owner: 'y' },
      },
    ]);
    ec2.on(DescribeSecurityGroupRulesCommand).rejects(fault('InvalidGroup.NotFound', ''));
    expect(await ingress.read({ group })).toBeNull();
  });
});
