/** Rules of the rooms lambda, ecr, ssm, bedrock, backup and codebuild, where events and stages do not reach. */
import { DescribeRepositoriesCommand, ECRClient, GetRegistryScanningConfigurationCommand } from '@aws-sdk/client-ecr';
import { AddPermissionCommand, GetPolicyCommand, LambdaClient, RemovePermissionCommand } from '@aws-sdk/client-lambda';
import { DescribeDocumentPermissionCommand, SSMClient } from '@aws-sdk/client-ssm';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { backupPlan } from '../../functions/backup/lenses/plan.ts';
import { planDeleted } from '../../functions/backup/plan-deleted.ts';
import { loggingOff } from '../../functions/bedrock/logging-off.ts';
import { scanning } from '../../functions/ecr/lenses/scanning.ts';
import { scanOff } from '../../functions/ecr/scan-off.ts';
import { codeChanged } from '../../functions/lambda/code-changed.ts';
import { functionOf } from '../../functions/lambda/lenses/called.ts';
import { permissions } from '../../functions/lambda/lenses/permissions.ts';
import { publicPermission } from '../../functions/lambda/public-permission.ts';
import { publicUrl } from '../../functions/lambda/public-url.ts';
import { rooms } from '../../functions/rooms.ts';
import { publicDocument } from '../../functions/ssm/lenses/public-document.ts';
import { fault } from '../../shared/core/fault.ts';
import type { Json } from '../../shared/core/json.ts';
import { isUnreadable, type Rule } from '../../shared/core/rule.ts';
import { type Call, normalise } from '../../shared/core/signal.ts';
import { context, detected, home } from '../support/detecting.ts';

const [lambda, ecr, ssm] = [mockClient(LambdaClient), mockClient(ECRClient), mockClient(SSMClient)];
beforeEach(() => {
  for (const mock of [lambda, ecr, ssm]) mock.reset();
});

const user = { type: 'IAMUser', arn: 'arn:aws:iam::111122223333:user/casey', userName: 'casey' };
const pipeline = { type: 'AssumedRole', arn: 'arn:aws:sts::111122223333:assumed-role/deploy/run-4711' };

function called(service: string, name: string, request: Json, o: { response?: Json; who?: Json } = {}): Call {
  const normalised = normalise({
    eventSource: `${service}.amazonaws.com`,
    eventName: name,
    eventTime: '2026-03-02T08:31:07Z',
    awsRegion: 'eu-west-1',
    recipientAccountId: '111122223333',
    userIdentity: o.who ?? user,
    requestParameters: request,
    responseElements: o.response ?? null,
  });
  if ('unparsed' in normalised) throw new Error(normalised.unparsed);
  return normalised.signals[0] as Call;
}

/** What the rule wants, as the engine asks it. */
const wanted = (rule: Rule, state: Json, target: Json, learned: Json = null): Json | { unknown: string } => {
  if (!rule.fix) throw new Error(`${rule.id} has no fix`);
  const known = learned === null ? null : { state: learned, by: 'somebody', at: '2026-03-01T00:00:00Z' };
  return rule.fix.desire(state, context(target, {}, known)) as Json;
};
const unknown = { unknown: expect.any(String) };

const invoices = 'arn:aws:lambda:eu-west-1:111122223333:function:invoices';

describe('a function', () => {
  it.each([
    ['invoices', undefined, invoices],
    ['invoices:live', undefined, `${invoices}:live`],
    ['invoices', 'live', `${invoices}:live`],
    ['111122223333:function:invoices', undefined, invoices],
    [invoices, undefined, invoices],
    [invoices, 'live', `${invoices}:live`],
    [`${invoices}:live`, 'live', `${invoices}:live`],
  ])('named %s, of %s, is %s', (functionName, qualifier, arn) => {
    const request = { functionName, ...(qualifier !== undefined && { qualifier }) };
    expect(functionOf(called('lambda', 'AddPermission20150331v2', request))).toBe(arn);
  });
});

const open = { Sid: 'open', Effect: 'Allow', Principal: '*', Action: 'lambda:InvokeFunction', Resource: invoices };
const target = { function: `${invoices}:live` };

describe('the permissions of a function', () => {
  it('are none where there is no function or no policy, and not where they may not be read', async () => {
    lambda.on(GetPolicyCommand).rejectsOnce(fault('ResourceNotFoundException', 'no policy'));
    expect(await permissions.read(target)).toBe(null);
    lambda.on(GetPolicyCommand).rejects(fault('AccessDeniedException', 'no'));
    await expect(permissions.read(target)).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });

  it('are asked for by the alias apart from the function', async () => {
    lambda.on(GetPolicyCommand).resolves({ Policy: JSON.stringify({ Statement: [open] }) });
    expect(await permissions.read(target)).toEqual([open]);
    expect(lambda.commandCalls(GetPolicyCommand)[0]?.args[0].input).toEqual({
      FunctionName: invoices,
      Qualifier: 'live',
    });
  });

  it('go on where an attempt was cut short', async () => {
    lambda.on(RemovePermissionCommand).rejects(fault('ResourceNotFoundException', 'gone'));
    await permissions.write(target, [open], null);
    lambda.on(AddPermissionCommand).rejects(fault('ResourceConflictException', 'there'));
    await permissions.write(target, null, [open]);
  });

  it('come back by the words in which they were added', async () => {
    lambda.on(AddPermissionCommand).resolves({});
    const Condition = {
      StringEquals: { 'AWS:SourceAccount': '444455556666', 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' },
      ArnLike: { 'AWS:SourceArn': 'arn:aws:s3:::example' },
      Bool: { 'lambda:InvokedViaFunctionUrl': 'true' },
    };
    await permissions.write(target, null, [{ ...open, Principal: { Service: 's3.amazonaws.com' }, Condition }]);
    expect(lambda.commandCalls(AddPermissionCommand)[0]?.args[0].input).toEqual({
      FunctionName: invoices,
      Qualifier: 'live',
      StatementId: 'open',
      Action: 'lambda:InvokeFunction',
      Principal: 's3.amazonaws.com',
      SourceAccount: '444455556666',
      PrincipalOrgID: 'o-a1b2c3d4e5',
      SourceArn: 'arn:aws:s3:::example',
      InvokedViaFunctionUrl: true,
    });
  });

  it.each([
    { Effect: 'Deny' },
    { NotAction: 'lambda:Get*' },
    { Action: ['lambda:InvokeFunction', 'lambda:GetFunction'] },
    { Principal: { AWS: '*', Service: 's3.amazonaws.com' } },
    { Condition: { IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } } },
    { Condition: { StringEquals: { 'AWS:SourceAccount': ['111122223333', '444455556666'] } } },
  ])('have no way back where AddPermission can’t say %j', async (more) => {
    const put = [{ ...open, ...more }];
    expect(permissions.undo(put, null)).toBe('none');
    await expect(permissions.write(target, null, put)).rejects.toMatchObject({ name: 'NotWritable' });
    expect(permissions.undo([open, ...put], put)).toBe('operator');
  });

  it('are left alone where the public one has no Sid to remove it by', () => {
    const { Sid: _, ...nameless } = open;
    expect(wanted(publicPermission, [nameless, { ...open, Principal: { AWS: '444455556666' } }], target)).toEqual(
      unknown,
    );
  });
});

it('a URL that is meant for everybody is no trouble', () => {
  const made = called('lambda', 'CreateFunctionUrlConfig', { functionName: 'firebreak-approve', authType: 'NONE' });
  expect(detected(publicUrl, made)).toHaveLength(1);
  expect(detected(publicUrl, made, { open: ['firebreak-approve'] })).toEqual([]);
  expect(detected(publicUrl, made, { open: ['firebreak-approv'] })).toHaveLength(1);
});

describe('code', () => {
  const code = (who: Json) => called('lambda', 'UpdateFunctionCode20150331v2', { functionName: 'invoices' }, { who });
  const named = { pipelines: ['arn:aws:sts::111122223333:assumed-role/deploy/*'] };
  it('of a pipeline that is named is no trouble, of everybody else is', () => {
    expect(detected(codeChanged, code(pipeline), named)).toEqual([]);
    expect(
      detected(codeChanged, code({ ...pipeline, arn: pipeline.arn.replace('deploy', 'web') }), named),
    ).toHaveLength(1);
    expect(detected(codeChanged, code({ ...user, invokedBy: 'cloudformation.amazonaws.com' }), named)).toEqual([]);
  });

  it('in a layer of another account is told unless the layer is named', () => {
    const layers = ['arn:aws:lambda:eu-west-1:999999999999:layer:helper:1'];
    const set = called(
      'lambda',
      'UpdateFunctionConfiguration20150331v2',
      { functionName: 'invoices', layers },
      { who: pipeline },
    );
    expect(detected(codeChanged, set)).toHaveLength(1);
    expect(detected(codeChanged, set, { layers: ['arn:aws:lambda:*:999999999999:layer:helper:*'] })).toEqual([]);
    const trusting = codeChanged.detect(set, {}, { ...home, trusted: ['999999999999'] });
    expect(trusting).toEqual([]);
  });
});

describe('a repository that does not scan', () => {
  const of = 'arn:aws:ecr:eu-west-1:111122223333:repository/repo-prod';
  const read = async (
    scanType: 'BASIC' | 'ENHANCED',
    scanFrequency: 'SCAN_ON_PUSH' | 'MANUAL',
    ...filters: string[]
  ) => {
    ecr
      .on(DescribeRepositoriesCommand)
      .resolves({ repositories: [{ imageScanningConfiguration: { scanOnPush: false } }] });
    const repositoryFilters = filters.map((filter) => ({ filter, filterType: 'WILDCARD' as const }));
    const rules = filters.length > 0 ? [{ scanFrequency, repositoryFilters }] : [];
    ecr.on(GetRegistryScanningConfigurationCommand).resolves({ scanningConfiguration: { scanType, rules } });
    return scanning.read({ of });
  };

  // The table of image-scanning-filters.html, column repo-prod.
  it.each([
    ['prod', 'scans'],
    ['*prod', 'scans'],
    ['prod*', 'leaves out'],
    ['*prod*', 'scans'],
    ['prod*repo', 'leaves out'],
  ])('under the filter %s: the registry %s', async (filter, registry) => {
    expect(await read('BASIC', 'SCAN_ON_PUSH', filter)).toEqual({ scanOnPush: false, registry });
  });

  it('decides itself where the registry says nothing, unless scanning is enhanced', async () => {
    const silent = { scanOnPush: false, registry: 'silent' };
    expect(await read('BASIC', 'SCAN_ON_PUSH')).toEqual(silent);
    expect(await read('BASIC', 'MANUAL', '*')).toEqual(silent);
    expect(await read('ENHANCED', 'SCAN_ON_PUSH')).toEqual({ scanOnPush: false, registry: 'leaves out' });
    expect(wanted(scanOff, silent, { of })).toEqual({ ...silent, scanOnPush: true });
  });

  it('stays so where the registry scans it, and is told where the registry leaves it out', () => {
    const scans = { scanOnPush: false, registry: 'scans' };
    expect(wanted(scanOff, scans, { of })).toEqual(scans);
    expect(wanted(scanOff, { ...scans, registry: 'leaves out' }, { of })).toEqual(unknown);
    expect(wanted(scanOff, { scanType: 'ENHANCED', rules: [] }, { of })).toEqual(unknown);
    expect(wanted(scanOff, null, { of })).toBe(null);
  });

  it('is absent where it is gone', async () => {
    ecr.on(DescribeRepositoriesCommand).rejects(fault('RepositoryNotFoundException', 'gone'));
    expect(await scanning.read({ of })).toBe(null);
  });
});

describe('a shared document', () => {
  const document = 'arn:aws:ssm:eu-west-1:111122223333:document/Deploy-Agent';
  it('is public wherever in the list that stands', async () => {
    ssm.on(DescribeDocumentPermissionCommand).resolvesOnce({ AccountIds: ['444455556666'], NextToken: 'more' });
    ssm.on(DescribeDocumentPermissionCommand, { NextToken: 'more' }).resolves({
      AccountIds: ['All'],
      AccountSharingInfoList: [{ AccountId: 'All', SharedDocumentVersion: '$LATEST' }],
    });
    expect(await publicDocument.read({ document })).toEqual({ everybody: true, version: '$LATEST' });
  });

  it('is absent where it is gone', async () => {
    ssm.on(DescribeDocumentPermissionCommand).rejects(fault('InvalidDocument', 'no such document'));
    expect(await publicDocument.read({ document })).toBe(null);
  });
});

describe('the log of model invocations', () => {
  const config = (account: string) => ({
    cloudWatchConfig: { logGroupName: 'models', roleArn: `arn:aws:iam::${account}:role/models` },
  });
  it('comes back as it was learned, never to another account’s role, and never guessed', () => {
    const region = { region: 'eu-west-1' };
    expect(wanted(loggingOff, null, region, config('111122223333'))).toEqual(config('111122223333'));
    expect(wanted(loggingOff, null, region, config('999999999999'))).toEqual(unknown);
    expect(wanted(loggingOff, null, region)).toEqual(unknown);
    expect(wanted(loggingOff, config('111122223333'), region)).toEqual(config('111122223333'));
  });
});

describe('a backup plan', () => {
  const plan = 'arn:aws:backup:eu-west-1:111122223333:backup-plan:old';
  const selection = (id: string, account = '111122223333') => ({
    id,
    selection: { SelectionName: id, IamRoleArn: `arn:aws:iam::${account}:role/backup` },
  });
  const known = { id: 'old', plan: { BackupPlanName: 'p', Rules: [] }, selections: [selection('a'), selection('b')] };
  const gone = (selection: string | null) => ({ plan, selection });

  it('that is gone comes back whole', () => {
    expect(wanted(planDeleted, null, gone(null), known)).toEqual(known);
    expect(wanted(planDeleted, null, gone('a'), known)).toEqual(known);
    expect(wanted(planDeleted, null, gone(null))).toEqual(unknown);
  });

  it('that is there gets the selection that the event names, and no other', () => {
    const bare = { ...known, selections: [] };
    expect(wanted(planDeleted, bare, gone('b'), known)).toEqual({ ...known, selections: [selection('b')] });
    expect(wanted(planDeleted, known, gone('b'), known)).toEqual(known);
    expect(wanted(planDeleted, bare, gone(null), known)).toEqual(bare);
    expect(wanted(planDeleted, bare, gone('later'), known)).toEqual(unknown);
    expect(wanted(planDeleted, bare, gone('b'))).toEqual(unknown);
  });

  it('that was made again halfway is completed', () => {
    const half = { ...known, id: 'new', selections: [selection('a')] };
    expect(wanted(planDeleted, half, gone(null), known)).toEqual({ ...known, id: 'new' });
  });

  it('is not handed to another account', () => {
    const foreign = { ...known, selections: [selection('a', '999999999999')] };
    expect(wanted(planDeleted, null, gone(null), foreign)).toEqual(unknown);
  });

  it('is the same under another id', () => {
    const rules = [{ RuleName: 'nightly', RuleId: 'one' }];
    const one = { ...known, plan: { Rules: rules } };
    const other = { ...known, id: 'new', plan: { Rules: [{ ...rules[0], RuleId: 'two' }] } };
    expect(JSON.stringify(backupPlan.canon?.(one))).toBe(JSON.stringify(backupPlan.canon?.(other)));
  });
});

describe('a call that succeeded and does not say what it is about', () => {
  const own = new Set(['lambda', 'ecr', 'ssm', 'codebuild', 'bedrock', 'backup', 'acm']);
  const cases = Object.values(rooms)
    .flat()
    .filter(({ id }) => own.has(id.split('/')[0] ?? ''))
    .flatMap((rule) =>
      rule.triggers.flatMap((one) => (one.kind === 'call' ? [{ id: rule.id, rule, name: one.name }] : [])),
    )
    // About the account, or, of a configuration, about nothing that it does not name.
    .filter(({ name }) => !/^(PutUseCase|PutRegistry|DeleteModelInvocation|DeleteEnforced)/.test(name));
  it.each(cases)('$id: $name is unreadable', ({ rule, name }) => {
    const [trigger] = rule.triggers.filter((one) => one.kind === 'call');
    for (const request of [null, {}, 'HIDDEN_DUE_TO_SECURITY_REASONS', []] as const) {
      const found = rule.detect(
        called(String(trigger?.kind === 'call' && trigger.service.split('.')[0]), name, request),
        {},
        home,
      );
      expect(isUnreadable(found), JSON.stringify(request)).toBe(true);
    }
  });
});
