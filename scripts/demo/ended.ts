/** Waiting for what Firebreak makes of a fire. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Incident } from '../../shared/core/incident.ts';
import type { dynamoIncidents } from '../../shared/incidents/dynamo.ts';

/** How long one fire may burn before the demo gives up on it, in milliseconds. */
export const patience = 40_000;

export async function until<T>(look: () => Promise<T | undefined>): Promise<T | undefined> {
  for (const end = performance.now() + patience; performance.now() < end; await pause(150)) {
    const found = await look();
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A rule's incident of an event, once it has ended and people have been told where it is theirs to know. */
export const ended = (
  store: ReturnType<typeof dynamoIncidents>,
  event: string,
  rule: string,
): Promise<Incident | undefined> =>
  until(async () => {
    const incident = (await store.list(2, new Date())).find(
      (one) => one.event.id === event && one.rules.includes(rule),
    );
    if (!incident || incident.outcome === 'open' || incident.outcome === 'settling') return undefined;
    return incident.told === incident.outcome || incident.outcome === 'exempt' ? incident : undefined;
  });
