/** What every store of incidents must do: run over the one in memory and over DynamoDB's. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Claim, Fixed, Incident, Incidents, Lesson, Look, Pause } from '../../shared/core/incident.ts';

let made = 0;

/** An open incident like the engine's, with ids of its own. */
export function anIncident(change: Partial<Incident> = {}): Incident {
  made += 1;
  const unique = `${process.pid}-${made}`;
  return {
    id: `fb-${unique}`,
    room: 'toy',
    rules: ['toy/lamp'],
    title: 'A lamp burns',
    severity: 'high',
    account: '111122223333',
    region: 'eu-central-1',
    resource: `arn:aws:toy:eu-central-1:111122223333:lamp/${unique}`,
    event: { id: `event-${unique}`, name: 'LightLamp' },
    actor: { type: 'IAMUser', name: 'alice' },
    reasons: ['it burns'],
    mode: 'remediate',
    outcome: 'open',
    note: 'mode remediate',
    lens: 'toy/lamp',
    lease: `111122223333/eu-central-1/toy/lamp/${unique}`,
    target: { lamp: unique },
    writes: [],
    witnesses: [],
    timeline: [{ at: '2026-03-01T10:00:00.000Z', what: 'recognised: it burns' }],
    times: { event: '2026-03-01T09:59:58Z', received: '2026-03-01T10:00:00.000Z' },
    attempts: 1,
    at: '2026-03-01T10:00:00.000Z',
    version: 0,
    ...change,
  };
}

const soon = (): string => new Date(Date.now() + 90_000).toISOString();
const past = '2020-01-01T00:00:00.000Z';
const by = (holder: string, until = soon()): { holder: string; until: string } => ({ holder, until });
const next = (incident: Incident, change: Partial<Incident> = {}): Incident => ({
  ...incident,
  ...change,
  version: incident.version + 1,
});
const leaseOf = (incident: Incident): string => incident.lease ?? '';
const count = (claims: readonly Claim[], got: Claim['got']): number =>
  claims.filter((claim) => claim.got === got).length;

/** `pause` sets what is paused in a store. */
export function incidentsContract<S extends Incidents>(
  name: string,
  make: () => S,
  pause: (store: S, pauses: readonly Pause[]) => Promise<void>,
): void {
  describe(`incidents in ${name}`, () => {
    let store: S;
    beforeEach(() => {
      store = make();
    });

    describe('claim', () => {
      it('stores a new incident as it is, and takes the lens', async () => {
        const incident = anIncident({
          target: { b: [1, 0.1, '', null, { 'ä\u0000"': true }], a: {} },
          before: { state: null },
        });
        expect(await store.claim(incident, by('one'))).toEqual({ got: 'new' });
        expect(await store.get(incident.id)).toEqual(incident);
        expect(await store.lock(leaseOf(incident), 'two', soon())).toBe(false);
      });

      it('is busy while another holds the lens, and stores nothing', async () => {
        const first = anIncident();
        const second = anIncident({ lease: leaseOf(first) });
        await store.claim(first, by('one'));
        expect((await store.claim(second, by('two'))).got).toBe('busy');
        expect(await store.get(second.id)).toBeNull();
        expect((await store.claim(first, by('two'))).got).toBe('busy');
        expect(await store.get(first.id)).toEqual(first);
      });

      it('takes a lens whose lease has run out, and goes on from what was stored', async () => {
        const incident = anIncident();
        await store.claim(incident, by('dead', past));
        const saved = next(incident, { before: { state: { lit: true } } });
        await store.save(saved);
        const claim = await store.claim({ ...incident, title: 'not what is stored' }, by('two'));
        const resumed = next(saved, { attempts: 2 });
        expect(claim).toEqual({ got: 'resumed', incident: resumed });
        expect(await store.get(incident.id)).toEqual(resumed);
        expect(await store.lock(leaseOf(incident), 'three', soon())).toBe(false);
      });

      it('needs no lens for what is only told or asked', async () => {
        const lens = anIncident();
        await store.claim(lens, by('one'));
        expect(await store.claim(anIncident({ lease: leaseOf(lens) }), null)).toEqual({ got: 'new' });
        const { lease: _, ...told } = anIncident();
        expect(await store.claim(told, null)).toEqual({ got: 'new' });
        expect((await store.claim(told, null)).got).toBe('resumed');
      });

      it('knows an event that was handled, whoever holds the lens', async () => {
        const incident = anIncident();
        await store.claim(incident, by('one'));
        const fixed = next(incident, { outcome: 'fixed' });
        await store.save(fixed, { release: 'one' });
        expect(await store.claim(incident, by('two'))).toEqual({ got: 'duplicate', incident: fixed });
        expect(await store.lock(leaseOf(incident), 'three', soon())).toBe(true);
        expect(await store.claim(incident, by('two'))).toEqual({ got: 'duplicate', incident: fixed });
      });

      it('takes up what failed', async () => {
        const incident = anIncident();
        await store.claim(incident, by('one'));
        await store.save(next(incident, { outcome: 'failed' }), { release: 'one' });
        expect((await store.claim(incident, by('two'))).got).toBe('resumed');
      });

      it('knows the event of an own write, and stores nothing', async () => {
        const incident = anIncident();
        await store.claim(incident, by('one'));
        const writes = [
          { call: 'PutLamp', requestId: `own-${incident.id}` },
          { call: 'PutShade', requestId: 'unknown' },
        ];
        await store.save(next(incident, { outcome: 'fixed', writes }), { release: 'one', writes });
        const own = anIncident({ event: { id: 'e', name: 'PutLamp', requestId: `own-${incident.id}` } });
        expect(await store.claim(own, by('two'))).toEqual({ got: 'own', incident: incident.id });
        expect(await store.claim(own, null)).toEqual({ got: 'own', incident: incident.id });
        expect(await store.get(own.id)).toBeNull();
        expect(await store.lock(leaseOf(own), 'three', soon())).toBe(true);
        const strange = anIncident({ event: { id: 'e', name: 'PutLamp', requestId: 'unknown' } });
        expect((await store.claim(strange, by('two'))).got).toBe('new');
      });

      it('says new to one of twenty who bring the same event at once', async () => {
        const incident = anIncident();
        const claims = await Promise.all(
          Array.from({ length: 20 }, (_, n) => store.claim(incident, by(`holder-${n}`))),
        );
        expect([count(claims, 'new'), count(claims, 'busy')]).toEqual([1, 19]);
        expect(await store.get(incident.id)).toEqual(incident);
      });

      it('gives a lens to one of twenty who bring different events at once', async () => {
        const lease = leaseOf(anIncident());
        const all = Array.from({ length: 20 }, () => anIncident({ lease }));
        const claims = await Promise.all(all.map((incident, n) => store.claim(incident, by(`holder-${n}`))));
        expect([count(claims, 'new'), count(claims, 'busy')]).toEqual([1, 19]);
        const stored = await Promise.all(all.map((incident) => store.get(incident.id)));
        expect(stored.filter((incident) => incident !== null)).toHaveLength(1);
      });

      it('lets one of twenty take up a lease that has run out', async () => {
        const incident = anIncident();
        await store.claim(incident, by('dead', past));
        const claims = await Promise.all(
          Array.from({ length: 20 }, (_, n) => store.claim(incident, by(`holder-${n}`))),
        );
        expect([count(claims, 'resumed'), count(claims, 'busy')]).toEqual([1, 19]);
        expect((await store.get(incident.id))?.attempts).toBe(2);
      });
    });

    describe('save', () => {
      it('refuses a record that another has written meanwhile', async () => {
        const incident = anIncident();
        await store.claim(incident, null);
        await store.save(next(incident, { note: 'first' }));
        await expect(store.save(next(incident, { note: 'second' }))).rejects.toMatchObject({ name: 'Stale' });
        expect((await store.get(incident.id))?.note).toBe('first');
      });

      it('refuses a record that was never claimed', async () => {
        const incident = anIncident({ version: 1 });
        await expect(store.save(incident)).rejects.toMatchObject({ name: 'Stale' });
        expect(await store.get(incident.id)).toBeNull();
      });

      it('lets one of ten at once win', async () => {
        const incident = anIncident();
        await store.claim(incident, null);
        const saves = await Promise.allSettled(
          Array.from({ length: 10 }, (_, n) => store.save(next(incident, { note: `${n}` }))),
        );
        expect(saves.filter((save) => save.status === 'fulfilled')).toHaveLength(1);
      });

      it('frees the lens with release, and only then', async () => {
        const incident = anIncident();
        await store.claim(incident, by('one'));
        await store.save(next(incident));
        expect(await store.lock(leaseOf(incident), 'two', soon())).toBe(false);
        await store.save(next(next(incident)), { release: 'one' });
        expect(await store.lock(leaseOf(incident), 'two', soon())).toBe(true);
      });

      it('does not close what another has taken over: nothing of it is stored', async () => {
        const incident = anIncident();
        await store.claim(incident, by('slow', past));
        expect(await store.lock(leaseOf(incident), 'two', soon())).toBe(true);
        const writes = [{ call: 'PutLamp', requestId: `late-${incident.id}` }];
        await expect(
          store.save(next(incident, { outcome: 'fixed' }), { release: 'slow', writes }),
        ).rejects.toMatchObject({ name: 'Stale' });
        expect(await store.get(incident.id)).toEqual(incident);
        expect(await store.lastOn(leaseOf(incident))).toBeNull();
        const own = anIncident({ event: { id: 'e', name: 'PutLamp', requestId: `late-${incident.id}` } });
        expect((await store.claim(own, null)).got).toBe('new');
      });

      it('knows writes as own without release, too', async () => {
        const incident = anIncident();
        await store.claim(incident, by('one'));
        await store.save(next(incident), { writes: [{ call: 'PutLamp', requestId: `half-${incident.id}` }] });
        const own = anIncident({ event: { id: 'e', name: 'PutLamp', requestId: `half-${incident.id}` } });
        expect((await store.claim(own, null)).got).toBe('own');
      });
    });

    describe('lastOn', () => {
      it('is the last incident that changed the lens, as it is now', async () => {
        const fire = anIncident();
        const lease = leaseOf(fire);
        expect(await store.lastOn(lease)).toBeNull();
        await store.claim(fire, by('one'));
        expect(await store.lastOn(lease)).toBeNull();
        await store.save(next(fire, { outcome: 'fixed' }), { release: 'one' });
        for (const outcome of ['safe', 'witness', 'told', 'failed'] as const) {
          const later = anIncident({ lease });
          await store.claim(later, by('two'));
          await store.save(next(later, { outcome }), { release: 'two' });
          expect((await store.lastOn(lease))?.id).toBe(fire.id);
        }
        await store.lock(lease, 'three', soon());
        await store.unlock(lease, 'three');
        const told = next(next(fire, { outcome: 'fixed' }), { outcome: 'fixed', told: 'fixed' });
        await store.save(told);
        expect(await store.lastOn(lease)).toEqual(told);
        const second = anIncident({ lease });
        await store.claim(second, by('four'));
        await store.save(next(second, { outcome: 'fixed' }), { release: 'four' });
        expect((await store.lastOn(lease))?.id).toBe(second.id);
      });
    });

    describe('lock', () => {
      it('is held by one of twenty, until it is unlocked by the same', async () => {
        const lease = leaseOf(anIncident());
        const locks = await Promise.all(Array.from({ length: 20 }, (_, n) => store.lock(lease, `holder-${n}`, soon())));
        expect(locks.filter(Boolean)).toHaveLength(1);
        const holder = `holder-${locks.indexOf(true)}`;
        await store.unlock(lease, 'stranger');
        expect(await store.lock(lease, 'two', soon())).toBe(false);
        expect(await store.lock(lease, holder, soon())).toBe(false);
        await store.unlock(lease, holder);
        expect(await store.lock(lease, 'two', soon())).toBe(true);
      });

      it('passes on when its time is over', async () => {
        const lease = leaseOf(anIncident());
        expect(await store.lock(lease, 'dead', past)).toBe(true);
        expect(await store.lock(lease, 'two', soon())).toBe(true);
        await store.unlock(lease, 'dead');
        expect(await store.lock(lease, 'three', soon())).toBe(false);
      });

      it('is free to unlock where nobody holds it', async () => {
        await expect(store.unlock(leaseOf(anIncident()), 'nobody')).resolves.toBeUndefined();
      });
    });

    describe('ownerOf', () => {
      it('is the incident that made a request, or nobody', async () => {
        const incident = anIncident();
        const requestId = `owned-${incident.id}`;
        await store.claim(incident, by('one'));
        expect(await store.ownerOf(requestId)).toBeNull();
        await store.save(next(incident), { writes: [{ call: 'PutLamp', requestId }] });
        expect(await store.ownerOf(requestId)).toBe(incident.id);
        expect(await store.ownerOf('unknown')).toBeNull();
      });
    });

    describe('standing', () => {
      const fix = (incident: Incident, actor = 'alice'): Fixed => ({ actor, at: past, incident: incident.id });
      let actors = 0;
      const actorKey = (): string => `toy/lamp|${name}-${process.pid}-${++actors}`;

      it('is nothing where nothing was ever paused or fixed', async () => {
        await pause(store, []);
        expect(await store.standing(leaseOf(anIncident()), actorKey())).toMatchObject({
          pauses: [],
          onLens: [],
          byActor: [],
          asked: null,
        });
      });

      it('holds the pauses as they were set last', async () => {
        const until = new Date(Date.now() + 3_600_000).toISOString();
        const all = [
          { until, by: 'bob', reason: 'a migration' },
          { rule: 's3/*', account: '111122223333', until, by: 'bob', reason: '' },
        ];
        await pause(store, all);
        expect((await store.standing('lens', 'actor')).pauses).toEqual(all);
        await pause(store, []);
        expect((await store.standing('lens', 'actor')).pauses).toEqual([]);
      });

      it('holds the fixes of a lens and of an actor, the oldest first, and nobody else’s', async () => {
        const [first, second] = [anIncident(), anIncident()];
        const key = actorKey();
        const other = actorKey();
        const sameLens = { ...second, lease: leaseOf(first) };
        await store.claim(first, by('one'));
        await store.save(next(first, { outcome: 'fixed' }), {
          release: 'one',
          counts: { actorKey: key, fixed: fix(first) },
        });
        await store.claim(sameLens, by('two'));
        await store.save(next(sameLens, { outcome: 'fixed' }), {
          release: 'two',
          counts: { actorKey: other, fixed: fix(sameLens, 'bob') },
        });
        const { onLens, byActor } = await store.standing(leaseOf(first), key);
        expect(onLens).toEqual([fix(first), fix(sameLens, 'bob')]);
        expect(byActor).toEqual([fix(first)]);
        expect((await store.standing(leaseOf(second), other)).onLens).toEqual([]);
        expect((await store.lastOn(leaseOf(first)))?.id).toBe(sameLens.id);
        await store.lock(leaseOf(first), 'three', soon());
        await store.unlock(leaseOf(first), 'three');
        expect((await store.standing(leaseOf(first), key)).onLens).toHaveLength(2);
      });

      it('loses none of ten that are counted at once', async () => {
        const key = actorKey();
        const all = Array.from({ length: 10 }, () => anIncident());
        await Promise.all(
          all.map(async (incident) => {
            await store.claim(incident, by('one'));
            const counts = { actorKey: key, fixed: fix(incident) };
            for (let tries = 0; tries < 30; tries += 1)
              try {
                return await store.save(next(incident, { outcome: 'fixed' }), { release: 'one', counts });
              } catch (error) {
                if ((error as Error).name !== 'TransactionCanceledException') throw error;
              }
          }),
        );
        const { byActor } = await store.standing('lens', key);
        expect(byActor.map(({ incident }) => incident).sort()).toEqual(all.map(({ id }) => id).sort());
      });

      it('takes a list in place of what is there', async () => {
        const incident = anIncident();
        const key = actorKey();
        await store.claim(incident, by('one'));
        const lists = { onLens: [fix(incident)], byActor: [fix(incident), fix(incident)] };
        for (let version = 1; version < 3; version += 1)
          await store.save(
            { ...incident, version },
            { release: 'one', counts: { actorKey: key, fixed: fix(incident), ...lists } },
          );
        expect(await store.standing(leaseOf(incident), key)).toMatchObject(lists);
      });
    });

    describe('a question on a lens', () => {
      it('is the last that was asked with its lease, whatever came of it', async () => {
        const first = anIncident();
        const lease = leaseOf(first);
        const asked = async (): Promise<string | null> => (await store.standing(lease, 'nobody')).asked;
        await store.claim(first, by('one'));
        expect(await asked()).toBeNull();
        await store.save(next(first, { outcome: 'asked' }), { release: 'one' });
        expect(await asked()).toBe(first.id);
        for (const outcome of ['witness', 'fixed', 'safe'] as const) {
          const later = anIncident({ lease });
          await store.claim(later, by('two'));
          await store.save(next(later, { outcome }), { release: 'two' });
          expect(await asked()).toBe(first.id);
        }
        const second = anIncident({ lease });
        await store.claim(second, by('three'));
        await store.save(next(second, { outcome: 'asked' }), { release: 'three' });
        expect(await asked()).toBe(second.id);
      });
    });

    describe('lead', () => {
      const [ten, eleven, twelve] = [10, 11, 12].map((hour) => `2026-03-01T${hour}:00:00.000Z`) as [
        string,
        string,
        string,
      ];

      it('is the first one’s until its time is over, then the next one’s', async () => {
        const key = `rehearsed ${leaseOf(anIncident())}`;
        expect(await store.lead(key, 'fb-1', ten, eleven)).toBe('fb-1');
        expect(await store.lead(key, 'fb-2', ten, twelve)).toBe('fb-1');
        expect(await store.lead(key, 'fb-1', ten, twelve)).toBe('fb-1');
        expect(await store.lead(`${key} other`, 'fb-2', ten, twelve)).toBe('fb-2');
        expect(await store.lead(key, 'fb-2', eleven, twelve)).toBe('fb-2');
        expect(await store.lead(key, 'fb-1', eleven, twelve)).toBe('fb-2');
      });

      it('is one of twenty', async () => {
        const key = `rehearsed ${leaseOf(anIncident())}`;
        const leaders = await Promise.all(
          Array.from({ length: 20 }, (_, n) => store.lead(key, `fb-${n}`, ten, eleven)),
        );
        expect(new Set(leaders).size).toBe(1);
      });
    });

    describe('overdue', () => {
      const look = ({ id }: Incident): Look => ({ incident: id });
      const on = async (room: string, due: string | null): Promise<Incident> => {
        const incident = anIncident({ room });
        await store.claim(incident, null);
        await store.save(next(incident), { due });
        return incident;
      };

      it('names what is due in a room by then, the oldest first, and nothing else', async () => {
        const room = `overdue-${name}-${process.pid}`;
        const late = await on(room, '2026-03-01T10:00:00.000Z');
        const later = await on(room, '2026-03-01T11:00:00.000Z');
        const first = await on(room, '2026-03-01T09:00:00.000Z');
        await on(room, null);
        await on(`${room}-2`, '2026-03-01T09:00:00.000Z');
        expect(await store.overdue(room, '2026-03-01T10:00:00.000Z')).toEqual([first, late].map(look));
        await store.save({ ...first, version: 2 }, { due: null });
        await store.save({ ...late, version: 2 }, { due: '2026-03-01T12:00:00.000Z' });
        expect(await store.overdue(room, '2026-03-01T13:00:00.000Z')).toEqual([later, late].map(look));
        // A save that says nothing of it leaves it due.
        await store.save({ ...later, version: 2 });
        expect(await store.overdue(room, '2026-03-01T11:30:00.000Z')).toEqual([later].map(look));
      });
    });

    describe('count', () => {
      const three = { times: 3, minutes: 10 };
      let targets = 0;
      const target = (): string => `toy/rings|${name}-${process.pid}|${++targets}`;
      const ring = (one: string, id: string, minute: number, threshold = three) =>
        store.count(one, { id, at: new Date(Date.UTC(2026, 2, 1, 10, minute)).toISOString() }, threshold);
      const at = (minute: number): string => new Date(Date.UTC(2026, 2, 1, 10, minute)).toISOString();

      it('counts each event once, those of one target only, and those that are close together', async () => {
        const [one, other] = [target(), target()];
        expect(await ring(one, 'a', 0)).toEqual({ count: 1, begun: null });
        expect(await ring(one, 'a', 0)).toEqual({ count: 1, begun: null });
        expect(await ring(one, 'b', 1)).toEqual({ count: 2, begun: null });
        expect(await ring(other, 'c', 2)).toEqual({ count: 1, begun: null });
        expect(await ring(one, 'd', 11)).toEqual({ count: 2, begun: null });
      });

      it('begins at the one that reaches the threshold; what comes within its minutes belongs to it', async () => {
        const one = target();
        await ring(one, 'a', 0);
        await ring(one, 'b', 1);
        expect(await ring(one, 'c', 2)).toEqual({ count: 3, begun: at(2) });
        expect(await ring(one, 'c', 2)).toEqual({ count: 3, begun: at(2) });
        expect(await ring(one, 'd', 12)).toEqual({ count: 2, begun: null });
        expect(await ring(one, 'e', 11)).toEqual({ count: 3, begun: at(2) });
        expect(await ring(one, 'f', 13)).toEqual({ count: 3, begun: at(13) });
      });

      it('does not mind in which order they come', async () => {
        const one = target();
        await ring(one, 'c', 5);
        await ring(one, 'b', 3);
        expect(await ring(one, 'a', 1)).toEqual({ count: 3, begun: at(1) });
        expect(await ring(one, 'd', 4)).toEqual({ count: 4, begun: at(1) });
      });

      it('begins once where many come at once, and loses none of them', async () => {
        const one = target();
        const many = await Promise.all(Array.from({ length: 20 }, (_, n) => ring(one, `e${n}`, n / 10)));
        expect(new Set(many.flatMap(({ begun }) => begun ?? [])).size).toBe(1);
        expect(await ring(one, 'last', 2)).toMatchObject({ count: 21 });
      });

      it('keeps the newest of a flood', async () => {
        const one = target();
        for (let n = 0; n < 80; n += 1) await ring(one, `e${String(n).padStart(3, '0')}`, n / 100);
        const { count: most } = await ring(one, 'last', 1);
        expect(most).toBeGreaterThan(50);
        expect(most).toBeLessThan(75);
      });
    });

    describe('what is learned of a lens', () => {
      const lesson = (room: string, change: Partial<Lesson> = {}): Lesson => ({
        room,
        rule: 'toy/lamp',
        lease: leaseOf(anIncident()),
        target: { lamp: 'ä\u0000"' },
        state: { b: [1, 0.1, '', null], a: {} },
        by: 'arn:aws:iam::111122223333:user/alice',
        at: '2026-03-01T10:00:00.000Z',
        stood: false,
        code: 'code-1',
        ...change,
      });
      const due = '2026-03-02T10:00:00.000Z';

      it('is nothing at first, then a candidate that is due, then what stood', async () => {
        const room = `learned-${name}-${process.pid}`;
        const candidate = lesson(room);
        const { lease } = candidate;
        expect(await store.lessons(lease)).toEqual({ learned: null, candidate: null });
        await store.suggest(candidate, due);
        expect(await store.lessons(lease)).toEqual({ learned: null, candidate });
        expect(await store.overdue(room, '2026-03-02T09:59:59.000Z')).toEqual([]);
        expect(await store.overdue(room, due)).toEqual([{ learned: lease }]);
        const learned = { ...candidate, stood: true, code: 'code-2' };
        expect(await store.conclude(candidate, learned)).toBe(true);
        expect(await store.lessons(lease)).toEqual({ learned, candidate: null });
        expect(await store.overdue(room, '2027')).toEqual([]);
      });

      it('keeps what stood until another has, and a newer candidate from being ended for an older one', async () => {
        const room = `newer-${name}-${process.pid}`;
        const first = lesson(room);
        const { lease } = first;
        const learned = { ...first, stood: true, code: 'code-2' };
        await store.suggest(first, due);
        await store.conclude(first, learned);
        const [second, third] = [lesson(room, { lease, code: 'code-3' }), lesson(room, { lease, code: 'code-4' })];
        await store.suggest(second, due);
        await store.suggest(third, '2026-03-02T11:00:00.000Z');
        expect(await store.conclude(second, { ...second, stood: true })).toBe(false);
        expect(await store.lessons(lease)).toEqual({ learned, candidate: third });
        expect(await store.overdue(room, due)).toEqual([]);
        expect(await store.conclude(third, null)).toBe(true);
        expect(await store.lessons(lease)).toEqual({ learned, candidate: null });
        expect(await store.conclude(third, null)).toBe(false);
      });
    });

    describe('begunBetween', () => {
      it('names the incidents of a room of which a write began then, every begin for itself', async () => {
        const room = `begun-${name}-${process.pid}`;
        const [one, two, other] = [anIncident({ room }), anIncident({ room }), anIncident({ room: `${room}-2` })];
        for (const incident of [one, two, other]) await store.claim(incident, null);
        await store.save(next(one), { begins: '2026-03-01T10:00:00.000Z' });
        await store.save({ ...one, version: 2 }, { begins: '2026-03-01T10:05:00.000Z' });
        await store.save(next(two), { begins: '2026-03-01T10:01:00.000Z' });
        await store.save(next(other), { begins: '2026-03-01T10:00:30.000Z' });
        const then = (from: string, to: string) =>
          store.begunBetween(room, `2026-03-01T${from}.000Z`, `2026-03-01T${to}.000Z`);
        expect(await then('10:00:00', '10:01:00')).toEqual([one.id, two.id]);
        expect(await then('10:00:01', '10:04:59')).toEqual([two.id]);
        expect(await then('10:05:00', '11:00:00')).toEqual([one.id]);
        expect(await then('10:06:00', '11:00:00')).toEqual([]);
      });
    });

    describe('what people granted', () => {
      const granted = (incident: Incident) => ({
        ...{ rule: 'toy/lamp', account: '111122223333', resource: incident.resource, lease: leaseOf(incident) },
        ...{ owner: 'bob', reason: 'a show', until: soon(), expires: '2031-05-02', incident: incident.id },
      });

      it('is read with what stands, and stored only where nobody changed it since it was read', async () => {
        const incident = anIncident();
        const before = await store.grants();
        const code = `code of ${incident.id}`;
        const grants = [granted(incident)];
        expect(await store.setGrants({ grants, code }, before)).toBe(true);
        expect(await store.grants()).toEqual({ grants, code });
        expect((await store.standing(leaseOf(incident), 'nobody')).grants).toEqual(await store.grants());
        expect(await store.setGrants({ grants: [], code: 'late' }, before)).toBe(false);
        expect(await store.setGrants({ grants: [], code: 'next' }, { grants: [], code })).toBe(true);
        expect(await store.grants()).toEqual({ grants: [], code: 'next' });
      });
    });

    describe('note', () => {
      const entry = { at: '2026-03-01T10:01:00.000Z', what: 'delivered again' };

      it('adds to the timeline and the witnesses, and counts as a write', async () => {
        const incident = anIncident();
        await store.claim(incident, null);
        await store.note(incident.id, entry);
        const witness = { id: 'finding-1', name: 'Policy:S3/Public', at: entry.at };
        await store.note(incident.id, entry, witness);
        expect(await store.get(incident.id)).toEqual({
          ...incident,
          timeline: [...incident.timeline, entry, entry],
          witnesses: [witness],
          seen: 1,
          version: 2,
        });
        await expect(store.save(next(incident))).rejects.toMatchObject({ name: 'Stale' });
      });

      it('loses none of three at once', async () => {
        const incident = anIncident();
        await store.claim(incident, null);
        await Promise.all([1, 2, 3].map((n) => store.note(incident.id, { ...entry, what: `${n}` })));
        expect((await store.get(incident.id))?.timeline).toHaveLength(4);
      });

      it('does not let a flood fill the record', async () => {
        const entries = Array.from({ length: 50 }, () => entry);
        const incident = anIncident({ timeline: entries });
        await store.claim(incident, null);
        await store.note(incident.id, { ...entry, what: 'the fifty-first' });
        expect((await store.get(incident.id))?.timeline).toEqual(entries);
      });

      it('takes a witness once, and counts those of a flood that it has no room for, through saves too', async () => {
        const incident = anIncident();
        await store.claim(incident, null);
        const witness = (id: string) => ({ id, name: 'Policy:S3/Public', at: entry.at });
        for (let n = 0; n < 2; n += 1) await store.note(incident.id, entry, witness('one'));
        expect(await store.get(incident.id)).toMatchObject({ seen: 1, witnesses: [witness('one')], version: 1 });
        const before = await store.get(incident.id);
        if (before) await store.save(next(before, { outcome: 'fixed' }));
        for (let n = 0; n < 60; n += 1) await store.note(incident.id, entry, witness(`more-${n}`));
        const after = await store.get(incident.id);
        expect(after).toMatchObject({ seen: 61, outcome: 'fixed' });
        expect([after?.witnesses.length, after?.timeline.length]).toEqual([50, 50]);
      });

      it('counts every one of many that come at once', async () => {
        const incident = anIncident();
        await store.claim(incident, null);
        const witness = (n: number) => ({ id: `at-once-${n}`, name: 'Policy:S3/Public', at: entry.at });
        await Promise.all(Array.from({ length: 20 }, (_, n) => store.note(incident.id, entry, witness(n))));
        expect(await store.get(incident.id)).toMatchObject({ seen: 20 });
      });

      it('does nothing where there is no incident', async () => {
        await store.note('fb-none', entry);
        await store.note('fb-none', entry, { id: 'a', name: 'b', at: entry.at });
        expect(await store.get('fb-none')).toBeNull();
      });
    });
  });
}
