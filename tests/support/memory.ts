/** Incidents in memory: what incident.ts promises, and nothing that DynamoDB's store would not do. */
import { counter } from '../../shared/core/count.ts';
import { fault } from '../../shared/core/fault.ts';
import type {
  Claim,
  Fixed,
  Grants,
  Incident,
  Incidents,
  Lesson,
  Lessons,
  Look,
  Pause,
  Saving,
} from '../../shared/core/incident.ts';
import { settled } from '../../shared/core/outcome.ts';
import { isReverted } from '../../shared/core/record.ts';

type Lens = { holder?: string; until?: string; last?: string; asked?: string; fixes?: readonly Fixed[] };
export type Memory = Incidents & {
  all(): readonly Incident[];
  pause(pauses: readonly Pause[]): void;
  /** What somebody with the table in hand does: puts a record as it is, whatever stands there. */
  tamper(incident: Incident): void;
  /** The same with what was learned of a lens. */
  teach(lease: string, lessons: Lessons): void;
};

/** A store of its own; `now` is the clock by which leases end. */
export function memoryIncidents(now: () => Date = () => new Date()): Memory {
  // Texts, as in the table: nobody holds a reference into what is stored.
  const records = new Map<string, string>();
  const lenses = new Map<string, Lens>();
  const requests = new Map<string, string>();
  const actors = new Map<string, readonly Fixed[]>();
  const begun: { room: string; at: string; incident: string }[] = [];
  const dues = new Map<string, { room: string; at: string; look: Look }>();
  const count = counter();
  const leaders = new Map<string, { incident: string; until: string }>();
  const learnt = new Map<string, string>();
  let pauses: readonly Pause[] = [];
  let grants: Grants = { grants: [] };

  const stored = (id: string): Incident | null => {
    const record = records.get(id);
    return record === undefined ? null : (JSON.parse(record) as Incident);
  };
  const put = (incident: Incident): unknown => records.set(incident.id, JSON.stringify(incident));
  const lensOf = (lease: string): Lens => lenses.get(lease) ?? {};
  const free = ({ holder, until }: Lens): boolean => holder === undefined || (until ?? '') < now().toISOString();

  async function claim(incident: Incident, lease: { holder: string; until: string } | null): Promise<Claim> {
    const { requestId } = incident.event;
    const owner = requestId === undefined ? undefined : requests.get(requestId);
    if (owner !== undefined) return { got: 'own', incident: owner };
    const existing = stored(incident.id);
    if (existing && settled(existing.outcome)) return { got: 'duplicate', incident: existing };
    const wanted = lease && incident.lease !== undefined ? { ...lease, lens: incident.lease } : null;
    if (wanted && !free(lensOf(wanted.lens))) return { got: 'busy', until: wanted.until };
    if (wanted) lenses.set(wanted.lens, { ...lensOf(wanted.lens), holder: wanted.holder, until: wanted.until });
    if (!existing) {
      put(incident);
      return { got: 'new' };
    }
    const resumed = { ...existing, attempts: existing.attempts + 1, version: existing.version + 1 };
    put(resumed);
    return { got: 'resumed', incident: resumed };
  }

  async function save(incident: Incident, options: Saving = {}): Promise<void> {
    const { lease } = incident;
    const closes = options.release !== undefined && lease !== undefined;
    const holder = closes ? lensOf(lease).holder : undefined;
    const taken = holder !== undefined && holder !== options.release;
    if (stored(incident.id)?.version !== incident.version - 1 || taken)
      throw fault('Stale', `incident ${incident.id} was written by another meanwhile`);
    put(incident);
    if (closes) {
      const { holder: _, until: __, ...kept } = lensOf(lease);
      const changed = ['fixed', 'held', 'released', 'undone'].includes(incident.outcome) || isReverted(incident);
      const { counts } = options;
      const fixes = counts && (counts.onLens ?? [...(lensOf(lease).fixes ?? []), counts.fixed]);
      const asked = incident.outcome === 'asked' && { asked: incident.id };
      lenses.set(lease, { ...kept, ...(changed && { last: incident.id }), ...asked, ...(fixes && { fixes }) });
    }
    if (options.counts) {
      const { actorKey, fixed, byActor } = options.counts;
      actors.set(actorKey, byActor ?? [...(actors.get(actorKey) ?? []), fixed]);
    }
    if (options.begins !== undefined) begun.push({ room: incident.room, at: options.begins, incident: incident.id });
    if (options.due === null) dues.delete(incident.id);
    else if (options.due !== undefined)
      dues.set(incident.id, { room: incident.room, at: options.due, look: { incident: incident.id } });
    for (const { requestId } of options.writes ?? []) if (requestId !== 'unknown') requests.set(requestId, incident.id);
  }

  async function lock(lease: string, holder: string, until: string): Promise<boolean> {
    if (!free(lensOf(lease))) return false;
    lenses.set(lease, { ...lensOf(lease), holder, until });
    return true;
  }

  async function unlock(lease: string, holder: string): Promise<void> {
    const { holder: held, until: _, ...kept } = lensOf(lease);
    if (held === holder) lenses.set(lease, kept);
  }

  async function lastOn(lease: string): Promise<Incident | null> {
    const { last } = lensOf(lease);
    return last === undefined ? null : stored(last);
  }

  async function note(
    id: string,
    entry: Incident['timeline'][number],
    witness?: Incident['witnesses'][number],
  ): Promise<void> {
    const incident = stored(id);
    if (!incident || (witness && incident.witnesses.some(({ id: known }) => known === witness.id))) return;
    const full = witness ? incident.witnesses.length >= 50 : incident.timeline.length >= 50;
    put({
      ...incident,
      ...(witness && { seen: (incident.seen ?? 0) + 1 }),
      ...(!full && {
        timeline: incident.timeline.length < 50 ? [...incident.timeline, entry] : incident.timeline,
        witnesses: witness ? [...incident.witnesses, witness] : incident.witnesses,
        version: incident.version + 1,
      }),
    });
  }

  const lessons = (lease: string): Lessons =>
    JSON.parse(learnt.get(lease) ?? '{"learned":null,"candidate":null}') as Lessons;
  const dueName = (lease: string): string => `learned ${lease}`;

  async function suggest(candidate: Lesson, at: string): Promise<void> {
    const { lease, room } = candidate;
    learnt.set(lease, JSON.stringify({ ...lessons(lease), candidate }));
    dues.set(dueName(lease), { room, at, look: { learned: lease } });
  }

  async function conclude(candidate: Lesson, learned: Lesson | null): Promise<boolean> {
    const { lease } = candidate;
    const now = lessons(lease);
    if (now.candidate?.code !== candidate.code) return false;
    learnt.set(lease, JSON.stringify({ learned: learned ?? now.learned, candidate: null }));
    dues.delete(dueName(lease));
    return true;
  }

  return {
    claim,
    save,
    lock,
    unlock,
    get: async (id) => stored(id),
    lastOn,
    note,
    standing: async (lease, actorKey) => ({
      pauses,
      onLens: lensOf(lease).fixes ?? [],
      byActor: actors.get(actorKey) ?? [],
      asked: lensOf(lease).asked ?? null,
      grants,
    }),
    lead: async (key, incident, time, until) => {
      const leader = leaders.get(key);
      if (leader && leader.until > time) return leader.incident;
      leaders.set(key, { incident, until });
      return incident;
    },
    ownerOf: async (requestId) => requests.get(requestId) ?? null,
    begunBetween: async (room, from, to) =>
      begun.filter((one) => one.room === room && one.at >= from && one.at <= to).map(({ incident }) => incident),
    overdue: async (room, time) =>
      [...dues]
        .filter(([, one]) => one.room === room && one.at <= time)
        .sort(([, a], [, b]) => a.at.localeCompare(b.at))
        .map(([, { look }]) => look),
    count: async (...counting) => {
      const { reached: _, ...counted } = count(...counting);
      return counted;
    },
    grants: async () => grants,
    setGrants: async (all, before) => {
      if (grants.code !== before.code) return false;
      grants = structuredClone(all);
      return true;
    },
    lessons: async (lease) => lessons(lease),
    suggest,
    conclude,
    pause: (all) => {
      pauses = all;
    },
    tamper: (incident) => void put(incident),
    teach: (lease, all) => void learnt.set(lease, JSON.stringify(all)),
    all: () => [...records.keys()].map((id) => stored(id) as Incident),
  };
}
