/** Puts the engine together with DynamoDB, SNS and the clock. Decides nothing. */
import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { record } from '../aws/client.ts';
import type { Deps } from '../core/engine.ts';
import type { Config } from '../core/mode.ts';
import type { Rule } from '../core/rule.ts';
import { dynamoIncidents, type Listing } from '../incidents/dynamo.ts';
import { publish } from '../notify/sns.ts';
import type { Incidents } from '../core/incident.ts';

export type Composed = Deps & { readonly incidents: Incidents & Listing };

export type Parts = {
  readonly room: string;
  readonly rules: readonly Rule[];
  readonly config: Config;
  /** Names of the deployment's own resources. */
  readonly table: string;
  readonly topicArn: string;
  /** Unique to this invocation. */
  readonly holder: string;
};

export const compose = ({ room, rules, config, table, topicArn, holder }: Parts): Composed => ({
  room,
  rules,
  config,
  holder,
  incidents: dynamoIncidents(table, config.retention.incidents),
  tell: (incident) => publish(topicArn, incident),
  now: () => new Date(),
  sleep: (milliseconds) => pause(milliseconds),
  digest: (text) => createHash('sha256').update(text).digest('hex').slice(0, 16),
  record,
});
