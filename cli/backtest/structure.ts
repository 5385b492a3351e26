/**
 * Finds where the records of a JSON text begin and end, and where their own `"eventName"` stands, 64 bytes at a time: a
 * WebAssembly function, since a loop in JavaScript over every byte costs as much as unzipping. The method is that of
 * simdjson's first stage (Langdale and Lemire, "Parsing Gigabytes of JSON per Second", https://arxiv.org/abs/1902.08318).
 * It is assembled here from expressions, so that there is nothing to build. Pure: no file, no clock.
 */

/** What was found, in the low three bits of a mark; its position in memory is in the others. */
export const mark = { start: 0, end: 1, key: 2, odd: 3, cut: 4, broken: 5, deep: 6 } as const;

/** Where marks are written: from 0; where text is: from here. */
export const textAt = 1 << 19;
/** How many bytes behind a position must be there for it to be scanned: a block and the longest key that is looked for. */
export const lookahead = 64 + 16;
const marksFull = textAt / 4 - 128;

/** What is used of https://developer.mozilla.org/docs/WebAssembly/Reference/JavaScript_interface; ES's own types lack it. */
type Global<T> = { value: T };
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

export type Structure = {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  /**
   * Scans text at [from, to) as far as whole blocks go; gives where it stopped. `level` is the depth at which records
   * lie. Stops early where marks are full, behind a bracket that ends their list, and where the text is no JSON.
   */
  scan(from: number, to: number, level: number): number;
  /** Marks written by the last scan. */
  readonly count: Global<number>;
  readonly depth: Global<number>;
  /** All ones within a string. */
  readonly string: Global<bigint>;
  /** 1 where the next byte is escaped. */
  readonly escaped: Global<bigint>;
};

type Code = readonly number[];

/** Unsigned and signed LEB128: WebAssembly specification, "Integers". */
function unsigned(value: number): number[] {
  const bytes = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest & 127) | 128);
  }
}
function signed(value: bigint): number[] {
  const bytes = [];
  for (let rest = value; ; rest >>= 7n) {
    const byte = Number(rest & 127n);
    if ((rest < 64n && rest >= 0n && byte < 64) || (rest < 0n && rest >= -64n)) return [...bytes, byte];
    bytes.push(byte | 128);
  }
}

// Types and instructions: WebAssembly specification, "Binary Format". v128 ones carry the prefix 0xfd.
const [i32t, i64t, v128t] = [0x7f, 0x7e, 0x7b];
const i32 = (value: number): Code => [0x41, ...signed(BigInt(value))];
const i64 = (value: bigint): Code => [0x42, ...signed(BigInt.asIntN(64, value))];
const binary =
  (...code: Code) =>
  (a: Code, b: Code): Code => [...a, ...b, ...code];
const unary =
  (...code: Code) =>
  (a: Code): Code => [...a, ...code];
const add = binary(0x6a);
const sub = binary(0x6b);
const shl = binary(0x74);
const or32 = binary(0x72);
const eq = binary(0x46);
const lt = binary(0x48);
const gt = binary(0x4a);
const le = binary(0x4c);
const lt64 = binary(0x54);
const add64 = binary(0x7c);
const sub64 = binary(0x7d);
const and64 = binary(0x83);
const or64 = binary(0x84);
const xor64 = binary(0x85);
const shl64 = binary(0x86);
const sar64 = binary(0x87);
const ctz64 = unary(0x7a);
const count64 = unary(0x7b);
const isZero64 = unary(0x50);
const narrow = unary(0xa7);
const widen = unary(0xad);
const not64 = (a: Code): Code => xor64(a, i64(-1n));
const some64 = (a: Code): Code => [...isZero64(a), 0x45];
const vector = (a: Code, offset: number): Code => [...a, 0xfd, 0x00, 0x00, ...unsigned(offset)];
const all = (byte: number): Code => [0xfd, 0x0c, ...Array<number>(16).fill(byte)];
const equal = binary(0xfd, 0x23);
const below = binary(0xfd, 0x26);
const bothV = binary(0xfd, 0x4e);
const eitherV = binary(0xfd, 0x50);
const bits = unary(0xfd, 0x64);
const get = (local: number): Code => [0x20, ...unsigned(local)];
const set = (local: number, value: Code): Code => [...value, 0x21, ...unsigned(local)];
const getGlobal = (global: number): Code => [0x23, global];
const setGlobal = (global: number, value: Code): Code => [...value, 0x24, global];
const store = (address: Code, value: Code): Code => [...address, ...value, 0x36, 0x02, 0x00];
const when = (test: Code, then: Code, otherwise: Code = []): Code => [
  ...test,
  0x04,
  0x40,
  ...then,
  ...(otherwise.length > 0 ? [0x05, ...otherwise] : []),
  0x0b,
];
/** Repeats while the test holds. */
const during = (test: Code, body: Code): Code => [0x03, 0x40, ...when(test, [...body, 0x0c, 0x01]), 0x0b];
const done = (value: Code): Code => [...value, 0x0f];

const [from, to, level] = [0, 1, 2];
const [depth, out, bit32] = [3, 4, 5];
const [quotes, slashes, opens, closes, controls, keys] = [6, 7, 8, 9, 10, 11];
const [inside, event, bit, text, sum, escaped] = [12, 13, 14, 15, 16, 17];
const [v, isQuote] = [18, 19];
const globals = { depth: 0, count: 1, string: 2, escaped: 3 };
const evenBits = i64(0x5555_5555_5555_5555n);

/** One bit a byte of the block, in a local each. */
const look: Code = [0, 16, 32, 48].flatMap((offset) => {
  const into = (local: number, found: Code): Code => {
    const shifted = shl64(widen(bits(found)), i64(BigInt(offset)));
    return set(local, offset === 0 ? shifted : or64(get(local), shifted));
  };
  const behind = (steps: number, letter: string): Code =>
    equal(vector(get(from), offset + steps), all(letter.charCodeAt(0)));
  // "eventName", "eventSource", "detail-type" and "Root" by three letters each; who reads the marks compares the rest.
  const wanted = eitherV(
    eitherV(bothV(behind(6, 'N'), behind(10, '"')), bothV(behind(1, 'R'), behind(5, '"'))),
    bothV(eitherV(behind(6, 'S'), behind(7, '-')), behind(12, '"')),
  );
  return [
    ...set(v, vector(get(from), offset)),
    ...set(isQuote, equal(get(v), all(0x22))),
    ...into(quotes, get(isQuote)),
    ...into(slashes, equal(get(v), all(0x5c))),
    ...into(controls, below(get(v), all(0x20))),
    ...into(keys, bothV(get(isQuote), wanted)),
    // Braces and square brackets differ in one bit; whether they match is the parser's to say.
    ...set(v, eitherV(get(v), all(0x20))),
    ...into(opens, equal(get(v), all(0x7b))),
    ...into(closes, equal(get(v), all(0x7d))),
  ];
});

/** simdjson's way to know which bytes an odd run of backslashes escapes. */
const escapes: Code = [
  ...set(slashes, and64(get(slashes), not64(get(escaped)))),
  ...set(text, or64(shl64(get(slashes), i64(1n)), get(escaped))),
  ...set(bit, and64(and64(get(slashes), not64(evenBits)), not64(get(text)))),
  ...set(sum, add64(get(bit), get(slashes))),
  ...set(escaped, widen(lt64(get(sum), get(slashes)))),
  ...set(quotes, and64(get(quotes), not64(and64(xor64(evenBits, shl64(get(sum), i64(1n))), get(text))))),
];

/** From each opening quote to before its closing one. */
const strings: Code = [
  ...set(text, get(quotes)),
  ...[1n, 2n, 4n, 8n, 16n, 32n].flatMap((by) => set(text, xor64(get(text), shl64(get(text), i64(by))))),
  ...set(text, xor64(get(text), get(inside))),
  ...set(inside, sar64(get(text), i64(63n))),
];

const emit = (kind: number): Code => [
  ...store(get(out), or32(shl(add(get(from), get(bit32)), i32(3)), i32(kind))),
  ...set(out, add(get(out), i32(4))),
];
const leave = (at: Code): Code => [
  ...setGlobal(globals.depth, get(depth)),
  ...setGlobal(globals.string, get(inside)),
  ...setGlobal(globals.escaped, get(escaped)),
  ...setGlobal(globals.count, [...get(out), ...i32(2), 0x76]),
  ...done(at),
];

/** The byte behind the one in hand. */
const second: Code = [...add(get(from), get(bit32)), 0x2d, 0x00, 0x01];

/** One bracket, key or backslash after the other, as they stand. */
const walk: Code = during(some64(get(event)), [
  ...set(bit, and64(get(event), sub64(i64(0n), get(event)))),
  ...set(bit32, narrow(ctz64(get(event)))),
  ...set(event, xor64(get(event), get(bit))),
  ...when(
    some64(and64(get(bit), get(opens))),
    [...when(eq(get(depth), get(level)), emit(mark.start)), ...set(depth, add(get(depth), i32(1)))],
    when(
      some64(and64(get(bit), get(closes))),
      [
        ...set(depth, sub(get(depth), i32(1))),
        ...when(eq(get(depth), get(level)), emit(mark.end)),
        ...when(lt(get(depth), get(level)), [
          ...emit(mark.cut),
          ...set(inside, i64(0n)),
          ...set(escaped, i64(0n)),
          ...leave(add(add(get(from), get(bit32)), i32(1))),
        ]),
      ],
      when(
        eq(get(depth), add(get(level), i32(1))),
        when(some64(and64(get(bit), get(keys))), emit(mark.key), emit(mark.odd)),
        // One level deeper only "Root" counts, and what may be an escaped letter of it.
        when(
          eq(get(depth), add(get(level), i32(2))),
          when(or32(eq(second, i32(0x52)), eq(second, i32(0x75))), emit(mark.deep)),
        ),
      ),
    ),
  ),
]);

const body: Code = [
  ...set(depth, getGlobal(globals.depth)),
  ...set(inside, getGlobal(globals.string)),
  ...set(escaped, getGlobal(globals.escaped)),
  ...set(out, i32(0)),
  ...during(le(add(get(from), i32(lookahead)), get(to)), [
    ...look,
    ...when(some64(or64(get(slashes), get(escaped))), escapes),
    ...strings,
    // A control character within a string, or a backslash outside of one.
    ...when(some64(or64(and64(get(controls), get(text)), and64(get(slashes), not64(get(text))))), [
      ...set(bit32, i32(0)),
      ...emit(mark.broken),
      ...leave(get(from)),
    ]),
    ...set(opens, and64(get(opens), not64(get(text)))),
    ...set(closes, and64(get(closes), not64(get(text)))),
    ...set(keys, and64(get(keys), and64(get(quotes), get(text)))),
    // Of a run of backslashes the first is enough.
    ...set(event, or64(get(keys), and64(get(slashes), not64(shl64(get(slashes), i64(1n)))))),
    ...when(
      or32(some64(get(event)), le(sub(get(depth), narrow(count64(get(closes)))), get(level))),
      [...set(event, or64(get(event), or64(get(opens), get(closes)))), ...walk],
      set(depth, add(get(depth), narrow(sub64(count64(get(opens)), count64(get(closes)))))),
    ),
    ...set(from, add(get(from), i32(64))),
    ...when(gt(get(out), i32(marksFull * 4 - 1024)), leave(get(from))),
  ]),
  ...leave(get(from)),
];

const named = (name: string): Code => [name.length, ...Buffer.from(name)];
const section = (id: number, content: Code): Code => [id, ...unsigned(content.length), ...content];
/** Three groups of locals, as numbered above. */
const locals: Code = [3, 3, i32t, 12, i64t, 2, v128t];

function assembled(): Uint8Array<ArrayBuffer> {
  const code = [...locals, ...body, ...i32(0), 0x0b];
  const exported: readonly (readonly [string, number, number])[] = [
    ['memory', 2, 0],
    ['scan', 0, 0],
    ['depth', 3, globals.depth],
    ['count', 3, globals.count],
    ['string', 3, globals.string],
    ['escaped', 3, globals.escaped],
  ];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, [1, 0x60, 3, i32t, i32t, i32t, 1, i32t]),
    ...section(3, [1, 0]),
    // 64 KiB pages: the marks and one more; who needs more grows it.
    ...section(5, [1, 0x00, ...unsigned(textAt / 65_536 + 1)]),
    ...section(6, [
      4,
      ...[i32t, 1, ...i32(0), 0x0b, i32t, 1, ...i32(0), 0x0b],
      ...[i64t, 1, ...i64(0n), 0x0b, i64t, 1, ...i64(0n), 0x0b],
    ]),
    ...section(7, [exported.length, ...exported.flatMap(([name, kind, index]) => [...named(name), kind, index])]),
    ...section(10, [1, ...unsigned(code.length), ...code]),
  ]);
}

/** A scanner with a memory of its own. */
export function structure(): Structure {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(assembled()));
  return exports as unknown as Structure;
}
