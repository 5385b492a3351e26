/**
 * A fix of several steps as one lens: its state is the steps' states by name, in order. All of it is read and recorded
 * before the first change; a step whose state is as wanted is not written again, so that an interrupted fix goes on
 * where it stopped; undo goes back in reverse and leaves evidence where it is.
 */
import { canonical, type Json } from './json.ts';
import { type Context, isUnknown, type Lens, type StateFix, type Unknown } from './rule.ts';

export type Step<T extends Json, B> = {
  readonly name: string;
  readonly lens: Lens<T, Json>;
  readonly desire: (state: Json, context: Context<T, B>) => Json | Unknown;
  /** What it makes is evidence: undo does not take it away. */
  readonly evidence?: true;
};

type States = { readonly [name: string]: Json };

/** Checks a step's parts against each other, then erases the type of its state. */
export const step = <T extends Json, S extends Json, B>(parts: {
  readonly name: string;
  readonly lens: Lens<T, S>;
  readonly desire: (state: NoInfer<S> | null, context: Context<T, B>) => NoInfer<S> | null | Unknown;
  readonly evidence?: true;
}): Step<T, B> => parts as unknown as Step<T, B>;

/** The fix that the steps make together, under a lens of this id and key. */
export function steps<T extends Json, B>(
  id: string,
  key: (target: T) => string,
  parts: readonly Step<T, B>[],
): StateFix<T, States, B> {
  const canon = ({ lens }: Step<T, B>, state: Json): Json =>
    state === null || !lens.canon ? state : lens.canon(state);
  const same = (part: Step<T, B>, a: Json, b: Json): boolean => canonical(canon(part, a)) === canonical(canon(part, b));
  const lens: Lens<T, States> = {
    id,
    key,
    many: true,
    async read(target) {
      const states: { [name: string]: Json } = {};
      for (const part of parts) states[part.name] = await part.lens.read(target);
      return states;
    },
    canon: (states) => Object.fromEntries(parts.map((part) => [part.name, canon(part, states[part.name] ?? null)])),
    async write(target, from, to) {
      for (const name of Object.keys(to ?? {})) {
        const part = parts.find((candidate) => candidate.name === name);
        const [was, wanted] = [from?.[name] ?? null, to?.[name] ?? null];
        if (part && !same(part, was, wanted)) await part.lens.write(target, was, wanted);
      }
    },
    back: (before, now) =>
      Object.fromEntries(
        [...parts].reverse().map(({ name, evidence }) => [name, (evidence ? now?.[name] : before?.[name]) ?? null]),
      ),
    between: (from, to, now) =>
      parts.every((part) => {
        const [was, wanted, is] = [from, to, now].map((states) => states?.[part.name] ?? null) as [Json, Json, Json];
        return same(part, is, was) || same(part, is, wanted);
      }),
    undo(before, after) {
      const ways = parts
        .filter((part) => !part.evidence && !same(part, before?.[part.name] ?? null, after?.[part.name] ?? null))
        .map((part) => part.lens.undo(before?.[part.name] ?? null, after?.[part.name] ?? null));
      return ways.includes('none') ? 'none' : ways.includes('operator') ? 'operator' : 'restore';
    },
  };
  return {
    kind: 'state',
    lens,
    desire(states, context) {
      const wanted: { [name: string]: Json } = {};
      for (const { name, desire } of parts) {
        const state = desire(states?.[name] ?? null, context);
        if (isUnknown(state)) return state;
        wanted[name] = state;
      }
      return wanted;
    },
  };
}
