/** The rules of root, signin, iam, sts and accessanalyzer: what they can’t read, and what their fixes leave alone. */
import { describe, expect, it } from 'vitest';
import { isObject, type Json, type JsonObject } from '../../shared/core/json.ts';
import type { Home } from '../../shared/core/mode.ts';
import { type FixRule, hasFix, isUnreadable, type Learned, type Rule } from '../../shared/core/rule.ts';
import { normalise, type Signal } from '../../shared/core/signal.ts';
import { context, home } from '../support/detecting.ts';
import { registered } from '../support/registry.ts';

const all = (await registered()).filter(({ rule }) => /^(root|signin|iam|sts|accessanalyzer)\//.test(rule.id));

function changed(event: Json, change: JsonObject): Signal {
  if (!isObject(event) || !isObject(event['detail'])) throw new Error('no event');
  const normalised = normalise({ ...event, detail: { ...event['detail'], ...change } });
  if ('unparsed' in normalised) throw new Error(normalised.unparsed);
  return normalised.signals[0];
}

/** What the rule says is missing from this event of its own, once that is changed. */
function missing(id: string, file: string, change: JsonObject): string | null {
  const found = all.find(({ rule }) => rule.id === id);
  const event = [...(found?.files.fires ?? []), ...(found?.files.quiet ?? [])].find(({ name }) =>
    name.endsWith(`/${file}.json`),
  );
  if (!found || !event) throw new Error(`no event ${id} ${file}`);
  const told = detected(found.rule, changed(event.event, change));
  return isUnreadable(told) ? told.unreadable : null;
}

const detected = (rule: Rule, signal: Signal): ReturnType<Rule['detect']> => rule.detect(signal, {}, home);

const nothing = { requestParameters: null, responseElements: null };

describe('a call that does not say what it is about', () => {
  it.each([
    ['iam/access-key-created', 'fires-for-user', nothing, 'requestParameters.userName'],
    ['iam/access-key-created', 'fires-for-user', { responseElements: null }, 'responseElements.accessKey.accessKeyId'],
    ['iam/admin-group-joined', 'fires-joined', nothing, 'requestParameters.userName'],
    [
      'iam/admin-group-joined',
      'fires-joined',
      { requestParameters: { userName: 'lee' } },
      'requestParameters.groupName',
    ],
    ['iam/admin-policy-attached', 'fires-role', nothing, 'requestParameters.roleName'],
    [
      'iam/admin-policy-attached',
      'fires-group',
      { requestParameters: { groupName: 'a' } },
      'requestParameters.policyArn',
    ],
    ['iam/admin-policy-created', 'fires-created', nothing, 'responseElements.policy.arn'],
    ['iam/admin-policy-created', 'fires-default-set', nothing, 'requestParameters.policyArn'],
    ['iam/direct-user-policy', 'fires-attached', nothing, 'requestParameters.userName'],
    [
      'iam/direct-user-policy',
      'fires-inline',
      { requestParameters: { userName: 'lee' } },
      'requestParameters.policyName',
    ],
    ['iam/inline-admin-policy', 'fires-user', nothing, 'requestParameters.userName'],
    [
      'iam/inline-admin-policy',
      'fires-user',
      { requestParameters: { userName: 'lee' } },
      'requestParameters.policyName',
    ],
    ['iam/login-profile', 'fires-created', nothing, 'requestParameters.userName'],
    ['iam/mfa-removed', 'fires-of-a-user', nothing, 'requestParameters.userName'],
    ['iam/permissions-boundary-removed', 'fires-role', nothing, 'requestParameters.roleName'],
    ['iam/role-trust-opened', 'fires-created', nothing, 'requestParameters.roleName'],
    ['iam/roles-anywhere-trust', 'fires-profile', nothing, 'requestParameters.name'],
    ['iam/user-created', 'fires-created', nothing, 'requestParameters.userName'],
    ['root/mfa-removed', 'quiet-by-a-user', nothing, 'requestParameters.serialNumber'],
    ['signin/console-without-mfa', 'fires-user', { additionalEventData: null }, 'additionalEventData.MFAUsed'],
    ['accessanalyzer/analyzer-deleted', 'fires-deleted', nothing, 'requestParameters.analyzerName'],
    ['iam/compromised-credentials', 'fires-tor', { resource: {} }, 'resource.accessKeyDetails'],
  ])('%s %s: %o is unreadable', (id, file, change, what) => {
    expect(missing(id, file, change)).toBe(what);
    expect(missing(id, file, {})).toBeNull();
  });

  it.each(all.map(({ rule, files }) => ({ id: rule.id, rule, files })))(
    '$id takes anything without a throw',
    ({ rule, files }) => {
      const odd: readonly Json[] = [null, 'x', 7, [], {}, { userName: 7, policyDocument: [null] }, 'y'.repeat(50_000)];
      for (const { event } of files.fires)
        for (const value of odd)
          for (const member of ['requestParameters', 'responseElements', 'userIdentity', 'additionalEventData'])
            expect(() => detected(rule, changed(event, { [member]: value }))).not.toThrow();
    },
  );
});

const rule = (id: string): FixRule => {
  const found = all.find((one) => one.rule.id === id)?.rule;
  if (!found || !hasFix(found)) throw new Error(`no fix ${id}`);
  return found;
};
const unknown = (words: RegExp): unknown => ({ unknown: expect.stringMatching(words) });
const document = (what: object): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Resource: '*', ...what }] });
const everything = document({ Action: '*' });
const reports = document({ Action: 's3:GetObject' });
const withMfa = document({ Action: '*', Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } });

describe('what the fixes about administrators leave alone', () => {
  const region = 'us-east-1';
  const wants = (id: string, state: Json, target: Json, learned: Learned | null = null): unknown =>
    rule(id).fix.desire(state, context(target, {}, learned));

  it.each([
    ['admin-policy-attached', { kind: 'user', name: 'lee', policy: 'arn:aws:iam::111122223333:policy/p', region }],
    ['inline-admin-policy', { kind: 'role', name: 'ci', policy: 'p', region }],
  ])('%s: what allows little, is held by a boundary, or only perhaps makes an administrator', (name, target) => {
    const id = `iam/${name}`;
    for (const state of [
      { document: reports, boundary: null },
      { document: everything, boundary: reports },
      { document: everything, boundary: document({ NotAction: 'iam:*', Effect: 'Deny' }) },
    ])
      expect(wants(id, state, target)).toEqual(state);
    expect(wants(id, { document: withMfa, boundary: null }, target)).toEqual(unknown(/under conditions/));
    expect(wants(id, { document: everything, boundary: 'what cannot be read' }, target)).toEqual(
      unknown(/perhaps|under/),
    );
    expect(wants(id, { document: everything, boundary: everything }, target)).toBeNull();
    expect(wants(id, null, target)).toBeNull();
  });

  it('iam/admin-group-joined: judges all policies of the group together', () => {
    const target = { user: 'lee', group: 'ops', region };
    const wanted = (documents: readonly string[], boundary: string | null = null): unknown =>
      wants('iam/admin-group-joined', { documents, boundary }, target);
    const nothing = document({ Effect: 'Deny', Action: '*' });
    expect(wanted([reports, everything])).toBeNull();
    expect(wanted([everything, nothing])).toEqual({ documents: [everything, nothing], boundary: null });
    expect(wanted([])).toEqual({ documents: [], boundary: null });
  });

  it('iam/inline-admin-policy: asks where nothing was learned, and puts nothing learned back that is as bad', () => {
    const target = { kind: 'user', name: 'lee', policy: 'p', region };
    const state = { document: everything, boundary: null };
    const { asks } = rule('iam/inline-admin-policy').fix;
    expect(asks?.(null, context(target, {}))).toMatch(/not known/);
    expect(asks?.({ document: reports, boundary: null }, context(target, {}))).toBeNull();
    const learned = (said: string): Learned => ({ state: { document: said, boundary: null }, by: 'ci', at: 'then' });
    expect(wants('iam/inline-admin-policy', state, target, learned(reports))).toEqual({ ...state, document: reports });
    expect(wants('iam/inline-admin-policy', state, target, learned(withMfa))).toBeNull();
  });

  it('iam/admin-policy-created: knows which version was before, or says that nobody does', () => {
    const target = { policy: 'arn:aws:iam::111122223333:policy/p', first: false, region };
    const wanted = (documents: object, learned?: string, at: Json = target): unknown =>
      wants(
        'iam/admin-policy-created',
        { version: 'v9', documents: { ...documents, v9: everything } },
        at,
        learned === undefined ? null : { state: { version: learned, documents: {} }, by: 'ci', at: 'then' },
      );
    expect(wanted({ v8: reports })).toMatchObject({ version: 'v8' });
    expect(wanted({ v7: reports, v8: reports })).toEqual(unknown(/v7, v8 make no administrator/));
    expect(wanted({ v7: reports, v8: reports }, 'v7')).toMatchObject({ version: 'v7' });
    expect(wanted({ v8: everything }, 'v8')).toEqual(unknown(/no other version/));
    expect(wanted({ v7: everything, v8: reports })).toEqual(unknown(/v8 make/));
    expect(wanted({}, undefined, { ...target, first: true })).toEqual(unknown(/new/));
  });
});

describe('iam/role-trust-opened', () => {
  const trust = (...principals: Json[]): string =>
    JSON.stringify({
      Version: '2012-10-17',
      Statement: principals.map((Principal) => ({ Effect: 'Allow', Principal, Action: 'sts:AssumeRole' })),
    });
  const [ours, theirs] = ['arn:aws:iam::111122223333:root', 'arn:aws:iam::444455556666:root'];
  const orgs: Home = { account: '111122223333', organization: 'o-exampleorg' };
  const call = (policyDocument: string): Signal => {
    const normalised = normalise({
      eventSource: 'iam.amazonaws.com',
      eventName: 'UpdateAssumeRolePolicy',
      recipientAccountId: '111122223333',
      requestParameters: { roleName: 'ci', policyDocument },
    });
    if ('unparsed' in normalised) throw new Error(normalised.unparsed);
    return normalised.signals[0];
  };
  const { fix, detect } = rule('iam/role-trust-opened');
  const doubt = (document: string, at: Home): unknown => {
    const found = detect(call(document), {}, at);
    return isUnreadable(found) ? found : found.map(({ target }) => (target as { doubt: string }).doubt);
  };
  const inOrg = JSON.stringify({
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Principal: '*',
      Action: 'sts:AssumeRole',
      Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-somebodys' } },
    },
  });

  it('knows strangers from those who may be friends', () => {
    expect(doubt(trust({ AWS: theirs }), home)).toEqual(['none']);
    expect(doubt(trust({ AWS: theirs }), orgs)).toEqual(['ask']);
    expect(doubt(trust({ AWS: '*' }), orgs)).toEqual(['none']);
    expect(doubt(trust({ AWS: '*' }, { AWS: theirs }), orgs)).toEqual(['ask']);
    expect(doubt(inOrg, home)).toEqual(['leave']);
    expect(doubt(trust({ AWS: theirs }), { ...orgs, trusted: ['444455556666'] })).toEqual([]);
  });

  it('drops those alone who are surely strangers, unless a person is asked', () => {
    const wants = (document: string, doubtful: string, at: Home = home): unknown =>
      fix.desire(document, { ...context({ role: 'ci', doubt: doubtful }, {}), home: at });
    expect(wants(trust({ AWS: ours }, { AWS: theirs }), 'none')).toBe(trust({ AWS: ours }));
    expect(wants(trust({ AWS: ours }, { AWS: theirs }), 'none', orgs)).toBe(trust({ AWS: ours }, { AWS: theirs }));
    expect(wants(trust({ AWS: ours }, { AWS: theirs }), 'ask', orgs)).toBe(trust({ AWS: ours }));
    expect(wants(inOrg, 'leave')).toEqual(unknown(/name your organisation/));
    const { asks } = fix;
    expect(asks?.(trust({ AWS: ours }), context({ role: 'ci', doubt: 'ask' }, {}))).toMatch(/shut out/);
    expect(asks?.(trust({ AWS: ours }), context({ role: 'ci', doubt: 'none' }, {}))).toBeNull();
  });
});

describe('iam/exposed-access-key', () => {
  const { fix } = rule('iam/exposed-access-key');
  const target = { key: 'AKIAIOSFODNN7EXAMPLE', partition: 'aws', leave: null };
  const wants = (state: Json, at: Json = target): unknown => fix.desire(state, context(at, {}));

  it('leaves what it can’t know, and what AWS did already', () => {
    expect(wants(null)).toBeNull();
    expect(wants({ user: null, status: null, quarantine: [] })).toEqual(unknown(/no key of a user/));
    const done = { user: 'lee', status: 'Inactive', quarantine: ['AWSCompromisedKeyQuarantineV2'] };
    expect(wants(done)).toEqual(done);
    expect(wants({ ...done, status: 'Active' })).toEqual(done);
    expect(wants(null, { ...target, leave: 'of another account' })).toEqual(unknown(/another account/));
  });

  it('lets nobody but a person out of a quarantine', () => {
    const state = { user: 'lee', status: 'Active', quarantine: [] };
    const { lens } = fix;
    expect(lens.undo(state, { ...state, status: 'Inactive' })).toBe('restore');
    expect(lens.undo(state, { ...state, status: 'Inactive', quarantine: ['x'] })).toBe('operator');
    expect(lens.undo(null, null)).toBe('none');
  });
});

describe('iam/compromised-session', () => {
  const { fix } = rule('iam/compromised-session');
  const target = { role: 'web', principal: 'AROAX:i-1', seen: '2026-03-02T08:14:31Z', leave: null };
  const wants = (state: Json, settings: unknown = {}, at: Json = target): unknown =>
    fix.desire(state, context(at, settings));
  const statements = (state: unknown): readonly string[] => {
    const { policy } = state as { policy: string };
    return (JSON.parse(policy) as { Statement: { Sid: string }[] }).Statement.map(({ Sid }) => Sid);
  };

  it('denies one session, and older ones where it is told to', () => {
    expect(statements(wants({ path: '/', policy: null }))).toEqual(['TheSession']);
    expect(statements(wants({ path: '/', policy: null }, { older: true }))).toEqual(['TheSession', 'OlderSessions']);
    expect(statements(wants({ path: '/', policy: null }, { older: true }, { ...target, seen: null }))).toEqual([
      'TheSession',
    ]);
  });

  it('tells of roles that only a service can change, and of sessions without a name', () => {
    for (const path of ['/aws-service-role/ecs.amazonaws.com/', '/aws-reserved/sso.amazonaws.com/eu-west-1/'])
      expect(wants({ path, policy: null })).toEqual(unknown(/nobody else can change/));
    expect(wants(null, {}, { ...target, leave: 'not named' })).toEqual(unknown(/not named/));
    expect(wants(null)).toBeNull();
  });
});

it('iam/mfa-removed holds whoever has a password and nothing else, for a week unless configured', () => {
  const { fix } = rule('iam/mfa-removed');
  const wants = (state: Json): unknown => fix.desire(state, context({ user: 'lee' }, {}));
  const one = { password: true, devices: 0, policy: null };
  expect(wants(one)).toMatchObject({ policy: expect.stringContaining('BlockMostAccessUnlessSignedInWithMFA') });
  for (const harmless of [{ ...one, devices: 1 }, { ...one, password: false }, null])
    expect(wants(harmless)).toEqual(harmless);
  expect(fix.until?.(context({ user: 'lee' }, {}))).toBe(7 * 1440);
  expect(fix.until?.(context({ user: 'lee' }, { days: 1 }))).toBe(1440);
});

it('accessanalyzer/analyzer-deleted does not guess what an analyzer was while another is there', () => {
  const { fix } = rule('accessanalyzer/analyzer-deleted');
  const target = { name: 'a', region: 'us-east-1' };
  const wants = (external: readonly string[]): unknown => fix.desire({ analyzer: null, external }, context(target, {}));
  expect(wants(['other'])).toEqual(unknown(/other still looks/));
  expect(wants([])).toMatchObject({ analyzer: { type: 'ACCOUNT' } });
});
