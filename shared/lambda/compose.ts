/** Puts the engine together with DynamoDB, SNS and the clock. Decides nothing. */
import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArn } from '../aws/arn.ts';
import { record } from '../aws/client.ts';
import { type Waker, wakeLater } from '../aws/schedule.ts';
import { sign, verify } from '../aws/signature.ts';
import { speaks } from '../config/own.ts';
import type { Deps } from '../core/deps.ts';
import type { Incidents } from '../core/incident.ts';
import type { Config } from '../core/mode.ts';
import type { Rule } from '../core/rule.ts';
import { dynamoIncidents, type Listing } from '../incidents/dynamo.ts';
import { publish } from '../notify/sns.ts';

export type Composed = Deps & { readonly incidents: Incidents & Listing };

export type Parts = {
  readonly room: string;
  readonly rules: readonly Rule[];
  readonly config: Config;
  /** Names of the deployment's own resources. */
  readonly stack: string;
  readonly table: string;
  readonly topicArn: string;
  /** The KMS key of the records' codes: id, ARN or alias. */
  readonly macKey: string;
  readonly waker: Waker;
  /** Unique to this invocation. */
  readonly holder: string;
  /** For rooms whose fixes act on a finding's word. */
  readonly confirm?: Deps['confirm'];
};

export function compose({
  room,
  rules,
  config,
  stack,
  table,
  topicArn,
  macKey,
  waker,
  holder,
  confirm,
}: Parts): Composed {
  const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
  const { account, region } = parseArn(waker.functionArn) ?? {};
  return {
    room,
    ...(account && { account }),
    ...(region && { region }),
    rules,
    config,
    holder,
    incidents: dynamoIncidents(table, config.retention.incidents),
    tell: (incident) => publish(topicArn, incident),
    // A topic that voice alone hears: scripts/people.ts.
    revise: (incident) =>
      speaks(config) ? publish(topicArn.replace(/-alerts$/, '-quiet'), incident) : Promise.resolve(),
    now: () => new Date(),
    sleep: (milliseconds) => pause(milliseconds),
    digest: (text) => hash(text).slice(0, 16),
    record,
    // A session of `<stack>-<room>-<region>`: scripts/serverless.ts names the roles.
    isOurs: (arn) => arn.includes(`:assumed-role/${stack}-`) && !arn.includes(`:assumed-role/${stack}-operator-`),
    confirm: confirm ?? (async () => 'unknown'),
    later: ({ at, ...look }) =>
      'incident' in look
        ? wakeLater(waker, look.incident, at)
        : // A lease has letters that a schedule's name has not, and too many (API reference, CreateSchedule: Name).
          wakeLater(waker, `learn-${hash(look.learned).slice(0, 16)}`, at, look),
    sign: (text) => sign(macKey, hash(text)),
    verify: (text, code) => verify(macKey, hash(text), code),
  };
}
