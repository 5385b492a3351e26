/** A room's Lambda function: logs and metrics around the engine with the room's rules. */
import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { knowing } from '../config/own.ts';
import type { Deps, Result } from '../core/deps.ts';
import { digest } from '../core/digest.ts';
import { due, dueLesson } from '../core/due.ts';
import { handle } from '../core/engine.ts';
import { fault } from '../core/fault.ts';
import { text } from '../core/json.ts';
import type { Config } from '../core/mode.ts';
import { approve } from '../core/people.ts';
import type { Rule } from '../core/rule.ts';
import { plain } from '../notify/plain.ts';
import { type Composed, compose } from './compose.ts';
import { deployedAs, named, needed } from './environment.ts';

/** The handler of a room: takes EventBridge events, and `{"firebreak":"approve","incident":ID}` from the CLI. */
export function serve(room: string, rules: readonly Rule[], config: Config, confirm?: Deps['confirm']) {
  const logger = new Logger({ serviceName: `firebreak-${room}` });
  const metrics = new Metrics({ namespace: 'Firebreak', serviceName: room, defaultDimensions: { room } });

  async function answer(event: unknown, context: Context): Promise<readonly Result[]> {
    const deps = compose({
      room,
      rules,
      config: knowing(config, needed('FIREBREAK_STACK')),
      ...deployedAs(context),
      ...(confirm && { confirm }),
    });
    const results = await answered(event, deps);
    for (const { outcome, incident, rules: ids, resource, note } of results) {
      metrics.addMetric(outcome, MetricUnit.Count, 1);
      logger.info('outcome', {
        outcome,
        incident,
        rules: ids,
        resource: plain(resource ?? '', 300),
        note: plain(note, 300),
      });
    }
    if (results.length === 0)
      logger.info('nothing recognised', {
        event: text(event, 'detail', 'eventName') ?? text(event, 'detail-type') ?? 'unknown',
      });
    return results;
  }

  return middy()
    .use(injectLambdaContext(logger))
    .use(logMetrics(metrics))
    .use({ onError: ({ error }) => void logger.error('failed', { error: named(error) }) })
    .handler(answer);
}

/** An event, or a command that names an incident or a lens: what is done of it is in its record, not in the command. */
async function answered(event: unknown, deps: Composed): Promise<readonly Result[]> {
  const incident = text(event, 'incident');
  const command = text(event, 'firebreak');
  const learned = text(event, 'learned');
  if (command === 'due' && learned !== undefined) return dueLesson(learned, deps);
  if (command === 'digest') return [await digest(deps, deps.incidents.pages)].filter((one) => one !== null);
  if (command === undefined || incident === undefined) return handle(event, deps);
  if (command === 'approve') return [await approve(incident, deps)];
  if (command === 'due') return due(incident, deps);
  throw fault('UnknownCommand', `expected approve, due or digest, found ${plain(command, 40)}`);
}
