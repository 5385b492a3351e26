/** The packaged template: what a deployment would hold, under each preset. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { runSimulation } from '@cloud-copilot/iam-simulate';
import { beforeAll, expect, test } from 'vitest';
import { listing } from '../../cli/roles.ts';
import { rooms } from '../../functions/rooms.ts';
import type { Built } from '../../scripts/build.ts';
import { ensureVenv } from '../../scripts/sandbox/venv.ts';
import { readRooms } from '../../scripts/serverless.ts';
import { parseConfig } from '../../shared/config/load.ts';
import { presets } from '../../shared/core/mode.ts';
import { patternLimit, patternsOf } from '../../shared/core/route.ts';
import { hasFix } from '../../shared/core/rule.ts';
import { allows } from '../support/iam.ts';
import { filled, packaged, statementsOf, type Template } from '../support/packaged.ts';
import { policiesOf } from '../support/roles.ts';

const templates = new Map<string, Template>();
let functions: readonly Built[] = [];
let lint: readonly { Rule: { Id: string }; Message: string }[] = [];

/** Every function that has to be turned on, turned on. */
const optional = Object.values(rooms).flatMap((rules) =>
  rules.flatMap((rule) => (rule.function ? [[rule.function, 'on']] : [])),
);

const configOf = (preset: string): string =>
  `preset: ${preset}\nchannels: {email: [security@example.com]}\nprotected: ["arn:aws:iam::*:user/break-glass"]\n${
    preset === 'strict'
      ? `operators: ["arn:aws:iam::123456789012:role/security"]\nrooms: ${JSON.stringify(Object.fromEntries(optional))}\n`
      : ''
  }`;

beforeAll(async () => {
  const bin = await ensureVenv();
  for (const preset of presets)
    templates.set(
      preset,
      await packaged(configOf(preset), async (file, built) => {
        if (preset !== 'strict') return;
        functions = built;
        // cfn-lint exits non-zero when it finds anything: what it found is on its standard output.
        const said = await promisify(execFile)(`${bin}/cfn-lint`, ['--format', 'json', file]).catch(
          (error: { stdout: string }) => error,
        );
        lint = JSON.parse(said.stdout || '[]') as typeof lint;
      }),
    );
});

const of = (preset: string): Template => {
  const template = templates.get(preset);
  if (!template) throw new Error(`no template for ${preset}`);
  return template;
};
const allowed = (preset: string, room: string): readonly string[] =>
  statementsOf(of(preset), room)
    .filter(({ Effect }) => Effect === 'Allow')
    .flatMap(({ Action }) => Action);
/** What the rules' own write statements allow. */
const written = (preset: string, room: string): readonly string[] =>
  statementsOf(of(preset), room)
    .filter(({ Effect, Sid }) => Effect === 'Allow' && Sid?.startsWith('Write'))
    .flatMap(({ Action }) => Action);
const resources = (preset: string, type: string) =>
  Object.values(of(preset).Resources).filter(({ Type }) => Type === type);

test('cfn-lint finds nothing but the DependsOn that osls writes', () => {
  expect(lint.filter(({ Rule }) => Rule.Id !== 'W3005')).toEqual([]);
  expect(lint.length).toBeGreaterThan(0);
});

const own = [
  ...['logs:CreateLogStream', 'logs:PutLogEvents'],
  ...['BatchGetItem', 'ConditionCheckItem', 'GetItem', 'PutItem', 'Query', 'UpdateItem'].map(
    (name) => `dynamodb:${name}`,
  ),
  ...['sns:Publish', 'sqs:SendMessage', 'scheduler:CreateSchedule', 'iam:PassRole'],
  ...['kms:Decrypt', 'kms:GenerateDataKey*', 'kms:GenerateMac', 'kms:VerifyMac'],
];

test('observe deploys no mutating action outside Firebreak’s own resources', async () => {
  const reads = new Set((await readRooms()).flatMap((room) => room.read.flatMap(({ actions }) => actions)));
  for (const room of Object.keys(rooms))
    for (const { Effect, Action, Resource, Condition } of statementsOf(of('observe'), room)) {
      if (Effect === 'Deny') continue;
      for (const action of Action.filter((one) => !reads.has(one))) {
        expect(own, `${room} may ${action}`).toContain(action);
        // What may change something is the stack's by name, or one of its two keys.
        for (const arn of [Resource].flat().map((one) => JSON.stringify(one)))
          expect(arn, `${room} may ${action}`).toMatch(
            /\$\{AWS::StackName\}|log-group:\/aws\/lambda\/firebreak-|key\/\$\{(Key|RecordsKey)\}/,
          );
        if (action === 'iam:PassRole')
          expect(Condition).toEqual({ StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } });
      }
      for (const action of Action.filter((one) => reads.has(one)))
        expect(action).toMatch(/^[a-z0-9-]+:(Get|List|Describe|BatchGet)/);
    }
});

test('what firebreak roles lists is what the packaged roles say', async () => {
  const all = await readRooms();
  for (const preset of presets) {
    const config = parseConfig(configOf(preset), 'firebreak.yml', Object.values(rooms).flat());
    const listed = listing(all, config, 'firebreak');
    for (const room of Object.keys(rooms)) {
      // By single actions: a statement of the template holds those of several rules where all else is alike.
      const packed = statementsOf(of(preset), room).flatMap(({ Effect, Action, Resource, Condition = {} }) =>
        Action.map((action) => JSON.stringify(filled([Effect, action, Resource, Condition]))),
      );
      const said = listed
        .filter((one) => one.function === room)
        .flatMap(({ effect, actions, resources: on, conditions }) =>
          actions.map((action) =>
            JSON.stringify(filled([effect, action, on.map((text) => ({ 'Fn::Sub': text })), conditions])),
          ),
        );
      expect([...new Set(said)].sort(), `${room} under ${preset}`).toEqual([...new Set(packed)].sort());
    }
  }
});

test('write permissions follow the modes: guard holds those of class G alone, standard all', () => {
  for (const [room, rules] of Object.entries(rooms))
    for (const rule of rules.filter(hasFix))
      for (const action of rule.permissions.write.flatMap(({ actions }) => actions)) {
        const needed = rules.some(
          (other) =>
            hasFix(other) &&
            other.class === 'G' &&
            other.permissions.write.some(({ actions }) => actions.includes(action)),
        );
        // `rooms:` is not said there: what has to be turned on writes nothing, whatever the preset.
        const turnedOff = rule.function !== undefined;
        expect(written('guard', room).includes(action), `${room} ${action} under guard`).toBe(needed && !turnedOff);
        expect(written('standard', room).includes(action), `${room} ${action} under standard`).toBe(!turnedOff);
        expect(written('strict', room), `${room} under strict`).toContain(action);
      }
});

test('no role holds an action that only undo needs', () => {
  // Every role passes the waker to the scheduler, and a fix may pass a role where another's undo would.
  for (const [room, rules] of Object.entries(rooms))
    for (const action of rules.filter(hasFix).flatMap((rule) => rule.permissions.undo ?? []))
      if (action !== 'iam:PassRole') expect(allowed('strict', room)).not.toContain(action);
});

test('each function has a role of its own, which may not touch Firebreak’s roles nor protected names', () => {
  const roles = resources('strict', 'AWS::Lambda::Function').map(({ Properties }) =>
    JSON.stringify(Properties['Role']),
  );
  expect(new Set(roles).size).toBe(Object.keys(rooms).length);
  for (const room of Object.keys(rooms)) {
    const denied = statementsOf(of('strict'), room).filter(({ Effect }) => Effect === 'Deny');
    expect(JSON.stringify(denied)).toContain('role/${AWS::StackName}-*');
    expect(JSON.stringify(denied)).toContain('user/break-glass');
  }
});

test('a function that writes topics or queues may not write Firebreak’s own', async () => {
  for (const [room, action, sends] of [
    ['sns', 'sns:SetTopicAttributes', 'sns:Publish'],
    ['sqs', 'sqs:SetQueueAttributes', 'sqs:SendMessage'],
  ] as const) {
    const policies = policiesOf(room);
    const asks = (name: string, what: string) =>
      allows(policies, { action: what, resource: `arn:aws:${room}:us-east-1:123456789012:${name}`, context: {} });
    expect(await asks('orders', action)).toBe(true);
    expect(await asks('firebreaks', action)).toBe(true);
    for (const own of ['firebreak-alerts', 'firebreak-dead-letters']) expect(await asks(own, action)).toBe(false);
    const denied = statementsOf(of('strict'), room).filter(({ Effect }) => Effect === 'Deny');
    expect(denied.flatMap(({ Action }) => Action)).not.toContain(sends);
  }
});

test('a star stands for a resource only where a source says that the service has no ARN for the action', async () => {
  for (const room of await readRooms()) {
    const sourced = new Set([...room.read, ...room.write].flatMap(({ actions, why }) => (why ? actions : [])));
    for (const { Effect, Action, Resource } of statementsOf(of('strict'), room.room))
      if (Effect === 'Allow' && JSON.stringify([Resource].flat()).includes('"*"'))
        expect(Action.filter((action) => !sourced.has(action))).toEqual([]);
  }
});

test('ARNs name their partition by pseudo-parameter', () => {
  for (const room of Object.keys(rooms))
    for (const { Resource, Sid } of statementsOf(of('strict'), room))
      if (Sid !== 'Protected') expect(JSON.stringify(Resource)).not.toMatch(/arn:aws[:-]/);
});

test('the patterns deployed are those that the rules say, each within EventBridge’s limit', () => {
  const deployed = resources('guard', 'AWS::Events::Rule').map(({ Properties }) =>
    JSON.stringify(Properties['EventPattern']),
  );
  const said = Object.values(rooms).flatMap((rules) => patternsOf(rules).map(({ pattern }) => JSON.stringify(pattern)));
  expect(deployed.sort()).toEqual(said.sort());
  for (const pattern of deployed) expect(pattern.length).toBeLessThan(patternLimit);
});

test('stays well within what CloudFormation and IAM take', () => {
  // "CloudFormation quotas" (resources in a template: 500) and "IAM and AWS STS quotas" (role inline policies together:
  // 10,240 characters without white space; pseudo-parameters are longer than what stands for them).
  const all = Object.values(of('strict').Resources);
  expect(all.length).toBeLessThan(450);
  for (const { Properties } of resources('strict', 'AWS::IAM::Role'))
    expect([Properties['RoleName'], JSON.stringify(Properties['Policies'] ?? []).length < 10_240]).toEqual([
      Properties['RoleName'],
      true,
    ]);
});

test('each function is small, and none loads much more at a cold start than the smallest', () => {
  expect(functions.length).toBeGreaterThan(30);
  expect(functions.filter(({ zipBytes }) => zipBytes > 350 * 1024)).toEqual([]);
  // A cold start is reading and compiling this, after Node's own start: 1.58 times the code took 1.2 times the processor's
  // time (npm run bench -- --cold). What few events need is imported when it is needed, as shared/aws/guardduty.ts is.
  const least = Math.min(...functions.map(({ loadedBytes }) => loadedBytes));
  expect(functions.filter(({ loadedBytes }) => loadedBytes > 1.7 * least)).toEqual([]);
});

test('incidents are kept on demand, encrypted, recoverable and not for ever', () => {
  const [table] = resources('guard', 'AWS::DynamoDB::Table');
  expect(table?.Properties).toMatchObject({
    BillingMode: 'PAY_PER_REQUEST',
    PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    SSESpecification: { SSEEnabled: true },
    TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
  });
});

test('the topic is encrypted and takes nothing without TLS; e-mail is subscribed', () => {
  const [topic] = resources('guard', 'AWS::SNS::Topic');
  expect(topic?.Properties['KmsMasterKeyId']).toBeTruthy();
  const policies = JSON.stringify(resources('guard', 'AWS::SNS::TopicPolicy'));
  expect(policies).toContain('aws:SecureTransport');
  expect(JSON.stringify(resources('guard', 'AWS::SNS::Subscription'))).toContain('security@example.com');
});

test('every function retries twice, then leaves the event in the one dead-letter queue; logs end', () => {
  const configs = resources('guard', 'AWS::Lambda::EventInvokeConfig');
  expect(configs.length).toBe(Object.keys(rooms).length);
  for (const { Properties } of configs) {
    expect(Properties).toMatchObject({ MaximumRetryAttempts: 2 });
    expect(JSON.stringify(Properties['DestinationConfig'])).toContain('DeadLetters');
  }
  for (const { Properties } of resources('guard', 'AWS::Logs::LogGroup'))
    expect(Properties['RetentionInDays']).toBe(90);
  expect(resources('guard', 'AWS::SQS::Queue').length).toBe(1);
});

test('an alarm on the errors of each ten functions, one on a dead-letter queue that is not empty', () => {
  const alarms = resources('guard', 'AWS::CloudWatch::Alarm').map(({ Properties }) => JSON.stringify(Properties));
  // An alarm takes ten metrics.
  expect(alarms.filter((alarm) => alarm.includes('"Errors"')).length).toBe(Math.ceil(Object.keys(rooms).length / 10));
  expect(alarms.filter((alarm) => alarm.includes('ApproximateNumberOfMessagesVisible')).length).toBe(1);
});

const arn = (service: string, resource: string): string => `arn:aws:${service}:us-east-1:123456789012:${resource}`;
const roleArn = (name: string): string => `arn:aws:iam::123456789012:role/${name}`;
const roleNamed = (preset: string, name: string) =>
  filled(
    resources(preset, 'AWS::IAM::Role').find(({ Properties }) => JSON.stringify(Properties['RoleName']).includes(name))
      ?.Properties,
  ) as {
    AssumeRolePolicyDocument: { Statement: object[] };
    Policies: { PolicyName: string; PolicyDocument: object }[];
  };

/** By simulation: MiniStack enforces neither a table's policy nor the role of a schedule. */
async function may(
  principal: string,
  action: string,
  resource: string,
  o: { identity?: readonly object[]; resource?: unknown; context?: Record<string, string> } = {},
): Promise<boolean> {
  const everything = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };
  const outcome = await runSimulation(
    {
      request: {
        principal,
        action,
        resource: { resource, accountId: '123456789012' },
        contextVariables: { 'aws:PrincipalArn': principal, ...o.context },
      },
      identityPolicies: (o.identity ?? [everything]).map((document, index) => ({
        name: `p${index}`,
        policy: document,
      })),
      ...(o.resource !== undefined && { resourcePolicy: o.resource }),
      serviceControlPolicies: [],
      resourceControlPolicies: [],
    },
    {},
  );
  if (outcome.resultType === 'error') throw new Error(`${action} on ${resource}: ${JSON.stringify(outcome.errors)}`);
  return outcome.overallResult === 'Allowed';
}

const tableArn = arn('dynamodb', 'table/firebreak-incidents');
const data = [
  'GetItem',
  'Query',
  'Scan',
  'PutItem',
  'UpdateItem',
  'DeleteItem',
  'BatchWriteItem',
  'ConditionCheckItem',
  'PartiQLUpdate',
];

test('the table lets nobody read or write but our roles, and locks nobody out of itself', async () => {
  const [table] = resources('guard', 'AWS::DynamoDB::Table');
  const { PolicyDocument } = filled(table?.Properties['ResourcePolicy']) as { PolicyDocument: object };
  const as = (principal: string, action: string, on = tableArn) =>
    may(principal, action, on, { resource: PolicyDocument });
  const others = [
    'arn:aws:iam::123456789012:user/admin',
    roleArn('Admin'),
    roleArn('other-firebreak-s3'),
    roleArn('not/firebreak-s3'),
    'arn:aws:iam::210987654321:role/firebreak-s3-us-east-1',
  ];
  for (const principal of others) {
    for (const name of data)
      expect([principal, name, await as(principal, `dynamodb:${name}`)]).toEqual([principal, name, false]);
    expect(await as(principal, 'dynamodb:Query', `${tableArn}/index/byDay`)).toBe(false);
  }
  for (const role of ['firebreak-s3-us-east-1', 'firebreak-operator-us-east-1'])
    for (const name of ['GetItem', 'PutItem']) expect(await as(roleArn(role), `dynamodb:${name}`)).toBe(true);
  for (const name of [
    'DescribeTable',
    'UpdateTable',
    'DeleteTable',
    'PutResourcePolicy',
    'DeleteResourcePolicy',
    'GetResourcePolicy',
    'CreateBackup',
    'UpdateContinuousBackups',
    'TagResource',
  ])
    expect([name, await as(roleArn('Admin'), `dynamodb:${name}`)]).toEqual([name, true]);
});

test('nobody makes codes over records but our roles, and the account keeps the key', async () => {
  const key = resources('guard', 'AWS::KMS::Key').find(({ Properties }) => Properties['KeySpec'] === 'HMAC_256');
  const as = (principal: string, action: string) =>
    may(principal, action, arn('kms', 'key/1'), { resource: filled(key?.Properties['KeyPolicy']) });
  for (const action of ['kms:GenerateMac', 'kms:VerifyMac']) {
    expect(await as(roleArn('Admin'), action)).toBe(false);
    expect(await as('arn:aws:iam::123456789012:user/admin', action)).toBe(false);
    expect(await as(roleArn('firebreak-s3-us-east-1'), action)).toBe(true);
    expect(await as(roleArn('firebreak-operator-us-east-1'), action)).toBe(true);
  }
  for (const action of ['kms:DescribeKey', 'kms:PutKeyPolicy', 'kms:ScheduleKeyDeletion'])
    expect(await as(roleArn('Admin'), action)).toBe(true);
});

test('the operator role is for those whom firebreak.yml names, else for whom IAM lets, and for nothing but people’s side', async () => {
  const trust = (preset: string) => roleNamed(preset, '-operator-').AssumeRolePolicyDocument.Statement;
  const statement = (principal: string) => [
    { Effect: 'Allow', Principal: { AWS: [principal] }, Action: 'sts:AssumeRole' },
  ];
  expect(trust('guard')).toEqual(statement('arn:aws:iam::123456789012:root'));
  expect(trust('strict')).toEqual(statement('arn:aws:iam::123456789012:role/security'));
  const identity = roleNamed('strict', '-operator-').Policies.map(({ PolicyDocument }) => PolicyDocument);
  const as = (action: string, on: string, context = {}) =>
    may(roleArn('firebreak-operator-us-east-1'), action, on, { identity, context });
  const granted: readonly (readonly [string, string])[] = [
    ...['GetItem', 'BatchGetItem', 'PutItem', 'UpdateItem', 'ConditionCheckItem'].map(
      (name) => [`dynamodb:${name}`, tableArn] as const,
    ),
    ['dynamodb:Query', `${tableArn}/index/byDay`],
    ['sns:Publish', arn('sns', 'firebreak-alerts')],
    ['sqs:ReceiveMessage', arn('sqs', 'firebreak-dead-letters')],
    ['sqs:DeleteMessage', arn('sqs', 'firebreak-dead-letters')],
    ['lambda:InvokeFunction', arn('lambda', 'function:firebreak-s3')],
    ['scheduler:CreateSchedule', arn('scheduler', 'schedule/firebreak/fb-1')],
  ];
  for (const [action, on] of granted) expect([action, await as(action, on)]).toEqual([action, true]);
  const refused: readonly (readonly [string, string])[] = [
    ['dynamodb:DeleteItem', tableArn],
    ['dynamodb:DeleteTable', tableArn],
    ['dynamodb:PutResourcePolicy', tableArn],
    ['dynamodb:GetItem', arn('dynamodb', 'table/other')],
    ['sqs:SendMessage', arn('sqs', 'firebreak-dead-letters')],
    ['lambda:InvokeFunction', arn('lambda', 'function:other')],
    ['lambda:UpdateFunctionCode', arn('lambda', 'function:firebreak-s3')],
    ['iam:PassRole', roleArn('firebreak-s3-us-east-1')],
    ['sts:AssumeRole', roleArn('firebreak-s3-us-east-1')],
    ['s3:PutBucketPolicy', 'arn:aws:s3:::any'],
    ['kms:PutKeyPolicy', arn('kms', 'key/RecordsKey')],
  ];
  for (const [action, on] of refused) expect([action, await as(action, on)]).toEqual([action, false]);
});

test('no function takes on or changes a role of ours, and passes the waker to the scheduler alone', async () => {
  for (const room of Object.keys(rooms)) {
    const identity = roleNamed('strict', `-${room}-`).Policies.map(({ PolicyDocument }) => PolicyDocument);
    // With all permissions added: what holds is the deny.
    const everything = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };
    const as = (action: string, on: string, context = {}, more: readonly object[] = [everything]) =>
      may(roleArn(`firebreak-${room}-us-east-1`), action, on, { identity: [...identity, ...more], context });
    const operator = roleArn('firebreak-operator-us-east-1');
    for (const action of [
      'sts:AssumeRole',
      'iam:PutRolePolicy',
      'iam:UpdateAssumeRolePolicy',
      'iam:DeleteRole',
      'iam:AttachRolePolicy',
    ])
      expect([room, action, await as(action, operator)]).toEqual([room, action, false]);
    expect(await as('iam:DeleteUser', 'arn:aws:iam::123456789012:user/break-glass')).toBe(false);
    const waker = roleArn('firebreak-waker-us-east-1');
    expect(await as('iam:PassRole', waker, { 'iam:PassedToService': 'scheduler.amazonaws.com' }, [])).toBe(true);
    expect(await as('iam:PassRole', waker, { 'iam:PassedToService': 'lambda.amazonaws.com' })).toBe(false);
    expect(await as('iam:PassRole', operator, { 'iam:PassedToService': 'scheduler.amazonaws.com' }, [])).toBe(false);
  }
});

test('the waker wakes our functions, leaves what it could not, and is the scheduler’s alone', async () => {
  const { AssumeRolePolicyDocument, Policies } = roleNamed('guard', '-waker-');
  expect(JSON.stringify(AssumeRolePolicyDocument.Statement)).toContain('"Service":"scheduler.amazonaws.com"');
  expect(JSON.stringify(AssumeRolePolicyDocument.Statement)).toContain('aws:SourceAccount');
  const as = (action: string, on: string) =>
    may(roleArn('firebreak-waker-us-east-1'), action, on, {
      identity: Policies.map(({ PolicyDocument }) => PolicyDocument),
    });
  expect(await as('lambda:InvokeFunction', arn('lambda', 'function:firebreak-s3'))).toBe(true);
  expect(await as('lambda:InvokeFunction', arn('lambda', 'function:other'))).toBe(false);
  expect(await as('sqs:SendMessage', arn('sqs', 'firebreak-dead-letters'))).toBe(true);
  expect(await as('dynamodb:PutItem', tableArn)).toBe(false);
});
