/** What the fixes about an organisation do where no stage leads: what is gone, unknown, under way, or put right meanwhile. */
import {
  AttachPolicyCommand,
  DetachPolicyCommand,
  DisablePolicyTypeCommand,
  EnablePolicyTypeCommand,
  OrganizationsClient,
} from '@aws-sdk/client-organizations';
import {
  DescribeAccountAssignmentCreationStatusCommand,
  ListAccountAssignmentsCommand,
  SSOAdminClient,
} from '@aws-sdk/client-sso-admin';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { reportRemoved } from '../../functions/billing/report-removed.ts';
import { terminationProtection } from '../../functions/cloudformation/termination-protection.ts';
import { accountMoved } from '../../functions/organizations/account-moved.ts';
import { forbidsLess, guard } from '../../functions/organizations/lenses/guard.ts';
import { place } from '../../functions/organizations/lenses/place.ts';
import { taught, wanted } from '../../functions/organizations/lenses/wanted.ts';
import { accessChanged } from '../../functions/sso/access-changed.ts';
import { assignment } from '../../functions/sso/lenses/assignment.ts';
import type { Json } from '../../shared/core/json.ts';
import { hasFix, type Learned, type Rule } from '../../shared/core/rule.ts';
import { normalise, type Signal } from '../../shared/core/signal.ts';
import { context } from '../support/detecting.ts';
import { awsError } from '../support/fakes.ts';

const organizations = mockClient(OrganizationsClient);
const sso = mockClient(SSOAdminClient);
beforeEach(() => {
  organizations.reset();
  sso.reset();
});

const told = { unknown: expect.stringMatching(/\S/) };
const seen = <S extends Json>(state: S): Learned<S> => ({ state, by: 'lee', at: '2026-03-01T00:00:00Z' });

function desired(
  rule: Rule,
  state: Json,
  target: Json,
  baseline: unknown = {},
  learned: Learned | null = null,
): unknown {
  if (!hasFix(rule)) throw new Error('no fix');
  return rule.fix.desire(state, context<Json, unknown, Json>(target, baseline, learned));
}

const policy = (...statements: readonly object[]): string => JSON.stringify({ Statement: statements });
const deny = (action: string, more: object = {}) => ({ Effect: 'Deny', Action: action, Resource: '*', ...more });
const allow = (action: string) => ({ Effect: 'Allow', Action: action, Resource: '*' });

describe('a policy’s text', () => {
  it.each([
    ['the same in another order', policy(deny('a:*'), deny('b:*')), policy(deny('b:*'), deny('a:*')), false],
    ['more that is forbidden', policy(deny('a:*')), policy(deny('a:*'), deny('b:*')), false],
    ['another name for a statement', policy(deny('a:*', { Sid: 'A' })), policy(deny('a:*', { Sid: 'B' })), false],
    ['a Deny less', policy(deny('a:*'), deny('b:*')), policy(deny('a:*')), true],
    [
      'a Deny under a condition',
      policy(deny('a:*')),
      policy(deny('a:*', { Condition: { Null: { b: 'true' } } })),
      true,
    ],
    ['an Allow more', policy(allow('a:*')), policy(allow('*')), true],
    ['an Allow less', policy(allow('a:*'), allow('b:*')), policy(allow('a:*')), false],
    ['no policy of statements', '{"tags":{}}', '{"tags":{"a":1}}', null],
    ['no policy of statements, the same', '{"tags":{"a":1,"b":2}}', '{"tags":{"b":2,"a":1}}', false],
    ['no text at all', '', policy(), null],
  ])('%s', (_, before, now, expected) => {
    expect(forbidsLess(before, now)).toBe(expected);
  });

  const target = { policy: 'p-examp1e1', from: 'p-examp1e1' };
  const scp = (content: string) => ({ type: 'SERVICE_CONTROL_POLICY', content });

  it('is put back only where it is known, and forbids less', () => {
    const state = scp(policy(deny('a:*')));
    const known = (content: string) => context(target, {}, seen(scp(content)));
    expect(wanted(state, context(target, {}))).toEqual(told);
    expect(wanted(state, known(policy(deny('a:*'), deny('b:*'))))).toEqual(scp(policy(deny('a:*'), deny('b:*'))));
    expect(wanted(state, known(` ${state.content}`))).toEqual(state);
    expect(wanted(scp(policy(deny('a:*'), deny('b:*'))), known(state.content))).toEqual(told);
    expect(wanted({ ...state, type: 'TAG_POLICY' }, context(target, {}))).toMatchObject({ type: 'TAG_POLICY' });
  });

  it('that is gone is told', () => {
    expect(wanted(null, context(target, {}))).toEqual(told);
  });
});

describe('a policy that was detached', () => {
  const target = { policy: 'p-examp1e1', from: 'ou-exam-examp1e1' };

  it('stays detached where it guards nothing', () => {
    const state = { type: 'TAG_POLICY', attached: false, forbids: true };
    expect(wanted(state, context(target, {}))).toEqual(state);
  });

  it.each([
    ['that only allows', policy(allow('s3:*'), allow('ec2:*')), false],
    ['that allows and forbids', policy(allow('*'), deny('iam:*')), true],
    ['without statements', '{"ec2_attributes":{}}', true],
  ])('%s stays away where it can only give rights back', async (_, Content, forbids) => {
    organizations
      .resolvesOnce({ Policy: { PolicySummary: { Type: 'SERVICE_CONTROL_POLICY' }, Content } } as never)
      .resolves({ Policies: [] } as never);
    const state = await guard.read(target);
    expect(state).toMatchObject({ attached: false, forbids });
    expect(wanted(state, context(target, {}))).toMatchObject({ attached: forbids });
  });

  it('is attached once, whoever does it first', async () => {
    organizations.rejectsOnce(awsError('DuplicatePolicyAttachmentException'));
    await guard.write(target, null, { type: 'SERVICE_CONTROL_POLICY', attached: true, forbids: true });
    organizations.rejectsOnce(awsError('PolicyNotAttachedException'));
    await guard.write(target, null, { type: 'SERVICE_CONTROL_POLICY', attached: false, forbids: true });
    await expect(guard.write(target, null, null)).rejects.toMatchObject({ name: 'NotWritable' });
  });

  it('is absent where the policy or the unit is gone', async () => {
    for (const name of ['PolicyNotFoundException', 'TargetNotFoundException']) {
      organizations.rejects(awsError(name));
      expect(await guard.read(target)).toBe(null);
    }

    expect(guard.undo(null, null)).toBe('none');
  });

  it('is looked for on every page', async () => {
    organizations
      .resolvesOnce({ Policy: { PolicySummary: { Type: 'SERVICE_CONTROL_POLICY' } } } as never)
      .resolvesOnce({ Policies: [{ Id: 'p-other' }], NextToken: 'more' } as never)
      .resolvesOnce({ Policies: [{ Id: 'p-examp1e1' }] } as never);
    expect(await guard.read(target)).toMatchObject({ type: 'SERVICE_CONTROL_POLICY', attached: true });
  });
});

describe('a type of policies that was turned off', () => {
  const target = { policy: 'SERVICE_CONTROL_POLICY', from: 'r-exam' };
  const type = (enabled: boolean, attached: { readonly [policy: string]: readonly string[] }) => ({
    type: 'SERVICE_CONTROL_POLICY',
    enabled,
    attached,
  });

  it('comes back with what was seen, what is there, and nothing that is gone', () => {
    const off = type(false, { 'p-one': [], 'p-two': ['ou-b'] });
    const seenOn = seen(type(true, { 'p-one': ['r-exam'], 'p-two': ['ou-a'], 'p-gone': ['r-exam'] }));
    expect(wanted(off, context(target, {}, seenOn))).toEqual(
      type(true, { 'p-one': ['r-exam'], 'p-two': ['ou-a', 'ou-b'] }),
    );
    expect(wanted(off, context(target, {}))).toEqual(told);
    expect(wanted(type(true, {}), context(target, {}, seenOn))).toEqual(type(true, {}));
  });

  it('is one thing whatever event names it, and learned when a policy is attached', () => {
    const called = 'SERVICE_CONTROL_POLICY';
    expect(guard.key(target)).toBe(called);
    const normalised = normalise({
      eventSource: 'organizations.amazonaws.com',
      eventName: 'AttachPolicy',
      requestParameters: { policyId: 'p-one', targetId: 'r-exam' },
    });
    if ('unparsed' in normalised) throw new Error('unparsed');
    const [signal] = normalised.signals;
    const taughtBy = taught(signal);
    expect(taughtBy && guard.key(taughtBy)).toBe(called);
    expect(taught({ ...signal, name: 'CreatePolicy', request: null } as Signal)).toBe(null);
  });

  it('is gone on with where an attempt was cut short', async () => {
    const sent = (): readonly string[] =>
      organizations
        .commandCalls(EnablePolicyTypeCommand)
        .map(() => 'enable')
        .concat(
          organizations.commandCalls(AttachPolicyCommand).map(({ args }) => `attach ${args[0].input.PolicyId}`),
          organizations.commandCalls(DetachPolicyCommand).map(({ args }) => `detach ${args[0].input.PolicyId}`),
          organizations.commandCalls(DisablePolicyTypeCommand).map(() => 'disable'),
        );
    organizations.on(EnablePolicyTypeCommand).rejects(awsError('PolicyTypeAlreadyEnabledException'));
    organizations.on(AttachPolicyCommand).rejects(awsError('DuplicatePolicyAttachmentException'));
    await guard.write(target, type(false, { 'p-one': [] }), type(true, { 'p-one': ['r-exam'] }));
    expect(sent()).toEqual(['enable', 'attach p-one']);
    organizations.reset();
    organizations.on(DetachPolicyCommand).rejects(awsError('PolicyNotAttachedException'));
    organizations.on(DisablePolicyTypeCommand).rejects(awsError('PolicyTypeNotEnabledException'));
    await guard.write(target, type(true, { 'p-one': ['r-exam'] }), type(false, { 'p-one': [] }));
    expect(sent()).toEqual(['detach p-one', 'disable']);
  });
});

describe('an account that was moved', () => {
  const target = { account: '444455556666', from: 'ou-exam-examp1e1', to: 'ou-exam-examp1e2' };
  const to = (state: Json, baseline: unknown = {}, learned: string | null = null): unknown =>
    desired(accountMoved, state, target, baseline, learned === null ? null : seen(learned));

  it('goes back where it is known to belong, and nowhere by itself', () => {
    expect(to(target.to)).toEqual(told);
    expect(to(target.to, { guarded: [target.from] })).toBe(target.from);
    expect(to(target.to, { guarded: [target.from, target.to] })).toEqual(told);
    expect(to(target.to, {}, target.from)).toBe(target.from);
    expect(to(target.to, {}, 'ou-exam-examp1e9')).toEqual(told);
    expect(desired(accountMoved, 'r-exam', { ...target, to: 'r-exam' })).toBe(target.from);
  });

  it('stays where it was seen to belong, and where somebody moved it since', () => {
    expect(to(target.to, { guarded: [target.from] }, target.to)).toBe(target.to);
    expect(to('ou-exam-examp1e3', { guarded: [target.from] })).toBe('ou-exam-examp1e3');
    expect(to(null)).toEqual(told);
  });

  it('is not moved from or to nowhere', async () => {
    await expect(place.write(target, null, 'r-exam')).rejects.toMatchObject({ name: 'NotWritable' });
    organizations.rejectsOnce(awsError('ChildNotFoundException'));
    expect(await place.read(target)).toBe(null);
    expect([place.undo(null, null), place.undo('r-exam', target.from)]).toEqual(['none', 'restore']);
  });

  it('is learned of by what the call says, or not at all', () => {
    const taught = (requestParameters: Json): unknown => {
      const normalised = normalise({
        eventSource: 'organizations.amazonaws.com',
        eventName: 'MoveAccount',
        requestParameters,
      });
      if (!hasFix(accountMoved) || 'unparsed' in normalised) throw new Error('no fix');
      return accountMoved.fix.learns?.target(normalised.signals[0]);
    };
    expect(taught(null)).toBe(null);
    expect(taught({ accountId: target.account, sourceParentId: target.from, destinationParentId: target.to })).toEqual(
      target,
    );
  });
});

describe('an assignment', () => {
  const instance = 'arn:aws:sso:::instance/ssoins-72233af8ea2d1f14';
  const assigned = { instance, account: '444455556666', kind: 'USER', principal: 'a', request: 'r' };
  const target = { set: 'arn:aws:sso:::permissionSet/ssoins-72233af8ea2d1f14/ps-ae5d1fa1f80b684e', assigned };

  it('that is still being made is looked at again', async () => {
    const AccountAssignmentCreationStatus = { Status: 'IN_PROGRESS' } as const;
    sso.on(DescribeAccountAssignmentCreationStatusCommand).resolves({ AccountAssignmentCreationStatus });
    sso.onAnyCommand().resolves({});
    sso.on(DescribeAccountAssignmentCreationStatusCommand).resolves({ AccountAssignmentCreationStatus });
    const state = await assignment.read(target);
    expect(state).toEqual({ assigned: 'coming', rights: 'less' });
    expect(state && assignment.ready?.(state)).toBe(false);
  });

  it('is looked for on every page', async () => {
    sso.onAnyCommand().resolves({});
    sso
      .on(ListAccountAssignmentsCommand)
      .resolvesOnce({ AccountAssignments: [{ PrincipalType: 'GROUP', PrincipalId: 'a' }], NextToken: 'more' })
      .resolvesOnce({ AccountAssignments: [{ PrincipalType: 'USER', PrincipalId: 'a' }] });
    expect(await assignment.read(target)).toEqual({ assigned: 'yes', rights: 'less' });
  });

  it('that Identity Center refuses to take away has failed', async () => {
    const status = { Status: 'FAILED', FailureReason: 'no such principal' } as const;
    sso.onAnyCommand().resolves({ AccountAssignmentDeletionStatus: status });
    await expect(assignment.write(target, null, { assigned: 'no', rights: 'admin' })).rejects.toThrow(
      /no such principal/,
    );
    await expect(assignment.write(target, null, null)).rejects.toMatchObject({ name: 'NotWritable' });
    expect(assignment.undo(null, null)).toBe('none');
  });

  it('of a set that makes no administrator stays, and of a changed set it only tells', async () => {
    const less = { assigned: 'yes', rights: 'less' };
    expect(desired(accessChanged, less, target)).toEqual(less);
    expect(desired(accessChanged, less, target, { every: true })).toEqual({ ...less, assigned: 'no' });
    expect(desired(accessChanged, null, target)).toBe(null);
    expect(desired(accessChanged, null, { ...target, assigned: null })).toEqual(told);
    expect(await assignment.read({ ...target, assigned: null })).toBe(null);
  });
});

it('a report that is there stays as it is; what was never seen, and other watches, are told', () => {
  const target = { watch: 'report', name: 'monthly' };
  const state = { ReportName: 'monthly' };
  expect(desired(reportRemoved, state, target, {}, seen({ ReportName: 'monthly', S3Bucket: 'a' }))).toEqual(state);
  expect(desired(reportRemoved, null, target, {}, seen(state))).toEqual(state);
  expect(desired(reportRemoved, null, target)).toEqual(told);
  expect(desired(reportRemoved, null, { watch: 'budget', name: 'monthly' })).toEqual(told);
});

it.each([
  ['PutReportDefinition', { ReportDefinition: { ReportName: 'monthly' } }, { watch: 'report', name: 'monthly' }],
  ['ModifyReportDefinition', { reportName: 'monthly', reportDefinition: {} }, { watch: 'report', name: 'monthly' }],
  ['PutReportDefinition', null, null],
])('a report is learned from %s: %j', (eventName, requestParameters, target) => {
  const normalised = normalise({ eventSource: 'cur.amazonaws.com', eventName, requestParameters });
  if (!hasFix(reportRemoved) || 'unparsed' in normalised) throw new Error('no fix');
  expect(reportRemoved.fix.learns?.target(normalised.signals[0])).toEqual(target);
});

it('a stack that is gone is told', () => {
  expect(desired(terminationProtection, null, { stack: 'payments' })).toEqual(told);
});
