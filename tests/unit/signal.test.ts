import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { awakened, patternsOf } from '../../shared/core/route.ts';
import { normalise, type Signal } from '../../shared/core/signal.ts';
import { recorded } from '../support/recorded.ts';
import { registered } from '../support/registry.ts';

const rules = (await registered()).map(({ rule }) => rule);
const everyFile = (await registered()).flatMap(({ files }) => [...files.fires, ...files.quiet]);

function signalsOf(raw: unknown): readonly Signal[] {
  const normalised = normalise(raw);
  if ('unparsed' in normalised) throw new Error(normalised.unparsed);
  return normalised.signals;
}
const only = (raw: unknown): Signal => {
  const [signal, ...others] = signalsOf(raw);
  if (!signal || others.length > 0) throw new Error('expected one signal');
  return signal;
};
const unparsed = (raw: unknown): string | null => {
  const normalised = normalise(raw);
  return 'unparsed' in normalised ? normalised.unparsed : null;
};

const record = {
  eventSource: 'cloudtrail.amazonaws.com',
  eventName: 'StopLogging',
  eventID: 'e-1',
  requestID: 'r-1',
  eventTime: '2026-03-02T08:14:31Z',
  awsRegion: 'us-east-1',
  recipientAccountId: '111122223333',
  userIdentity: {
    type: 'AssumedRole',
    arn: 'arn:aws:sts::444455556666:assumed-role/Deployer/ci',
    accountId: '444455556666',
  },
  requestParameters: { name: 'audit' },
};
const envelope = (detail: unknown, change: object = {}): object => ({
  version: '0',
  id: 'envelope-1',
  'detail-type': 'AWS API Call via CloudTrail',
  source: 'aws.cloudtrail',
  account: '111122223333',
  time: '2026-03-02T08:14:40Z',
  region: 'us-east-1',
  detail,
  ...change,
});

describe('a CloudTrail record', () => {
  it('is the same signal in its envelope and without', () => {
    const expected = {
      kind: 'call',
      id: 'e-1',
      time: '2026-03-02T08:14:31Z',
      account: '111122223333',
      region: 'us-east-1',
      service: 'cloudtrail.amazonaws.com',
      name: 'StopLogging',
      requestId: 'r-1',
      request: { name: 'audit' },
      response: null,
      failure: null,
      actor: { type: 'AssumedRole', name: 'Deployer/ci', account: '444455556666' },
    };
    expect(only(record)).toMatchObject(expected);
    expect(only(envelope(record))).toMatchObject(expected);
  });

  it('takes from its envelope what it does not tell itself', () => {
    const { eventID: _, eventTime: __, awsRegion: ___, recipientAccountId: ____, ...bare } = record;
    expect(only(envelope(bare))).toMatchObject({
      id: 'envelope-1',
      time: '2026-03-02T08:14:40Z',
      account: '111122223333',
      region: 'us-east-1',
    });
    expect(only(bare)).toMatchObject({ id: null, time: null, account: '444455556666', region: null });
  });

  it.each([
    ['AccessDenied', 'AccessDenied'],
    ['', null],
    [null, null],
    [{ code: 'x' }, 'unreadable'],
    [403, 'unreadable'],
  ])('with errorCode %j has failed: %j', (errorCode, failure) => {
    expect(only({ ...record, errorCode })).toMatchObject({ failure });
  });

  it('of a call is no failure for an error message alone, as EventBridge sees it', () => {
    expect(only({ ...record, errorMessage: 'x' })).toMatchObject({ failure: null });
  });

  it.each([
    [undefined, { type: 'Unknown', name: 'unknown' }],
    [null, { type: 'Unknown', name: 'unknown' }],
    ['AROAEXAMPLE', { type: 'Unknown', name: 'unknown' }],
    [
      { type: 'Root', arn: 'arn:aws:iam::111122223333:root' },
      { type: 'Root', name: 'root' },
    ],
    [
      { type: 'IAMUser', userName: 'maria', arn: 'arn:aws:iam::111122223333:user/team/maria' },
      { type: 'IAMUser', name: 'maria' },
    ],
    [
      { type: 'AWSService', invokedBy: 'cloudtrail.amazonaws.com' },
      { type: 'AWSService', name: 'cloudtrail.amazonaws.com', invokedBy: 'cloudtrail.amazonaws.com' },
    ],
  ])('by %j', (userIdentity, actor) => {
    expect(only({ ...record, userIdentity }).actor).toMatchObject(actor);
  });

  const issued = (path: string, name: string) => ({
    type: 'AssumedRole',
    arn: `arn:aws:sts::111122223333:assumed-role/${name}/jo@example.com`,
    sessionContext: { sessionIssuer: { type: 'Role', arn: `arn:aws:iam::111122223333:role/${path}${name}` } },
  });
  const single = 'aws-reserved/sso.amazonaws.com/eu-west-1/';

  it.each([
    ['Identity Center’s session', issued(single, 'AWSReservedSSO_Admin_0123456789abcdef'), 'jo@example.com'],
    ['a role that is only called so', issued('', 'AWSReservedSSO_Admin_0123456789abcdef'), undefined],
    ['a session of any other role', issued('', 'deploy'), undefined],
    [
      'a source identity, through whatever role',
      { ...issued('', 'deploy'), sessionContext: { sourceIdentity: 'jo' } },
      'jo',
    ],
    ['a SAML provider', { type: 'SAMLUser', principalId: 'x:jo', userName: 'jo', identityProvider: 'x' }, 'jo'],
    [
      'a web identity',
      { type: 'WebIdentityUser', principalId: 'p:app:user', userName: 'user', identityProvider: 'accounts.google.com' },
      'user',
    ],
    [
      'Identity Center, by the id alone',
      { type: 'IdentityCenterUser', onBehalfOf: { userId: '544894e8', identityStoreArn: 'arn' } },
      'Identity Center user 544894e8',
    ],
    ['an IAM user, who has a name already', { type: 'IAMUser', userName: 'maria' }, undefined],
    ['an identity that is no object', 'AROAEXAMPLE', undefined],
  ])('names the person of %s', (_, userIdentity, person) => {
    expect(only({ ...record, userIdentity }).actor.person).toBe(person);
  });

  const tag = 'aws:cloudformation:stack-name';
  it.each([
    [{ tagSpecificationSet: { items: [{ resourceType: 'vpc', tags: [{ key: tag, value: 'shop' }] }] } }, 'shop'],
    [
      {
        Tags: [
          { Key: 'team', Value: 'a' },
          { Key: tag, Value: 'shop' },
        ],
      },
      'shop',
    ],
    [{ tags: [{ tagKey: tag, tagValue: 'shop' }] }, 'shop'],
    [{ tags: { [tag]: 'shop' } }, 'shop'],
    [{ tags: { [tag]: 7 } }, undefined],
    [{ deep: Array.from({ length: 300_000 }, () => ({ key: 'a', value: 'b' })) }, undefined],
    [null, undefined],
  ])('knows the stack whose tags the request carries, %#', (requestParameters, stack) => {
    expect(only({ ...record, requestParameters }).actor.stack).toBe(stack);
  });
});

describe('a console sign-in', () => {
  // Shapes: CloudTrail user guide, "AWS Management Console sign-in events".
  const login = (change: object): Signal =>
    only({
      eventSource: 'signin.amazonaws.com',
      eventName: 'ConsoleLogin',
      eventType: 'AwsConsoleSignIn',
      userIdentity: { type: 'Root' },
      requestParameters: null,
      ...change,
    });

  it.each([
    ['success', { responseElements: { ConsoleLogin: 'Success' } }, null],
    [
      'success with the text null for parameters',
      { requestParameters: 'null', responseElements: { ConsoleLogin: 'Success' } },
      null,
    ],
    [
      'failure',
      { responseElements: { ConsoleLogin: 'Failure' }, errorMessage: 'Failed authentication' },
      'Failed authentication',
    ],
    ['failure without a message', { responseElements: { ConsoleLogin: 'Failure' } }, 'Failure'],
    [
      'failure without an answer',
      { responseElements: null, errorMessage: 'Failed authentication' },
      'Failed authentication',
    ],
    ['failure with a code', { errorCode: 'AccessDenied', errorMessage: 'x' }, 'AccessDenied'],
    ['a refused second factor', { eventName: 'CheckMfa', responseElements: { CheckMfa: 'Failure' } }, 'Failure'],
  ])('%s', (_, change, failure) => {
    expect(login(change)).toMatchObject({ failure });
  });

  it('elsewhere, a response that says Failure is only a response', () => {
    expect(only({ ...record, responseElements: { StopLogging: 'Failure' } })).toMatchObject({ failure: null });
  });
});

describe('a GuardDuty finding', () => {
  const event = {
    id: 'f-1',
    accountId: '111122223333',
    region: 'eu-west-1',
    type: 'Stealth:IAMUser/CloudTrailLoggingDisabled',
    title: 'AWS CloudTrail trail audit was disabled.',
    createdAt: '2026-03-02T08:00:00Z',
    updatedAt: '2026-03-02T09:00:00Z',
    service: {
      eventLastSeen: '2026-03-02T08:55:00Z',
      action: { awsApiCallAction: { api: 'StopLogging', affectedResources: { 'AWS::CloudTrail::Trail': 'audit' } } },
    },
  };
  const api = {
    Id: 'f-1',
    AccountId: '111122223333',
    Region: 'eu-west-1',
    Type: 'Stealth:IAMUser/CloudTrailLoggingDisabled',
    Title: 'AWS CloudTrail trail audit was disabled.',
    CreatedAt: '2026-03-02T08:00:00Z',
    UpdatedAt: '2026-03-02T09:00:00Z',
    Service: {
      EventLastSeen: '2026-03-02T08:55:00Z',
      Action: { AwsApiCallAction: { Api: 'StopLogging', AffectedResources: { 'AWS::CloudTrail::Trail': 'audit' } } },
    },
  };
  const wrapped = (detail: object): object =>
    envelope(detail, { source: 'aws.guardduty', 'detail-type': 'GuardDuty Finding' });

  it('is the same in the casing of events and in that of the API', () => {
    expect(only(api)).toEqual(only(event));
    expect(only(wrapped(api))).toEqual(only(wrapped(event)));
    expect(only(event)).toMatchObject({
      kind: 'finding',
      origin: 'guardduty',
      id: 'f-1',
      account: '111122223333',
      region: 'eu-west-1',
    });
  });

  it('happened when it was last seen', () => {
    expect(only(event).time).toBe('2026-03-02T08:55:00Z');
    expect(only({ ...event, service: {} }).time).toBe('2026-03-02T09:00:00Z');
  });

  it('is known in an envelope that was cut down to detail-type and detail', () => {
    expect(only({ 'detail-type': 'GuardDuty Finding', region: 'us-east-1', detail: event })).toMatchObject({
      origin: 'guardduty',
    });
  });

  it('without a type is not understood', () => {
    expect(unparsed(wrapped({ ...event, type: undefined }))).toMatch(/no type/);
  });

  it('nested beyond all reason is read as far as reason goes', () => {
    let deep: object = {};
    for (let level = 0; level < 50_000; level += 1) deep = { Deeper: deep };
    expect(only({ ...event, deep })).toMatchObject({ id: 'f-1' });
  });
});

describe('Security Hub findings', () => {
  const finding = (id: string): object => ({
    Id: id,
    AwsAccountId: '111122223333',
    ProductArn: 'arn:aws:securityhub:us-east-1::product/aws/securityhub',
    Region: 'us-east-1',
    Types: ['Software and Configuration Checks'],
    Title: 'A title',
  });
  const wrapped = (...findings: unknown[]): object =>
    envelope({ findings }, { source: 'aws.securityhub', 'detail-type': 'Security Hub Findings - Imported' });

  it('in one envelope are one signal each, under the first one’s id', () => {
    const normalised = normalise(wrapped(finding('a'), finding('b')));
    expect('signals' in normalised && normalised.signals.map(({ id }) => id)).toEqual(['a', 'b']);
    expect(normalised).toMatchObject({ id: 'a' });
  });

  it('of which one is unreadable, or none is there, are not understood', () => {
    expect(unparsed(wrapped(finding('a'), 'b'))).toMatch(/not all objects/);
    expect(unparsed(wrapped())).toMatch(/not all objects/);
  });

  it('alone are one', () => {
    expect(only(finding('a'))).toMatchObject({
      kind: 'finding',
      origin: 'securityhub',
      id: 'a',
      type: 'Software and Configuration Checks',
    });
  });
});

describe('what is none of these', () => {
  it.each([
    null,
    [],
    'text',
    1,
    true,
    undefined,
    {},
    { eventName: 'x' },
    { eventName: ['a'], eventSource: 'signin.amazonaws.com' },
  ])('%j is not understood', (raw) => {
    expect(unparsed(raw)).toMatch(/\S/);
  });

  it.each([
    ['no detail', { detail: null }],
    ['a detail that is text', { detail: '{}' }],
    ['no detail-type', { 'detail-type': '' }],
    ['a call without a name', { detail: { eventSource: 'x.amazonaws.com' } }],
    ['no source, and a detail that tells nothing', { source: undefined, 'detail-type': 'Scheduled Event', detail: {} }],
  ])('an envelope with %s is not understood', (_, change) => {
    expect(unparsed(envelope(record, change))).toMatch(/\S/);
  });

  it('an event of another kind is named, and wakes nobody', () => {
    const signal = only(
      envelope(
        { 'instance-id': 'i-1' },
        { source: 'aws.ec2', 'detail-type': 'EC2 Instance State-change Notification' },
      ),
    );
    expect(signal).toMatchObject({ kind: 'other', source: 'aws.ec2', account: '111122223333', region: 'us-east-1' });
    expect(awakened(rules, signal)).toEqual([]);
  });
});

describe.skipIf(recorded.length === 0)('events that others recorded', () => {
  it('are all read without a crash, by the rules too', () => {
    for (const { event } of recorded) recognise(event);
  });

  it('are understood, except records without a name', () => {
    const refused = recorded.filter(({ event }) => unparsed(event) !== null);
    expect(refused.filter(({ event }) => typeof (event as { eventName?: unknown }).eventName === 'string')).toEqual([]);
    expect(refused.filter(({ event }) => 'detail-type' in (event as object))).toEqual([]);
  });

  it('tell their account and time where the record does', () => {
    for (const { event } of recorded) {
      const { recipientAccountId, eventTime } = event as { recipientAccountId?: unknown; eventTime?: unknown };
      if (typeof recipientAccountId !== 'string' || typeof eventTime !== 'string' || unparsed(event) !== null) continue;
      expect(only(event)).toMatchObject({ account: recipientAccountId, time: eventTime });
    }
  });
});

/** Everything that may meet a stranger's event before anything is decided. */
function recognise(event: unknown): void {
  const normalised = normalise(event);
  if ('unparsed' in normalised) return;
  for (const signal of normalised.signals)
    for (const rule of awakened(rules, signal)) rule.detect(signal, {}, { account: signal.account });
}

describe('mutated events', () => {
  const seeds = [...everyFile, ...recorded.filter((_, index) => index % 7 === 0)].map(({ event }) => event);
  const junk = fc.oneof(
    fc.constantFrom(null, '', 'null', 0, -1, true, {}, [], [null], '__proto__', { toString: 1 }, { length: -1 }),
    fc.jsonValue({ maxDepth: 3 }),
  );

  /** Puts junk at a random place of a copy. */
  function mutate(value: unknown, place: readonly number[], put: unknown): unknown {
    const [first, ...rest] = place;
    if (first === undefined || typeof value !== 'object' || value === null) return put;
    if (Array.isArray(value))
      return value.length === 0
        ? [put]
        : value.map((member, index) => (index === first % value.length ? mutate(member, rest, put) : member));
    const keys = Object.keys(value);
    const chosen = keys[first % Math.max(keys.length, 1)];
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => [key, key === chosen ? mutate(member, rest, put) : member]),
    );
  }

  it('crash neither the reader nor a rule', () => {
    const place = fc.array(fc.nat(30), { minLength: 1, maxLength: 7 });
    fc.assert(
      fc.property(
        fc.constantFrom(...seeds),
        fc.array(fc.tuple(place, junk), { minLength: 1, maxLength: 4 }),
        (event, changes) => {
          recognise(changes.reduce<unknown>((changed, [where, put]) => mutate(changed, where, put), event));
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('nor does anything that is JSON', () => {
    fc.assert(fc.property(fc.jsonValue(), (event) => recognise(event)));
  });

  it('leave the rules’ patterns what they were', () => {
    const before = JSON.stringify(patternsOf(rules));
    for (const { event } of everyFile) recognise(event);
    expect(JSON.stringify(patternsOf(rules))).toBe(before);
  });
});
