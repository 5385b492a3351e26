/** Whatever a member of an event is, the rules of EC2 say something of it or nothing, and never throw. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isObject, type Json, type JsonObject } from '../../shared/core/json.ts';
import { isUnreadable } from '../../shared/core/rule.ts';
import { normalise } from '../../shared/core/signal.ts';
import { home } from '../support/detecting.ts';
import { registered } from '../support/registry.ts';

const rules = (await registered()).filter(({ rule }) => rule.id.startsWith('ec2/'));
const events = rules.flatMap(({ rule, files }) => files.fires.map(({ event }) => ({ rule, event })));
const odd = fc.oneof(
  fc.constantFrom<Json>(null, '', [], {}, '\u0000\u202e', 'x'.repeat(2 ** 16), 0, -1, true, [null, [{}]], { items: 7 }),
  fc.constantFrom<Json>({ items: [{ items: null }] }, { item: '' }, { content: { content: 1 } }, '[]', '{}'),
  fc.jsonValue().map((value) => value as Json),
);

/** Every place in a value, as a path. */
const places = (value: Json, path: readonly string[] = []): readonly (readonly string[])[] => {
  const members = Array.isArray(value) ? Object.entries(value) : isObject(value) ? Object.entries(value) : [];
  return [path, ...members.flatMap(([key, member]) => places((member ?? null) as Json, [...path, key]))];
};

function changed(value: Json, [key, ...rest]: readonly string[], to: Json): Json {
  if (key === undefined) return to;
  if (Array.isArray(value)) return value.map((one: Json, at) => (`${at}` === key ? changed(one, rest, to) : one));
  return isObject(value) ? { ...value, [key]: changed((value[key] ?? null) as Json, rest, to) } : value;
}

it('of any field of any event', () => {
  fc.assert(
    fc.property(fc.constantFrom(...events), odd, fc.nat(), ({ rule, event }, to, at) => {
      const { detail } = event as { detail: JsonObject };
      const all = places(detail);
      const other = { ...(event as JsonObject), detail: changed(detail, all[at % all.length] ?? [], to) };
      const normalised = normalise(other);
      for (const signal of 'signals' in normalised ? normalised.signals : []) {
        const found = rule.detect(signal, {}, { ...home, account: signal.account });
        if (isUnreadable(found)) expect(found.unreadable).toMatch(/^(request|response|check-item-detail)/);
        else
          for (const { reason, resource } of found)
            expect([typeof reason, typeof resource]).toEqual(['string', 'string']);
      }
    }),
    { numRuns: 3000 },
  );
});
