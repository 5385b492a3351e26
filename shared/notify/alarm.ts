/**
 * An alarm of CloudWatch's on the stack itself, as something that channels can say. It comes to the same topic as incidents do,
 * without their attributes: "Notifying users on alarm changes", Amazon CloudWatch user guide.
 */
import type { Incident } from '../core/incident.ts';
import { text } from '../core/json.ts';
import { alarmed } from '../core/voice.ts';

/** Null where the message is no alarm's. */
export function alarmOf(message: string, at: string, digest: (text: string) => string): Incident | null {
  const alarm = parsed(message);
  const name = text(alarm, 'AlarmName');
  const state = text(alarm, 'NewStateValue');
  if (name === undefined || state === undefined) return null;
  const changed = text(alarm, 'StateChangeTime') ?? at;
  const id = `${alarmed}${digest(`${name} ${state} ${changed}`)}`;
  return {
    id,
    room: 'alarm',
    rules: [],
    title: state === 'OK' ? `Over: the alarm ${name}` : `The alarm ${name} is on`,
    severity: state === 'OK' ? 'info' : 'high',
    account: text(alarm, 'AWSAccountId') ?? 'unknown',
    region: text(alarm, 'Region') ?? 'unknown',
    resource: text(alarm, 'AlarmArn') ?? name,
    event: { id, name: 'unknown' },
    actor: { type: 'Unknown', name: 'CloudWatch' },
    reasons: [text(alarm, 'AlarmDescription') ?? text(alarm, 'NewStateReason') ?? 'no description'],
    mode: 'notify',
    outcome: 'told',
    note: text(alarm, 'NewStateReason') ?? state,
    writes: [],
    witnesses: [],
    timeline: [],
    times: { received: at },
    attempts: 1,
    at,
    version: 0,
  };
}

function parsed(message: string): unknown {
  try {
    return JSON.parse(message);
  } catch {
    return null;
  }
}
