/** An incident as an event on the account's default bus, for everything that has no channel of its own. */
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { client } from '../aws/client.ts';
import { fault } from '../core/fault.ts';
import type { Incident } from '../core/incident.ts';
import type { JsonObject } from '../core/json.ts';
import type { Channel } from '../core/voice.ts';
import { inert, plain } from './plain.ts';

/** Not AWS's own: our rules, whose patterns ask for `aws.*`, do not wake on it. */
export const busSource = 'firebreak';
const busType = 'firebreak.incident';

export const busChannel: Channel = {
  name: 'eventbridge',
  revises: true,
  async say(incident) {
    const { Entries = [] } = await client(EventBridgeClient).send(
      new PutEventsCommand({
        Entries: [{ Source: busSource, DetailType: busType, Detail: JSON.stringify(detailOf(incident)) }],
      }),
    );
    const failed = Entries.find(({ ErrorCode }) => ErrorCode !== undefined);
    if (failed) throw fault('NotTaken', `EventBridge did not take the event: ${inert(failed.ErrorCode ?? '', 100)}`);
    return {};
  },
};

/**
 * What happened and how it ended; not the states before and after, which may be long (an event has 256 KB: EventBridge
 * quotas) and are for those who may read the incident. `version` is this shape's: it changes when a member goes.
 */
export function detailOf(incident: Incident): JsonObject {
  const { id, rules, severity, outcome, mode, event, actor, undo, times, decision } = incident;
  return {
    version: '1',
    incident: id,
    rules: [...rules],
    title: inert(incident.title, 200),
    severity,
    outcome,
    mode,
    note: inert(incident.note, 1000),
    account: inert(incident.account, 20),
    region: inert(incident.region, 30),
    // As it is: a program compares it. What shows it to people has to make it harmless.
    resource: plain(incident.resource, 1000),
    reasons: incident.reasons.slice(0, 10).map((reason) => inert(reason, 500)),
    event: { id: plain(event.id, 100), name: plain(event.name, 100) },
    actor: {
      type: plain(actor.type, 50),
      name: plain(actor.name, 300),
      ...(actor.arn !== undefined && { arn: plain(actor.arn, 600) }),
      ...(actor.ip !== undefined && { ip: plain(actor.ip, 100) }),
    },
    times: { ...times },
    ...(undo !== undefined && { undo }),
    ...(decision && { decision: { by: plain(decision.by, 300), at: decision.at } }),
    details: `npx firebreak incidents ${id}`,
  };
}
