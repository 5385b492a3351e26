/**
 * What serverless.yml cannot say by hand: each room's function, role and rules, from the `functions/<room>/function.yml`
 * files and the configuration. Write permissions of rules that may neither act nor be approved are left out here, so
 * that they are never deployed.
 */
import { access, readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { loadConfig, mayWrite } from '../functions/deployment.ts';
import { speaks } from '../shared/config/own.ts';
import type { Config } from '../shared/core/mode.ts';
import { decideOf } from './decide.ts';
import { digestOf } from './digest.ts';
import { type Grant, here, key, logs, ownGrant, policy, type Resources, sub, type Template } from './parts.ts';
import { voiceOf } from './people.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

type Pattern = { readonly [key: string]: unknown };

/** One permission: `for` names the rules that need it; ARNs may hold `${AWS::Partition}` and its like. */
type Permission = {
  readonly for: readonly string[];
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  /** Where the resource is a star: the source that says that the service has no ARN for these actions. */
  readonly why?: string;
  readonly conditions?: { readonly [test: string]: { readonly [key: string]: string | readonly string[] } };
};

/** A `function.yml` file, as scripts/generate.ts writes it. */
export type Room = {
  readonly room: string;
  readonly patterns: readonly Pattern[];
  readonly readOnlyPatterns: readonly Pattern[];
  readonly read: readonly Permission[];
  readonly write: readonly Permission[];
};

/** What serverless.yml takes from here. */
export type StackParts = {
  functions: { [room: string]: Template };
  resources: { Resources: Resources };
  /** Days that the functions' logs are kept. */
  logRetention: number;
};

/** Seconds after which an event that still cannot be handled goes to the dead-letter queue. */
const oldest = 3600;
const deadLetters = { 'Fn::GetAtt': ['DeadLetters', 'Arn'] };

/**
 * Reads the configuration (`FIREBREAK_CONFIG`, else `firebreak.yml`) and every room's function.yml.
 * @throws Error when the configuration is wrong, when there is no room, or when a bundle to be packaged is missing
 */
export async function stackParts(): Promise<StackParts> {
  const config = await loadConfig(resolve(root, process.env['FIREBREAK_CONFIG'] ?? 'firebreak.yml'));
  const rooms = await readRooms();
  const parts = partsOf(rooms, config, stackName(rooms));
  if (process.argv.some((word) => word === 'package' || word === 'deploy'))
    await mustBeBuilt(Object.keys(parts.functions));
  return parts;
}

/**
 * The stack's name, as CloudFormation wants it (API reference, CreateStack, StackName), and short enough for the longest
 * role, whose name may have 64 characters (IAM API reference, CreateRole, RoleName).
 * @throws Error where it is not
 */
function stackName(rooms: readonly Room[]): string {
  const name = process.env['FIREBREAK_STACK'] || 'firebreak';
  const longest = Math.max(
    ...[...rooms.map(({ room }) => room), 'operator'].map((room) => `-${room}-ap-southeast-2`.length),
  );
  if (/^[A-Za-z][A-Za-z0-9-]*$/.test(name) && name.length + longest <= 64) return name;
  throw new Error(
    `found the stack's name ${JSON.stringify(name)} in FIREBREAK_STACK, expected at most ${64 - longest} letters, digits and hyphens, a letter first`,
  );
}

/** The same, pure: the parts of a stack for these rooms under this configuration. */
export function partsOf(rooms: readonly Room[], config: Config, stack: string): StackParts {
  const resources: Resources = {
    ...errorAlarms(rooms, stack),
    ...subscriptions(config.channels.email),
    OperatorRole: operator(config),
  };
  for (const room of rooms) {
    resources[roleOf(room)] = role(room, config, stack);
    Object.assign(resources, eventRules(room, stack));
  }
  const voice = voiceOf(config, stack, (name) => relative(root, zipOf(name)));
  const decide = decideOf(config, stack, (name) => relative(root, zipOf(name)));
  Object.assign(resources, voice.resources, decide.resources, digestOf(config, stack));
  const functions = {
    ...Object.fromEntries(rooms.map((room) => [room.room, lambda(room, stack)])),
    ...voice.functions,
    ...decide.functions,
  };
  return { functions, resources: { Resources: resources }, logRetention: config.retention.logs };
}

/** The rooms that have a function.yml, in alphabetical order. */
export async function readRooms(): Promise<Room[]> {
  const dir = join(root, 'functions');
  const folders = (await readdir(dir, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  const texts = await Promise.all(
    folders.map((folder) => readFile(join(dir, folder.name, 'function.yml'), 'utf8').catch(() => null)),
  );
  const rooms = texts.filter((text) => text !== null).map((text) => parse(text) as Room);
  if (rooms.length === 0) {
    throw new Error('found no functions/<room>/function.yml, expected one a room. Next: node scripts/generate.ts');
  }
  return rooms.sort((a, b) => a.room.localeCompare(b.room, 'en'));
}

/** Where scripts/build.ts put a room's bundle: FIREBREAK_BUILD lets several be packaged at once. */
const zipOf = (room: string): string => resolve(root, process.env['FIREBREAK_BUILD'] ?? '.build', `${room}.zip`);

async function mustBeBuilt(rooms: readonly string[]): Promise<void> {
  for (const room of rooms) {
    const zip = zipOf(room);
    await access(zip).catch(() => {
      throw new Error(
        `found no ${relative(root, zip)}, expected the bundle of functions/${room}. Next: node scripts/build.ts`,
      );
    });
  }
}

function lambda(room: Room, stack: string): Template {
  return {
    name: `${stack}-${room.room}`,
    handler: 'index.handler',
    role: roleOf(room), // the logical id: "osls deploy function" does not understand a Fn::GetAtt here
    package: { artifact: relative(root, zipOf(room.room)) },
    // Lambda's own queue: two more attempts, then the event with its error goes to the dead letters ("Configuring error
    // handling settings for asynchronous invocations", AWS Lambda Developer Guide).
    maximumRetryAttempts: 2,
    maximumEventAge: oldest,
    destinations: { onFailure: { type: 'sqs', arn: deadLetters } },
  };
}

/**
 * The EventBridge rules that wake a function, and its leave to be woken by them: one for all, since a function's policy
 * may have 20 KB ("Lambda quotas", AWS Lambda Developer Guide). Read-only management events come to a rule of another
 * state than ENABLED alone ("Receiving read-only management events from AWS services", Amazon EventBridge User Guide),
 * which osls cannot say.
 */
function eventRules(room: Room, stack: string): Resources {
  const name = pascal(room.room);
  const functionArn = { 'Fn::GetAtt': [functionOf(room), 'Arn'] };
  const resources: Resources = {
    [`${name}Woken`]: {
      Type: 'AWS::Lambda::Permission',
      Properties: {
        Action: 'lambda:InvokeFunction',
        FunctionName: functionArn,
        Principal: 'events.amazonaws.com',
        SourceArn: sub(here('events', `rule/${stack}-${room.room}-*`)),
      },
    },
  };
  const add = (id: string, ruleName: string, State: string, EventPattern: Pattern): void => {
    resources[id] = {
      Type: 'AWS::Events::Rule',
      Properties: {
        Name: ruleName,
        State,
        EventPattern,
        Targets: [
          {
            Id: 'function',
            Arn: functionArn,
            // EventBridge's own queue, for what never reaches Lambda ("Using dead-letter queues to process undelivered
            // events", Amazon EventBridge User Guide).
            DeadLetterConfig: { Arn: deadLetters },
            RetryPolicy: { MaximumEventAgeInSeconds: oldest, MaximumRetryAttempts: 20 },
          },
        ],
      },
    };
  };
  for (const [index, pattern] of room.patterns.entries())
    add(`${name}Rule${index + 1}`, `${stack}-${room.room}-${index + 1}`, 'ENABLED', pattern);
  for (const [index, pattern] of room.readOnlyPatterns.entries())
    add(
      `${name}ReadOnlyRule${index + 1}`,
      `${stack}-${room.room}-read-only-${index + 1}`,
      'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS',
      pattern,
    );
  return resources;
}

/** All statements of a function's role: what `firebreak roles` lists is what is deployed. */
export function grantsOf(room: Room, config: Config, stack: string): readonly Grant[] {
  const writes = room.write.flatMap((permission) => {
    const acting = permission.for.filter((rule) => mayWrite(config, rule));
    return acting.length > 0 ? [{ ...permission, for: acting }] : [];
  });
  return [
    ...own(`${stack}-${room.room}`),
    ...quietly(config),
    ...allow('read', room.read),
    ...allow('write', writes),
    ...never(config.protected),
    ...neverOwn(writes),
  ];
}

/** A room's role: what every function of ours needs, what its rules read, what they may write, and what it never may. */
function role(room: Room, config: Config, stack: string): Template {
  const grants = grantsOf(room, config, stack);
  const named = (PolicyName: string, some: readonly Grant[]) =>
    some.length > 0 ? [{ PolicyName, PolicyDocument: policy(some) }] : [];
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      // With the region, since roles are global and a stack may be deployed to several regions.
      RoleName: { 'Fn::Sub': `\${AWS::StackName}-${room.room}-\${AWS::Region}` },
      AssumeRolePolicyDocument: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
      },
      Policies: [
        ...(['own', 'read', 'write'] as const).flatMap((access) =>
          named(
            access,
            grants.filter((one) => one.access === access && one.effect === 'Allow'),
          ),
        ),
        ...named(
          'never',
          grants.filter(({ effect }) => effect === 'Deny'),
        ),
      ],
    },
  };
}

/**
 * The role by which people read incidents and decide: the table lets nobody else. Who may take it up: the principals
 * that firebreak.yml names, or whom the account's own IAM lets.
 */
function operator(config: Config): Template {
  const { operators } = config;
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      RoleName: { 'Fn::Sub': '${AWS::StackName}-operator-${AWS::Region}' },
      AssumeRolePolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: {
              AWS: operators.length > 0 ? operators : [sub('arn:${AWS::Partition}:iam::${AWS::AccountId}:root')],
            },
            Action: 'sts:AssumeRole',
          },
        ],
      },
      Policies: [{ PolicyName: 'operate', PolicyDocument: policy([...operating, ...quietly(config)]) }],
    },
  };
}

const table = here('dynamodb', 'table/${AWS::StackName}-incidents');
const queue = here('sqs', '${AWS::StackName}-dead-letters');
const topic = here('sns', '${AWS::StackName}-alerts');

// A transaction needs the permissions of the calls in it ("IAM policies for DynamoDB transactions", DynamoDB Developer Guide).
const incidents = ownGrant(
  'Incidents',
  [
    'dynamodb:BatchGetItem',
    'dynamodb:ConditionCheckItem',
    'dynamodb:GetItem',
    'dynamodb:PutItem',
    'dynamodb:UpdateItem',
  ],
  table,
);
const byDay = ownGrant('ByDay', ['dynamodb:Query'], `${table}/index/byDay`);
const codes = ownGrant('Codes', ['kms:GenerateMac', 'kms:VerifyMac'], here('kms', 'key/${RecordsKey}'));
const looks = [
  ownGrant('Looks', ['scheduler:CreateSchedule'], here('scheduler', 'schedule/${AWS::StackName}/*')),
  ownGrant(
    'Waker',
    ['iam:PassRole'],
    'arn:${AWS::Partition}:iam::${AWS::AccountId}:role/${AWS::StackName}-waker-${AWS::Region}',
    { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } },
  ),
];
const alerts = ownGrant('Alerts', ['sns:Publish'], topic);
/** For the channels that can change what they said, where there are any: people.ts. */
const quietly = (config: Config): readonly Grant[] =>
  speaks(config) ? [ownGrant('Quiet', ['sns:Publish'], here('sns', '${AWS::StackName}-quiet'))] : [];
/** Logs, incidents, alerts and dead letters of this stack, and the key that they are encrypted with. */
const own = (functionName: string): readonly Grant[] => [
  logs(functionName),
  incidents,
  byDay,
  codes,
  ...looks,
  alerts,
  // Lambda delivers a failed event with the function's permissions ("Adding a destination", Lambda Developer Guide).
  ownGrant('DeadLetters', ['sqs:SendMessage'], queue),
  key,
];

/** What the command line does for a person. A look that it schedules wakes a function, which it may invoke anyway. */
const operating: readonly Grant[] = [
  incidents,
  byDay,
  codes,
  ...looks,
  alerts,
  ownGrant(
    'DeadLetters',
    ['sqs:ChangeMessageVisibility', 'sqs:DeleteMessage', 'sqs:GetQueueUrl', 'sqs:ReceiveMessage'],
    queue,
  ),
  ownGrant('Functions', ['lambda:InvokeFunction'], here('lambda', 'function:${AWS::StackName}-*')),
  key,
];

const allow = (access: 'read' | 'write', permissions: readonly Permission[]): readonly Grant[] =>
  permissions.map(({ for: rules, actions, resources, conditions = {} }, index) => ({
    sid: `${pascal(access)}${pascal(rules[0] ?? '')}${index + 1}`,
    effect: 'Allow',
    actions,
    resources,
    conditions,
    access,
    for: rules,
  }));

/** No function changes Firebreak's own roles, takes on another of them, or touches the names nobody may be locked out of. */
const never = (guarded: readonly string[]): readonly Grant[] => [
  {
    ...ownGrant(
      'OwnRoles',
      ['iam:*', 'sts:*'],
      'arn:${AWS::Partition}:iam::${AWS::AccountId}:role/${AWS::StackName}-*',
      {
        // All but handing the waker to the scheduler, allowed above: a call that passes no role has no such key, and then
        // this matches, too ("Condition operators", IAM User Guide: a negated operator is true where the key is missing).
        StringNotEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' },
      },
    ),
    effect: 'Deny',
  },
  { ...ownGrant('Protected', ['iam:*'], ''), effect: 'Deny', resources: [...alwaysProtected, ...guarded] },
];

/**
 * Nor Firebreak's own topics and queues, whatever of all others it may write: they carry what people are told, and what must
 * not be lost. In every region, since a stack may be in several.
 */
function neverOwn(writes: readonly Permission[]): readonly Grant[] {
  const actions = [...new Set(writes.flatMap((one) => one.actions))].sort();
  return (['sns', 'sqs'] as const).flatMap((service) => {
    const denied = actions.filter((action) => action.startsWith(`${service}:`));
    const own = `arn:\${AWS::Partition}:${service}:*:\${AWS::AccountId}:\${AWS::StackName}-*`;
    const sid = service === 'sns' ? 'OwnTopics' : 'OwnQueues';
    return denied.length > 0 ? [{ ...ownGrant(sid, denied, own), effect: 'Deny' as const }] : [];
  });
}

/**
 * What an account is reached by when all else fails: the roles of IAM Identity Center ("Permission sets", IAM Identity
 * Center User Guide: their path) and of the organisation's management account ("Accessing member accounts", AWS
 * Organizations User Guide: the name that it gives the role).
 */
const alwaysProtected: readonly string[] = [
  'arn:${AWS::Partition}:iam::${AWS::AccountId}:role/aws-reserved/sso.amazonaws.com/*',
  'arn:${AWS::Partition}:iam::${AWS::AccountId}:role/OrganizationAccountAccessRole',
];

/**
 * One alarm on the sum of all functions' errors; more than one only beyond ten functions, since an alarm takes ten
 * metrics ("Using metric math", Amazon CloudWatch User Guide).
 */
function errorAlarms(rooms: readonly Room[], stack: string): Resources {
  const resources: Resources = {};
  for (let first = 0; first < rooms.length; first += 10) {
    const number = first === 0 ? '' : String(first / 10 + 1);
    resources[`ErrorsAlarm${number}`] = {
      Type: 'AWS::CloudWatch::Alarm',
      Properties: {
        AlarmName: `${stack}-errors${number && `-${number}`}`,
        AlarmDescription:
          'A Firebreak function threw: an event was not handled at its first attempt. Its log says why.',
        Metrics: [
          ...rooms.slice(first, first + 10).map((room, index) => ({
            Id: `errors${index + 1}`,
            ReturnData: false,
            MetricStat: {
              Metric: {
                Namespace: 'AWS/Lambda',
                MetricName: 'Errors',
                Dimensions: [{ Name: 'FunctionName', Value: { Ref: functionOf(room) } }],
              },
              Period: 60,
              Stat: 'Sum',
            },
          })),
          { Id: 'total', Expression: 'SUM(METRICS())', Label: 'Errors of all functions', ReturnData: true },
        ],
        ComparisonOperator: 'GreaterThanThreshold',
        Threshold: 0,
        EvaluationPeriods: 1,
        TreatMissingData: 'notBreaching',
        AlarmActions: [{ Ref: 'Alerts' }],
        OKActions: [{ Ref: 'Alerts' }],
      },
    };
  }
  return resources;
}

/** Each address gets a message that asks it to confirm, and nothing before it has. */
function subscriptions(addresses: readonly string[]): Resources {
  return Object.fromEntries(
    addresses.map((address, index) => [
      `Email${index + 1}`,
      {
        Type: 'AWS::SNS::Subscription',
        Properties: { TopicArn: { Ref: 'Alerts' }, Protocol: 'email', Endpoint: address },
      },
    ]),
  );
}

const roleOf = (room: Room): string => `${pascal(room.room)}Role`;

/** The logical id that osls gives a function. */
function functionOf({ room }: Room): string {
  const name = room.replaceAll('-', 'Dash').replaceAll('_', 'Underscore');
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}LambdaFunction`;
}

/** `s3/public-policy` to `S3PublicPolicy`. */
function pascal(name: string): string {
  return name.replaceAll(/(?:^|[^A-Za-z0-9]+)([A-Za-z0-9]?)/g, (_, letter: string) => letter.toUpperCase());
}
