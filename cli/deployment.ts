/** The deployed stack that a command works with: its names, by whose credentials it is reached, and the engine composed. */
import { randomUUID } from 'node:crypto';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { Command } from 'commander';
import { rooms } from '../functions/rooms.ts';
import { parseArn } from '../shared/aws/arn.ts';
import { actingAs, client } from '../shared/aws/client.ts';
import { confirmFinding } from '../shared/aws/findings.ts';
import { fault } from '../shared/core/fault.ts';
import type { Incident } from '../shared/core/incident.ts';
import type { Config } from '../shared/core/mode.ts';
import { type Composed, compose } from '../shared/lambda/compose.ts';
import { plain } from '../shared/notify/plain.ts';
import { refusedAction } from './explain.ts';

export type StackOptions = { stack?: string; region?: string; asCaller?: true };

export const defaultStack = 'firebreak';

export const withStack = (command: Command): Command =>
  command
    .option('--stack <name>', `the deployed stack (default: FIREBREAK_STACK, else ${defaultStack})`)
    .option('--region <region>', 'the region that it is deployed in (default: AWS_REGION, else your profile’s)')
    .option('--as-caller', 'reach Firebreak’s own table, topic, queue and functions by your own credentials');

export type Names = {
  readonly stack: string;
  readonly table: string;
  readonly queue: string;
  readonly topic: string;
  /** The name of a room's function. */
  lambda(room: string): string;
};

/** The names of a stack's resources, as serverless.yml gives them; from here on a region and a stack that are given count for every call and message. */
export function namesOf(options: StackOptions): Names {
  if (options.region) process.env['AWS_REGION'] = options.region;
  const stack = options.stack ?? (process.env['FIREBREAK_STACK'] || defaultStack);
  // CloudFormation's rule for stack names: letters, digits, hyphens, beginning with a letter, at most 128.
  if (!/^[A-Za-z][A-Za-z0-9-]{0,127}$/.test(stack))
    throw fault('UsageError', `${stack} cannot be a stack's name: expected letters, digits and hyphens`);
  process.env['FIREBREAK_STACK'] = stack;
  return {
    stack,
    table: `${stack}-incidents`,
    queue: `${stack}-dead-letters`,
    topic: `${stack}-alerts`,
    lambda: (room) => `${stack}-${room}`,
  };
}

export type Caller = {
  readonly arn: string;
  readonly account: string;
  readonly partition: string;
  readonly region: string;
};

/** Whose credentials these are, by STS, and the region that calls go to. */
export async function caller(): Promise<Caller> {
  const sts = client(STSClient);
  const region = await sts.config.region();
  const { Arn: arn, Account: account } = await sts.send(new GetCallerIdentityCommand({}));
  const partition = arn === undefined ? undefined : parseArn(arn)?.partition;
  if (arn === undefined || account === undefined || partition === undefined)
    throw fault('InputError', 'AWS did not say whose credentials these are; try: aws sts get-caller-identity');
  return { arn, account, partition, region };
}

/** Who calls, and what is done of Firebreak's own: by the operator role, so that the table need let nobody else. */
export type Access = {
  readonly who: Caller;
  /** Runs a work on Firebreak's own table, topic, queue, key or functions. */
  act<T>(work: () => Promise<T>): Promise<T>;
};

/** Sessions last an hour: a new one is taken when this much of it is left, in milliseconds. */
const spare = 300_000;

/**
 * Takes up the operator role. It never falls back to the caller's own credentials by itself: AWS answers the same where
 * there is no such role and where the caller may not assume it, and who may not must be told so.
 */
export async function access(names: Names, options: StackOptions): Promise<Access> {
  const who = await caller();
  const name = `${names.stack}-operator-${who.region}`;
  if (options.asCaller || who.arn.includes(`:assumed-role/${name}/`)) return { who, act: (work) => work() };
  const RoleArn = `arn:${who.partition}:iam::${who.account}:role/${name}`;
  // Made here, so that it is the caller's: what runs inside `act` gets the role's.
  const sts = client(STSClient);
  const assume = async () => {
    const { Credentials } = await sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: sessionNameOf(who.arn) }));
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = Credentials ?? {};
    if (!AccessKeyId || !SecretAccessKey || !SessionToken || !Expiration)
      throw fault('InputError', `AWS gave no credentials for ${RoleArn}`);
    return {
      accessKeyId: AccessKeyId,
      secretAccessKey: SecretAccessKey,
      sessionToken: SessionToken,
      expiration: Expiration,
    };
  };
  try {
    let session = await assume();
    const act = actingAs(async () => {
      if (session.expiration.getTime() - Date.now() < spare) session = await assume();
      return session;
    });
    return { who, act };
  } catch (error) {
    if (refusedAction(error) === null) throw error;
    throw fault(
      'NotOperator',
      `${who.arn} may not assume ${RoleArn}; next: have sts:AssumeRole on it granted to these credentials, and, where firebreak.yml names operators, be one of them; is ${names.stack} deployed in ${who.region}? A stack from before there was such a role: --as-caller`,
    );
  }
}

/** The session's name as CloudTrail shows it: the caller's user, or role and session; STS takes 2 to 64 of these letters (API reference, AssumeRole). */
export function sessionNameOf(arn: string): string {
  const name = (parseArn(arn)?.resource ?? arn).replace(/^(user|assumed-role)\//, '').replace(/[^\w+=,.@-]/g, '-');
  // The end of a long one tells who it is.
  return name.slice(-64).padEnd(2, '-');
}

/** A port whose every call is made by the operator. */
export function operated<T extends object>(port: T, { act }: Access): T {
  const calls = Object.entries(port) as [string, (...given: unknown[]) => Promise<unknown>][];
  return Object.fromEntries(
    calls.map(([name, call]) => [name, (...given: unknown[]) => act(() => call(...given))]),
  ) as T;
}

/** The engine of a room: Firebreak's own by the operator role, the rules' resources by the caller's own credentials. */
export function composed(room: string, config: Config, names: Names, as: Access): Composed {
  const { who } = as;
  const topicArn = `arn:${who.partition}:sns:${who.region}:${who.account}:${names.topic}`;
  const deps = compose({
    room,
    rules: rooms[room] ?? [],
    config,
    table: names.table,
    topicArn,
    ...own(room, names.stack, who),
    confirm: confirmFinding,
    holder: `cli-${randomUUID()}`,
  });
  const { tell, revise, later, sign, verify } = deps;
  return { ...deps, incidents: operated(deps.incidents, as), ...operated({ tell, revise, later, sign, verify }, as) };
}

/** What belongs to a deployment, by the names that scripts/resources.yml gives. */
export const own = (room: string, stack: string, { partition, region, account }: Caller) => ({
  stack,
  macKey: `alias/${stack}-records`,
  waker: {
    functionArn: `arn:${partition}:lambda:${region}:${account}:function:${stack}-${room}`,
    roleArn: `arn:${partition}:iam::${account}:role/${stack}-waker-${region}`,
    group: stack,
    deadLetterArn: `arn:${partition}:sqs:${region}:${account}:${stack}-dead-letters`,
  },
});

/** An incident that must be there, of a room that this version has. */
export function known(id: string, incident: Incident | null): Incident {
  if (!incident)
    throw fault('NoIncident', `there is no incident ${plain(id, 80)}; next: npx firebreak incidents lists them`);
  if (!Object.hasOwn(rooms, incident.room))
    throw fault(
      'NoRule',
      `incident ${incident.id} belongs to ${plain(incident.room, 60)}, which this version of Firebreak has not; expected one of ${Object.keys(rooms).join(', ')}`,
    );
  return incident;
}
