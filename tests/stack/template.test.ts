/** The packaged template: what a deployment would hold, under each preset. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import { rooms } from '../../functions/rooms.ts';
import { ensureVenv } from '../../scripts/sandbox/venv.ts';
import { presets } from '../../shared/core/mode.ts';
import { patternLimit, patternsOf } from '../../shared/core/route.ts';
import { hasFix } from '../../shared/core/rule.ts';
import { packaged, statementsOf, type Template } from '../support/packaged.ts';

const templates = new Map<string, Template>();
let lint: readonly { Rule: { Id: string }; Message: string }[] = [];

beforeAll(async () => {
  const bin = await ensureVenv();
  for (const preset of presets)
    templates.set(
      preset,
      await packaged(
        `preset: ${preset}\nchannels: {email: [security@example.com]}\nprotected: ["arn:aws:iam::*:user/break-glass"]\n`,
        async (file) => {
          if (preset !== 'strict') return;
          // cfn-lint exits non-zero when it finds anything: what it found is on its standard output.
          const said = await promisify(execFile)(`${bin}/cfn-lint`, ['--format', 'json', file]).catch(
            (error: { stdout: string }) => error,
          );
          lint = JSON.parse(said.stdout || '[]') as typeof lint;
        },
      ),
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
const resources = (preset: string, type: string) =>
  Object.values(of(preset).Resources).filter(({ Type }) => Type === type);

test('cfn-lint finds nothing but the DependsOn that osls writes', () => {
  expect(lint.filter(({ Rule }) => Rule.Id !== 'W3005')).toEqual([]);
  expect(lint.length).toBeGreaterThan(0);
});

// Own resources: the table, the topic, the queue, the key, the log group.
const own =
  /^(logs:CreateLogStream|logs:PutLogEvents|dynamodb:(GetItem|PutItem|UpdateItem|ConditionCheckItem)|sns:Publish|sqs:SendMessage|kms:(Decrypt|GenerateDataKey\*?))$/;

test('observe deploys no mutating action outside Firebreak’s own resources', () => {
  const reads = new Set(
    Object.values(rooms)
      .flat()
      .filter(hasFix)
      .flatMap((rule) => rule.permissions.read.flatMap(({ actions }) => [...actions] as string[])),
  );
  for (const room of Object.keys(rooms))
    for (const action of allowed('observe', room)) {
      expect(own.test(action) || reads.has(action), `${room} may ${action}`).toBe(true);
      if (!own.test(action)) expect(action).toMatch(/^[a-z0-9-]+:(Get|List|Describe)/);
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
        expect(allowed('guard', room).includes(action), `${room} ${action} under guard`).toBe(needed);
        expect(allowed('standard', room), `${room} under standard`).toContain(action);
      }
});

test('no role holds an action that only undo needs', () => {
  for (const [room, rules] of Object.entries(rooms))
    for (const action of rules.filter(hasFix).flatMap((rule) => rule.permissions.undo ?? []))
      expect(allowed('strict', room)).not.toContain(action);
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

test('a star stands for a resource only where the service has no ARN for the action', () => {
  const noArn = new Set(
    Object.values(rooms)
      .flat()
      .filter(hasFix)
      .flatMap(({ permissions }) => [...permissions.read, ...permissions.write])
      .flatMap(({ actions, resources: on }) => ('noArn' in on ? [...actions] : ([] as string[]))),
  );
  for (const room of Object.keys(rooms))
    for (const { Effect, Action, Resource } of statementsOf(of('strict'), room))
      if (Effect === 'Allow' && JSON.stringify([Resource].flat()).includes('"*"'))
        expect(Action.filter((action) => !noArn.has(action))).toEqual([]);
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

test('one alarm on errors, one on a dead-letter queue that is not empty', () => {
  const alarms = resources('guard', 'AWS::CloudWatch::Alarm').map(({ Properties }) => JSON.stringify(Properties));
  expect(alarms.length).toBe(2);
  expect(alarms.filter((alarm) => alarm.includes('"Errors"')).length).toBe(1);
  expect(alarms.filter((alarm) => alarm.includes('ApproximateNumberOfMessagesVisible')).length).toBe(1);
});
