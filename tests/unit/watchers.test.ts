/** What the rules about the watchers want, beyond what the lens laws show: where nothing is known, and what counts as less. */
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { WAFV2Client } from '@aws-sdk/client-wafv2';
import { mockClient } from 'aws-sdk-client-mock';
import { describe, expect, it } from 'vitest';
import { coverageOf, lessThan, type Selectors } from '../../functions/cloudtrail/lenses/selectors.ts';
import { keeping } from '../../functions/logs/lenses/keeping.ts';
import { oursIn, targetOf } from '../../functions/self/lenses/ours.ts';
import { association, unfound } from '../../functions/waf/lenses/association.ts';
import { gone } from '../../functions/waf/lenses/logging.ts';
import { partsOf, readRooms } from '../../scripts/serverless.ts';
import type { Json, JsonObject } from '../../shared/core/json.ts';
import { type FixRule, hasFix } from '../../shared/core/rule.ts';
import { normalise } from '../../shared/core/signal.ts';
import { context, detected } from '../support/detecting.ts';
import { awsError } from '../support/fakes.ts';
import { registered } from '../support/registry.ts';
import { standard } from '../support/toys.ts';

const all = await registered();

function fixing(id: string): FixRule {
  const rule = all.find((entry) => entry.rule.id === id)?.rule;
  if (!rule || !hasFix(rule)) throw new Error(`no fix ${id}`);
  return rule;
}

/** What a rule wants of a state, with what was learned before. */
const desired = (id: string, state: Json, target: Json, learned: Json = null): unknown =>
  fixing(id).fix.desire(state, {
    ...context(target, {}),
    learned: learned === null ? null : { state: learned, by: 'maria', at: '2026-03-01T00:00:00Z' },
  });

const unknown = { unknown: expect.stringMatching(/\S/) };

describe('event selectors', () => {
  const advanced = (...selectors: Json[]): Selectors => ({ basic: [], advanced: selectors as Selectors['advanced'] });
  const basic = (...selectors: Selectors['basic']): Selectors => ({ basic: selectors, advanced: [] });
  const category = (name: string, ...more: Json[]): Json => ({
    FieldSelectors: [{ Field: 'eventCategory', Equals: [name] }, ...more],
  });
  const everything = basic({ ReadWriteType: 'All', IncludeManagementEvents: true });
  const bucket = (...values: string[]): Selectors =>
    basic({ ReadWriteType: 'All', DataResources: [{ Type: 'AWS::S3::Object', Values: values }] });

  it('are read as the request, the event and the answer write them', () => {
    const full = { reads: true, writes: true, excluded: [], narrowed: false, data: false };
    expect(coverageOf({ eventSelectors: [{}] })).toEqual(full);
    expect(coverageOf({ eventSelectors: { readWriteType: 'All', dataResources: {} } })).toEqual(full);
    expect(coverageOf({ AdvancedEventSelectors: [category('Management')] })).toEqual(full);
    expect(coverageOf({ eventSelectors: [] })).toBe(null);
    expect(coverageOf(null)).toBe(null);
  });

  it.each<[string, Selectors, Selectors, boolean]>([
    ['the same', everything, everything, false],
    ['another form that lets as much through', advanced(category('Management')), everything, false],
    ['only reads', basic({ ReadWriteType: 'ReadOnly' }), everything, true],
    ['only writes', advanced(category('Management', { Field: 'readOnly', Equals: ['false'] })), everything, true],
    ['a service left out', basic({ ExcludeManagementEventSources: ['kms.amazonaws.com'] }), everything, true],
    ['a service let in again', everything, basic({ ExcludeManagementEventSources: ['kms.amazonaws.com'] }), false],
    ['one bucket fewer', bucket('arn:aws:s3:::a/'), bucket('arn:aws:s3:::a/', 'arn:aws:s3:::b/'), true],
    ['all buckets instead of one', bucket('arn:aws:s3'), bucket('arn:aws:s3:::a/'), false],
    ['one bucket instead of all', bucket('arn:aws:s3:::a/'), bucket('arn:aws:s3'), true],
    ['no data events', everything, bucket('arn:aws:s3'), true],
    ['narrowed by a field', advanced(category('Management', { Field: 'eventName', Equals: ['a'] })), everything, true],
    ['nothing at all', advanced(), everything, true],
    ['something where nothing was', everything, advanced(), false],
  ])('%s', (_, now, before, less) => {
    expect(lessThan(now, before)).toBe(less);
  });
});

describe('where nothing was learned', () => {
  const trail = { trail: 'arn:aws:cloudtrail:us-east-1:111122223333:trail/t', ours: true };
  const part = { rule: 'firebreak-s3-1', part: 'firebreak-s3-1', account: '111122223333', region: 'us-east-1' };
  const logGroup = { group: '/a', at: '2026-03-02T08:00:00Z' };
  const keeping = { days: 1, key: null, made: Date.parse('2025-01-01T00:00:00Z') };
  const elsewhere = { region: 'us-east-1', types: ['EC2'], ours: false };

  it.each<[string, Json, Json]>([
    ['cloudtrail/trail-weakened', null, trail],
    ['cloudtrail/trail-weakened', 'unreachable', { trail: 'x', ours: false }],
    ['cloudtrail/trail-weakened', { bucket: 'b' }, trail],
    ['cloudtrail/trail-deleted', null, trail],
    ['cloudtrail/trail-deleted', 'unreachable', { trail: 'x', ours: false }],
    ['guardduty/detector-tampering', null, { region: 'us-east-1', partly: false }],
    ['guardduty/detector-tampering', { enabled: true, features: {} }, { region: 'us-east-1', partly: true }],
    ['securityhub/disabled', null, { region: 'us-east-1', newer: false, standards: [] }],
    ['inspector/disabled', { EC2: 'DISABLED' }, { region: 'us-east-1', types: [], ours: true }],
    ['inspector/disabled', 'elsewhere', elsewhere],
    ['cloudwatch/alarm-silenced', null, { alarm: 'a', region: 'us-east-1' }],
    ['logs/retention-shortened', keeping, logGroup],
    ['waf/protection-removed', null, { resource: 'arn:aws:apprunner:us-east-1:1:service/a', lost: 'association' }],
    ['waf/protection-removed', null, { resource: 'arn:aws:wafv2:us-east-1:1:regional/webacl/a/b', lost: 'web ACL' }],
    ['waf/protection-removed', null, { resource: 'arn:aws:apigateway:us-east-1::/restapis/a', lost: 'association' }],
    ['waf/protection-removed', null, { resource: 'arn:aws:wafv2:us-east-1:1:regional/webacl/a/b', lost: 'logging' }],
    [
      'waf/protection-removed',
      null,
      { resource: 'arn:aws:wafv2:us-east-1:1:regional/webacl/a/b', lost: 'managed log' },
    ],
    ['waf/protection-removed', null, { resource: 'arn:aws:waf::1:webacl/a', lost: 'classic' }],
    ['logs/retention-shortened', null, { group: 'arn:aws:logs:eu-west-1:1:query-result:*', at: null }],
    ['waf/cloudfront-unprotected', '', { distribution: 'E1', taken: true, managed: false }],
    ['waf/cloudfront-unprotected', '', { distribution: 'E1', taken: true, managed: true }],
    ['waf/protection-removed', null, { resource: 'arn:aws:apigateway:us-east-1::/restapis/a', lost: 'managed' }],
    ['shield/protection-removed', null, { lost: 'renewal', protection: null }],
    ['shield/protection-removed', { protections: {} }, { lost: 'protection', protection: 'p' }],
    ['self/tampering', null, { ...part, call: 'DeleteRule' }],
    ['self/tampering', { state: 'ENABLED', pattern: '{}', targets: {} }, { ...part, call: 'PutRule' }],
    ['self/tampering', null, { ...part, rule: null, part: 'firebreak-incidents', call: 'DeleteTable' }],
  ])('%s tells instead of guessing', (id, state, target) => {
    expect(desired(id, state, target)).toEqual(unknown);
  });

  it('a trail of the whole organization is left to the management account', () => {
    const settings = { organization: true, selectors: { basic: [], advanced: [] } };
    expect(desired('cloudtrail/trail-deleted', null, trail, settings)).toEqual(unknown);
    expect(desired('cloudtrail/trail-weakened', { ...settings, organization: false }, trail, settings)).toEqual(
      unknown,
    );
  });

  it('what was made half, or again by somebody, becomes at least what it was', () => {
    const before = { bucket: 'b', multiRegion: true, logging: true, selectors: { basic: [{}], advanced: [] } };
    const half = { ...before, multiRegion: false, logging: false };
    expect(desired('cloudtrail/trail-deleted', half, trail, before)).toMatchObject({
      multiRegion: true,
      logging: true,
    });
    expect(desired('cloudtrail/trail-deleted', half, trail)).toEqual(half);
    const place = { region: 'us-east-1', newer: false, standards: [] };
    const hub = { autoEnable: true, generator: 'SECURITY_CONTROL', deleting: [] };
    const standards = { 'arn:a': {}, 'arn:b': { x: 'y' } };
    expect(desired('securityhub/disabled', { ...hub, standards: {} }, place, { ...hub, standards })).toMatchObject({
      standards,
    });
  });

  it('what is harmless by what is read stays as it is', () => {
    const made = Date.parse('2026-03-02T07:30:00Z');
    expect(desired('logs/retention-shortened', { ...keeping, made }, logGroup)).toEqual({ ...keeping, made });
    expect(desired('logs/retention-shortened', null, logGroup)).toBe(null);
    expect(desired('logs/retention-shortened', keeping, logGroup, { ...keeping, days: 1 })).toEqual(keeping);
    expect(desired('waf/cloudfront-unprotected', '', { distribution: 'E1', taken: false, managed: false }, '')).toBe(
      '',
    );
    expect(desired('waf/protection-removed', 'arn:another', { resource: 'a', lost: 'association' }, 'arn:acl')).toBe(
      'arn:another',
    );
    const log = { LogDestinationConfigs: ['arn:aws:s3:::aws-waf-logs-a'] };
    expect(desired('waf/protection-removed', gone, { resource: 'a', lost: 'logging' }, log)).toBe(gone);
    expect(desired('waf/protection-removed', null, { resource: 'a', lost: 'logging' }, log)).toEqual(log);
  });
});

describe('what an event names that the service does not find', () => {
  it('is no load balancer to put under a web ACL, by no state that was seen before', async () => {
    const wafv2 = mockClient(WAFV2Client);
    const target = {
      resource: 'arn:aws:elasticloadbalancing:us-east-1:1:loadbalancer/app/a/b',
      lost: 'association',
    } as const;
    wafv2.rejectsOnce(awsError('WAFNonexistentItemException')).resolvesOnce({});
    const [missing, bare] = [await association.read(target), await association.read(target)];
    expect([missing, bare]).toEqual([unfound, null]);
    expect(desired('waf/protection-removed', missing as Json, target, 'arn:acl')).toEqual(unknown);
    expect(desired('waf/protection-removed', bare as Json, target, 'arn:acl')).toBe('arn:acl');
    expect(desired('waf/protection-removed', bare as Json, target, unfound)).toEqual(unknown);
  });

  it('are the results of queries, which are no log group: nothing is asked about them', async () => {
    const logs = mockClient(CloudWatchLogsClient).resolves({ logGroups: [] });
    expect(await keeping.read({ group: 'arn:aws:logs:eu-west-1:1:query-result:*', at: null })).toBe(null);
    expect(logs.calls()).toEqual([]);
    await keeping.read({ group: '/aws/lambda/a-b_c.d#e', at: null });
    expect(logs.calls()).toHaveLength(1);
  });
});

it('Inspector scans again what the call names, and not what another switched off before', () => {
  const state = { EC2: 'DISABLED', ECR: 'DISABLED' };
  const target = { region: 'us-east-1', types: ['EC2'], ours: true };
  expect(desired('inspector/disabled', state, target, { EC2: 'ENABLED', ECR: 'ENABLED' })).toEqual({
    EC2: 'ENABLED',
    ECR: 'DISABLED',
  });
});

it('GuardDuty looks again at what the call names, and not at what another switched off before', () => {
  const rule = fixing('guardduty/detector-tampering');
  const off = (features: Json): Json => {
    const request = { detectorId: '12abc34d567e8fa901bc2d34e56789f0', features };
    const normalised = normalise({
      eventSource: 'guardduty.amazonaws.com',
      eventName: 'UpdateDetector',
      awsRegion: 'eu-west-1',
      requestParameters: request,
    });
    if ('unparsed' in normalised) throw new Error(normalised.unparsed);
    return detected(rule, normalised.signals[0])[0]?.target ?? null;
  };
  const [part, whole] = ['RUNTIME_MONITORING/EC2_AGENT_MANAGEMENT', 'RUNTIME_MONITORING'];
  const all = { S3_DATA_EVENTS: true, [whole]: true, [part]: true };
  const none = { S3_DATA_EVENTS: false, [whole]: false, [part]: false };
  const state = (features: Json): Json => ({ enabled: true, frequency: 'SIX_HOURS', features });
  const wanted = (target: Json): unknown => desired('guardduty/detector-tampering', state(none), target, state(all));
  const agents = [{ name: 'EC2_AGENT_MANAGEMENT', status: 'DISABLED' }];
  expect(wanted(off([{ name: whole, status: 'DISABLED' }]))).toEqual(state({ ...none, [whole]: true, [part]: true }));
  expect(wanted(off([{ name: whole, status: 'ENABLED', additionalConfiguration: agents }]))).toEqual(
    state({ ...none, [part]: true }),
  );
  expect(wanted({ region: 'eu-west-1', partly: true })).toEqual(state(all));
  const suspended = { ...(state(none) as JsonObject), enabled: false };
  const s3 = off([{ name: 'S3_DATA_EVENTS', status: 'DISABLED' }]);
  expect(desired(rule.id, suspended, s3, state(all))).toMatchObject({ enabled: false });
  expect(desired(rule.id, suspended, { region: 'eu-west-1', partly: false }, state(all))).toMatchObject({
    enabled: true,
  });
});

describe('what leads out of the account', () => {
  const asks = (id: string, plan: Json, trusted: readonly string[] = []): unknown => {
    const known = context({ trail: 't', ours: true }, {});
    return fixing(id).fix.asks?.(plan, { ...known, home: { ...known.home, trusted } });
  };
  const [ours, theirs] = ['111122223333', '444455556666'].map((account) => `arn:aws:kms:us-east-1:${account}:key/k`);
  const settings = (key: string | null): Json => ({ key: key ?? null, topic: null, logGroup: null });

  it.each(['cloudtrail/trail-weakened', 'cloudtrail/trail-deleted', 'logs/retention-shortened'])(
    '%s asks before it puts back a stranger’s key',
    (id) => {
      expect(asks(id, settings(theirs ?? null))).toMatch(/444455556666/);
      expect(asks(id, settings(theirs ?? null), ['444455556666'])).toBe(null);
      expect(asks(id, settings(ours ?? null))).toBe(null);
      expect(asks(id, settings(null))).toBe(null);
      expect(asks(id, null)).toBe(null);
    },
  );
});

describe('what is learned', () => {
  const watched = ['cloudtrail', 'guardduty', 'securityhub', 'inspector', 'logs', 'waf', 'shield', 'self'];
  const learning = all.flatMap(({ rule, files }) =>
    hasFix(rule) && rule.fix.learns && watched.includes(rule.id.split('/')[0] ?? '') ? [{ rule, files }] : [],
  );

  it.each(learning.map(({ rule, files }) => ({ id: rule.id, rule: rule as FixRule, files })))(
    '$id learns of the same lens key that its calls are about, or of nothing',
    ({ rule, files }) => {
      const { learns, lens } = rule.fix;
      const keys = [...files.fires, ...files.quiet].flatMap(({ event }) => {
        const normalised = normalise(event);
        const signals = 'unparsed' in normalised ? [] : normalised.signals;
        return signals.map((signal) => learns?.target(signal) ?? null).filter((target) => target !== null);
      });
      for (const target of keys) expect(lens.key(target)).toMatch(/\S/);
    },
  );
});

it('what Security Hub switches on by itself when it is enabled is learned, too', () => {
  const { triggers = [] } = fixing('securityhub/disabled').fix.learns ?? {};
  expect(triggers.flatMap((one) => (one.kind === 'call' ? [one.name] : []))).toContain('EnableSecurityHub');
});

describe('the log of a web ACL', () => {
  const acl = 'arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/guard/1a2b3c4d';
  const call = (eventName: string, requestParameters: Json, eventSource = 'wafv2.amazonaws.com') => {
    const normalised = normalise({ eventSource, eventName, requestParameters, awsRegion: 'eu-west-1' });
    if ('unparsed' in normalised) throw new Error(normalised.unparsed);
    return normalised.signals[0];
  };
  const lostBy = (...of: Parameters<typeof call>): unknown =>
    detected(fixing('waf/protection-removed'), call(...of)).map(({ target }) => target);

  it('is put back where its owner deleted it; what AWS keeps, and Classic’s, is told', () => {
    const name = 'DeleteLoggingConfiguration';
    expect(lostBy(name, { resourceArn: acl })).toEqual([{ resource: acl, lost: 'logging' }]);
    expect(lostBy(name, { resourceArn: acl, logScope: 'CUSTOMER' })).toEqual([{ resource: acl, lost: 'logging' }]);
    expect(lostBy(name, { resourceArn: acl, logScope: 'SECURITY_LAKE' })).toMatchObject([{ lost: 'managed log' }]);
    const classic = 'waf-regional.amazonaws.com';
    expect(lostBy(name, { resourceArn: acl }, classic)).toMatchObject([{ lost: 'classic' }]);
  });

  it('is learned of where it is configured', () => {
    const learned = (configured: Json): unknown =>
      fixing('waf/protection-removed').fix.learns?.target(
        call('PutLoggingConfiguration', { loggingConfiguration: configured }),
      );
    expect(learned({ resourceArn: acl })).toEqual({ resource: acl, lost: 'logging' });
    expect(learned({ resourceArn: acl, logScope: 'SECURITY_LAKE' })).toBe(null);
    expect(learned({})).toBe(null);
  });
});

describe('Firebreak’s own parts', () => {
  it.each([
    ['firebreak-s3-1', 'firebreak-s3-1'],
    ['firebreak', 'firebreak'],
    ['arn:aws:sns:eu-west-1:111122223333:firebreak-alerts:0a1b', 'firebreak-alerts'],
    ['https://sqs.eu-west-1.amazonaws.com/111122223333/firebreak-dead-letters', 'firebreak-dead-letters'],
    ['arn:aws:lambda:eu-west-1:111122223333:function:firebreak-watch:2', 'firebreak-watch'],
    ['firebreaker', undefined],
    ['my-firebreak-s3', undefined],
  ])('%s', (called, part) => {
    expect(oursIn(called, 'firebreak')).toBe(part);
  });

  it('a target is put back as it is deployed', async () => {
    const account = '111122223333';
    const region = 'eu-west-1';
    const rooms = await readRooms();
    const functions = rooms.map(({ room }) => `firebreak-${room}`);
    const { resources } = partsOf(rooms, { ...standard, preset: 'strict' }, 'firebreak');
    const deployed = Object.values(resources.Resources).filter((one) => one['Type'] === 'AWS::Events::Rule');
    expect(deployed.length).toBeGreaterThan(10);
    for (const one of deployed) {
      const { Name, State, Targets } = one['Properties'] as {
        Name: string;
        State: string;
        Targets: readonly { Id: string; RetryPolicy: Json }[];
      };
      const part = { rule: Name, part: Name, call: 'RemoveTargets', account, region };
      const made = targetOf(part, 'firebreak');
      expect(Targets.map(({ Id, RetryPolicy }) => ({ Id, RetryPolicy }))).toEqual([
        { Id: made?.['Id'], RetryPolicy: made?.['RetryPolicy'] },
      ]);
      expect(functions).toContain(`${made?.['Arn']}`.split(':function:')[1]);
      const woken = desired('self/tampering', { state: 'DISABLED', pattern: '{}', targets: {} }, part);
      expect(woken).toMatchObject({ state: State, targets: { function: made } });
    }
  });
});
