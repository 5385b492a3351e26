/** Incidents that last as long as the process: nothing is stored, for rehearsals at the command line. */
import { counter } from '../shared/core/count.ts';
import type { Claim, Incident, Incidents } from '../shared/core/incident.ts';

/** The port of incidents over a map; `all` lists what it holds, in the order in which it came. */
export function inMemory(): Incidents & { all(): readonly Incident[] } {
  const held = new Map<string, Incident>();
  const count = counter();
  const get = async (id: string): Promise<Incident | null> => held.get(id) ?? null;
  async function claim(incident: Incident): Promise<Claim> {
    const existing = held.get(incident.id);
    if (existing) return { got: 'duplicate', incident: existing };
    held.set(incident.id, incident);
    return { got: 'new' };
  }
  async function save(incident: Incident): Promise<void> {
    held.set(incident.id, incident);
  }
  return {
    claim,
    save,
    get,
    lock: async () => true,
    unlock: async () => {},
    lastOn: async () => null,
    note: async () => {},
    standing: async () => ({ pauses: [], onLens: [], byActor: [], asked: null }),
    lead: async (_key, incident) => incident,
    ownerOf: async () => null,
    begunBetween: async () => [],
    overdue: async () => [],
    count: async (...counting) => count(...counting),
    grants: async () => ({ grants: [] }),
    setGrants: async () => false,
    lessons: async () => ({ learned: null, candidate: null }),
    suggest: async () => {},
    conclude: async () => false,
    all: () => [...held.values()],
  };
}
