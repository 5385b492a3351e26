/** The deployed stack that a command works with, by its names, and the engine composed as the caller. */
import { randomUUID } from 'node:crypto';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { Command } from 'commander';
import { rooms } from '../functions/rooms.ts';
import { parseArn } from '../shared/aws/arn.ts';
import { client } from '../shared/aws/client.ts';
import { confirmFinding } from '../shared/aws/findings.ts';
import { fault } from '../shared/core/fault.ts';
import type { Incident } from '../shared/core/incident.ts';
import type { Config } from '../shared/core/mode.ts';
import { type Composed, compose } from '../shared/lambda/compose.ts';
import { plain } from '../shared/notify/plain.ts';

export type StackOptions = { stack?: string; region?: string };

export const defaultStack = 'firebreak';

export const withStack = (command: Command): Command =>
  command
    .option('--stack <name>', `the deployed stack (default: FIREBREAK_STACK, else ${defaultStack})`)
    .option('--region <region>', 'the region that it is deployed in (default: AWS_REGION, else your profile’s)');

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

/** The engine of a room with the deployed table and topic, under the caller's own credentials. */
export function composed(room: string, config: Config, names: Names, who: Caller): Composed {
  const topicArn = `arn:${who.partition}:sns:${who.region}:${who.account}:${names.topic}`;
  return compose({
    room,
    rules: rooms[room] ?? [],
    config,
    table: names.table,
    topicArn,
    ...own(room, names.stack, who),
    confirm: confirmFinding,
    holder: `cli-${randomUUID()}`,
  });
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
