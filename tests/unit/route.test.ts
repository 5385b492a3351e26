import { describe, expect, it } from 'vitest';
import { isObject, type Json, type JsonObject } from '../../shared/core/json.ts';
import {
  arrivesIn,
  awakened,
  countsFailure,
  described,
  matches,
  patternLimit,
  patternsOf,
  sourceOf,
} from '../../shared/core/route.ts';
import { calls, type Rule, type Trigger } from '../../shared/core/rule.ts';
import { normalise, type Signal } from '../../shared/core/signal.ts';
import { recordedPatterns } from '../support/recorded.ts';
import { registered } from '../support/registry.ts';

const waking = (...triggers: Trigger[]): Rule => ({ id: 'a/b', triggers }) as unknown as Rule;
const signIn: Trigger = {
  kind: 'call',
  service: 'signin.amazonaws.com',
  name: 'ConsoleLogin',
  signIn: 'root',
  failures: true,
};
const finding: Trigger = { kind: 'finding', origin: 'guardduty', type: 'Stealth:IAMUser/CloudTrailLoggingDisabled' };

function signalOf(detail: JsonObject): Signal {
  const normalised = normalise(detail);
  if ('unparsed' in normalised) throw new Error(normalised.unparsed);
  return normalised.signals[0];
}

describe('patternsOf', () => {
  it('asks for one service’s successful calls with one pattern, names sorted and said once', () => {
    const [first, ...others] = patternsOf([
      waking(...calls('s3.amazonaws.com', 'PutBucketPolicy', 'DeleteBucketPolicy')),
      waking(...calls('s3.amazonaws.com', 'PutBucketPolicy')),
    ]);
    expect(others).toEqual([]);
    expect(first).toEqual({
      readOnly: false,
      pattern: {
        source: ['aws.s3'],
        'detail-type': ['AWS API Call via CloudTrail'],
        detail: {
          eventSource: ['s3.amazonaws.com'],
          eventName: ['DeleteBucketPolicy', 'PutBucketPolicy'],
          errorCode: [{ exists: false }],
        },
      },
    });
  });

  it('keeps apart what differs in service, in failures, and in read-only', () => {
    const read: Trigger = { kind: 'call', service: 's3.amazonaws.com', name: 'GetBucketPolicy', readOnly: true };
    const failing: Trigger = { kind: 'call', service: 's3.amazonaws.com', name: 'PutBucketPolicy', failures: true };
    const patterns = patternsOf([
      waking(read, failing, ...calls('s3.amazonaws.com', 'PutBucketAcl'), ...calls('iam.amazonaws.com', 'CreateUser')),
    ]);
    expect(patterns.length).toBe(4);
    expect(patterns.filter(({ readOnly }) => readOnly).map(({ pattern }) => pattern)).toEqual([
      expect.objectContaining({ detail: expect.objectContaining({ eventName: ['GetBucketPolicy'] }) }),
    ]);
    expect(patterns.filter(({ pattern }) => !('errorCode' in (pattern['detail'] as object))).length).toBe(1);
  });

  it('matches both spellings of a sign-in, root’s alone, failed or not', () => {
    const [{ pattern } = { pattern: {} }, ...others] = patternsOf([waking(signIn)]);
    expect(others).toEqual([]);
    const event = (detailType: string, detail: object = {}): Json => ({
      source: 'aws.signin',
      'detail-type': detailType,
      detail: {
        eventSource: 'signin.amazonaws.com',
        eventName: 'ConsoleLogin',
        userIdentity: { type: 'Root' },
        ...detail,
      },
    });
    expect(matches(pattern, event('AWS Console Sign In via CloudTrail'))).toBe(true);
    expect(matches(pattern, event('AWS Console Signin via CloudTrail'))).toBe(true);
    expect(
      matches(
        pattern,
        event('AWS Console Signin via CloudTrail', { errorCode: 'x', errorMessage: 'Failed authentication' }),
      ),
    ).toBe(true);
    expect(matches(pattern, event('AWS API Call via CloudTrail'))).toBe(false);
    expect(matches(pattern, event('AWS Console Sign In via CloudTrail', { userIdentity: { type: 'IAMUser' } }))).toBe(
      false,
    );
  });

  it('asks for all that root does, read-only and failed, but not for what AWS does in its name', () => {
    const rule = waking({ kind: 'root' });
    const [only, ...others] = patternsOf([rule, rule]);
    expect(others).toEqual([]);
    expect(only?.readOnly).toBe(true);
    const event = (userIdentity: JsonObject, more: JsonObject = {}, source = 'aws.s3'): Json => ({
      source,
      'detail-type': 'AWS API Call via CloudTrail',
      detail: { eventSource: 's3.amazonaws.com', eventName: 'ListBuckets', userIdentity, ...more },
    });
    const cases: readonly (readonly [boolean, Json])[] = [
      [true, event({ type: 'Root' })],
      [true, event({ type: 'Root' }, { errorCode: 'AccessDenied', readOnly: true })],
      [true, event({ type: 'Root', invokedBy: 'signin.amazonaws.com' })],
      [false, event({ type: 'Root', invokedBy: 'autoscaling.amazonaws.com' })],
      [false, event({ type: 'IAMUser' })],
    ];
    for (const [wanted, one] of cases) {
      expect(matches(only?.pattern ?? {}, one)).toBe(wanted);
      const signal = signalOf((one as { detail: JsonObject }).detail);
      expect(awakened([rule], signal).length).toBe(wanted ? 1 : 0);
      expect(countsFailure(rule, signal)).toBe(wanted);
    }
    expect(matches(only?.pattern ?? {}, event({ type: 'Root' }, {}, 'my.own'))).toBe(false);
    const login = { eventSource: 'signin.amazonaws.com', eventName: 'ConsoleLogin', eventType: 'AwsConsoleSignIn' };
    expect(awakened([rule], signalOf({ ...login, userIdentity: { type: 'Root' } }))).toEqual([]);
    expect(described({ kind: 'root' })).toMatchObject({ source: 'aws.*', detailType: 'AWS API Call via CloudTrail' });
    expect(arrivesIn({ kind: 'root' }, 'aws')).toBeNull();
  });

  it('asks for findings by type', () => {
    expect(patternsOf([waking(finding)]).map(({ pattern }) => pattern)).toEqual([
      {
        source: ['aws.guardduty'],
        'detail-type': ['GuardDuty Finding'],
        detail: { type: ['Stealth:IAMUser/CloudTrailLoggingDisabled'] },
      },
    ]);
  });

  it('splits what would be longer than EventBridge takes, and loses no name', () => {
    const names = Array.from({ length: 300 }, (_, index) => `AnApiCallWithALongName${index}`) as [string, ...string[]];
    const patterns = patternsOf([waking(...calls('ec2.amazonaws.com', ...names))]);
    expect(patterns.length).toBeGreaterThan(1);
    for (const { pattern } of patterns) expect(JSON.stringify(pattern).length).toBeLessThan(patternLimit);
    const asked = patterns.flatMap(({ pattern }) => (pattern['detail'] as { eventName: string[] }).eventName);
    expect([...asked].sort()).toEqual([...names].sort());
  });

  it('of this repository’s rooms stay under the limit', async () => {
    const rules = (await registered()).map(({ rule }) => rule);
    for (const { pattern } of patternsOf(rules)) expect(JSON.stringify(pattern).length).toBeLessThan(patternLimit);
  });
});

describe('awakened and countsFailure', () => {
  const stop: JsonObject = { eventSource: 'cloudtrail.amazonaws.com', eventName: 'StopLogging' };
  const rule = waking(...calls('cloudtrail.amazonaws.com', 'StopLogging'));

  it('wake by service and name, also for calls that failed', () => {
    expect(awakened([rule], signalOf(stop))).toEqual([rule]);
    expect(awakened([rule], signalOf({ ...stop, errorCode: 'AccessDenied' }))).toEqual([rule]);
    expect(awakened([rule], signalOf({ ...stop, eventName: 'StartLogging' }))).toEqual([]);
    expect(awakened([rule], signalOf({ ...stop, eventSource: 'redshift.amazonaws.com' }))).toEqual([]);
  });

  it('count failures only for the trigger that asks for them', () => {
    const login = (type: string): Signal =>
      signalOf({ eventSource: 'signin.amazonaws.com', eventName: 'ConsoleLogin', userIdentity: { type } });
    expect(countsFailure(waking(signIn), login('Root'))).toBe(true);
    expect(countsFailure(waking(signIn), login('IAMUser'))).toBe(false);
    expect(countsFailure(rule, signalOf(stop))).toBe(false);
    expect(awakened([waking(signIn)], login('IAMUser'))).toEqual([]);
  });

  it('take a finding by its type and its service', () => {
    const found = (type: string): Signal => signalOf({ type, accountId: '111122223333', service: {} });
    expect(awakened([waking(finding)], found('Stealth:IAMUser/CloudTrailLoggingDisabled')).length).toBe(1);
    expect(awakened([waking(finding)], found('Stealth:IAMUser/PasswordPolicyChange'))).toEqual([]);
  });
});

describe('a trigger', () => {
  it('is described as EventBridge names it', () => {
    expect(described(signIn)).toEqual({
      source: 'aws.signin',
      detailType: 'AWS Console Sign In via CloudTrail',
      name: 'ConsoleLogin',
    });
    expect(described(finding)).toEqual({
      source: 'aws.guardduty',
      detailType: 'GuardDuty Finding',
      name: finding.type,
    });
    expect(sourceOf('monitoring.amazonaws.com')).toBe('aws.monitoring');
  });

  it('arrives in one region where its service is global, and everywhere else where it happens', () => {
    const [iam] = calls('iam.amazonaws.com', 'CreateUser');
    const [s3] = calls('s3.amazonaws.com', 'PutBucketPolicy');
    expect(['aws', 'aws-cn', 'aws-us-gov'].map((partition) => arrivesIn(iam, partition))).toEqual([
      'us-east-1',
      'cn-north-1',
      'us-gov-west-1',
    ]);
    expect(arrivesIn(signIn, 'aws')).toBe('us-east-1');
    expect(arrivesIn(s3, 'aws')).toBe(null);
    expect(arrivesIn(finding, 'aws')).toBe(null);
  });

  it.each([
    'account',
    'artifact',
    'bcm-data-exports',
    'budgets',
    'ce',
    'cloudfront',
    'cur',
    'organizations',
    'route53',
    'route53domains',
    'shield',
    'trustedadvisor',
  ] as const)('of %s arrives in one region of each partition', (service) => {
    const [call] = calls(`${service}.amazonaws.com`, 'Delete');
    expect(arrivesIn(call, 'aws')).toBe('us-east-1');
    expect(arrivesIn(call, 'aws-cn')).toMatch(/^cn-/);
    expect(arrivesIn(call, 'aws-iso')).toBe(null);
  });

  it('of the resolver, of directories and of single sign-on arrives where it happens', () => {
    for (const service of ['route53resolver', 'ds', 'sso', 'sso-directory', 'wafv2', 'cloudformation'] as const)
      expect(arrivesIn(calls(`${service}.amazonaws.com`, 'Delete')[0], 'aws')).toBe(null);
  });

  it('that is no call arrives in one region where its service has none, of AWS Health only what is global', () => {
    const event = (source: `aws.${string}`, detailType: string, where?: JsonObject): Trigger => ({
      kind: 'event',
      source,
      detailType,
      ...(where && { where }),
    });
    const at = (trigger: Trigger): (string | null)[] =>
      ['aws', 'aws-cn', 'aws-us-gov', 'nowhere'].map((partition) => arrivesIn(trigger, partition));
    expect(at(event('aws.trustedadvisor', 'Trusted Advisor Check Item Refresh Notification'))[0]).toBe('us-east-1');
    expect(at(event('aws.artifact', 'AWS Artifact Agreement Status Changed'))[0]).toBe('us-east-1');
    expect(at(event('aws.account', 'Region Opt-In Status Change'))[0]).toBe('us-east-1');
    expect(at(event('aws.ec2', 'EBS Snapshot Notification'))).toEqual([null, null, null, null]);
    const global = ['us-east-1', 'cn-northwest-1', 'us-gov-west-1', null];
    expect(at(event('aws.health', 'AWS Health Abuse Event'))).toEqual(global);
    expect(at(event('aws.health', 'AWS Health Event', { service: ['RISK'] }))).toEqual(global);
    expect(at(event('aws.health', 'AWS Health Event', { service: ['RISK', 'EC2'] }))[0]).toBe(null);
    expect(at(event('aws.health', 'AWS Health Event', { service: [{ prefix: 'R' }] }))[0]).toBe(null);
    expect(at(event('aws.health', 'AWS Health Event', { eventTypeCode: ['AWS_RISK_CREDENTIALS_EXPOSED'] }))).toEqual(
      global,
    );
    expect(at(event('aws.health', 'AWS Health Event', { eventTypeCode: ['AWS_EC2_OPERATIONAL_ISSUE'] }))[0]).toBe(null);
    expect(at(event('aws.health', 'AWS Health Event'))[0]).toBe(null);
  });
});

/** Whether a pattern keeps to the operators that patternsOf writes, and the event is no flattened one. */
const ours = (pattern: Json): boolean =>
  isObject(pattern) &&
  Object.values(pattern).every((want) =>
    Array.isArray(want)
      ? want.every(
          (option: Json) =>
            !isObject(option) ||
            (Object.keys(option).length === 1 &&
              (Object.hasOwn(option, 'exists') || typeof option['prefix'] === 'string')),
        )
      : isObject(want) && ours(want),
  );
const flattened = (event: Json): boolean => isObject(event) && Object.keys(event).some((key) => key.includes('.'));

describe('matches', () => {
  it('throws on an operator that Firebreak does not write, rather than guess', () => {
    expect(() => matches({ source: [{ suffix: '.s3' }] }, { source: 'aws.s3' })).toThrow(/suffix/);
    expect(() => matches({ source: [{ prefix: { 'equals-ignore-case': 'aws.' } }] }, { source: 'aws.s3' })).toThrow(
      /prefix/,
    );
    expect(() => matches({ source: 'aws.s3' }, { source: 'aws.s3' })).toThrow(/source/);
  });

  it('does not find what only the prototype has', () => {
    expect(matches({ constructor: [{ exists: true }] }, {})).toBe(false);
  });

  const known = recordedPatterns.filter(({ pattern, event }) => ours(pattern) && !flattened(event));
  it.skipIf(recordedPatterns.length === 0)('judges recorded patterns as EventBridge’s own engine does', () => {
    expect(known.length).toBeGreaterThan(200);
    const wrong = known.filter(({ pattern, event, engine }) => matches(pattern as JsonObject, event) !== engine);
    expect(wrong.map(({ line, name }) => `${line} ${name}`)).toEqual([]);
  });
});
