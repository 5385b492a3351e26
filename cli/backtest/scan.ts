/**
 * Takes from a log's text the records that some rule could wake on, without parsing the others. A record is passed over
 * only where that is certain: it is an object whose own `eventName` and `eventSource` are plain texts that no trigger
 * has together, none of its own texts is escaped, no own key is `detail-type`, and where root's calls wake a rule none of
 * its objects holds the text `Root`. Everything else is handed out.
 * What is unusual about the whole text is `odd`: then it is the careful reader's, `cli/input.ts`. Pure.
 */
import { lookahead, mark, structure, textAt } from './structure.ts';

/** What wakes a rule. */
export type Wakers = {
  /** Names of calls, each with the services (lower case) whose calls do. */
  readonly calls: { readonly [eventName: string]: readonly string[] };
  /** Whether every call of the root user does. */
  readonly root: boolean;
};

/** A record's text; `index` counts the elements of lists through the file, or is null where it stood by itself on `line`. */
export type Cut = { readonly text: string; readonly index: number | null; readonly line: number };

export type Scan = {
  /** More of the text. False where no more is wanted: the text is odd, or not a log at all. */
  feed(chunk: Uint8Array): boolean;
  /** The text ends here: as it should, or cut off, and then what was open is left out. */
  end(cut: boolean): void;
  /** Records taken since the last call. */
  take(): readonly Cut[];
  /** Records met, those passed over too. */
  readonly seen: () => number;
  /** Why the careful reader has to look; null where nothing is strange. */
  readonly odd: () => string | null;
  /** Which element of a list the text ends in, with nothing else strange about it; else null. */
  readonly half: () => number | null;
};

const window = 1 << 20;
/** What a stream gives at once. Less leaves less behind: V8 sees the handles of what is unzipped, not its size, and is in no hurry. */
export const chunkSize = 64 << 10;
/** No record that AWS writes comes near it: CloudTrail's largest are of 1 MB. */
export const largest = 64 << 20;
export const tooLarge = `holds one JSON value of more than ${largest >> 20} MB`;

const [space, tab, newline, carriage] = [0x20, 0x09, 0x0a, 0x0d];
const isBlank = (byte: number | undefined): boolean =>
  byte === space || byte === newline || byte === carriage || byte === tab;
const [quote, colon, comma, backslash, brace, bracket] = [0x22, 0x3a, 0x2c, 0x5c, 0x7b, 0x5b];

/** Makes scanners that share one memory: one at a time. */
export function scanners({ calls, root }: Wakers): () => Scan {
  const machine = structure();
  const known = new Map(Object.entries(calls).map(([name, services]) => [name, new Set(services)]));
  // By length, first and last letter: nearly all names that nobody waits for end here, without becoming a text.
  const maybe = new Uint8Array(1 << 16);
  const hash = (length: number, first: number, last: number): number => (length * 1031 + first * 37 + last) & 0xffff;
  for (const name of known.keys()) {
    const bytes = Buffer.from(name);
    maybe[hash(bytes.length, bytes[0] ?? 0, bytes.at(-1) ?? 0)] = 1;
  }
  const decoder = new TextDecoder();

  return function scan(): Scan {
    let room = machine.memory.buffer.byteLength - textAt;
    let bytes = Buffer.from(machine.memory.buffer, textAt);
    /** Text in memory: [0, filled); scanned: [0, scanned). */
    let filled = 0;
    let scanned = 0;
    let level = -1;
    let start = -1;
    let name = -1;
    let service = -1;
    let strange = false;
    /** Behind the last record, or behind the bracket that opened the list. */
    let last = 0;
    let first = true;
    let tail = false;
    let records = 0;
    let index = 0;
    let line = 1;
    let counted = 0;
    let why: string | null = null;
    let half: number | null = null;
    /** A list on one line that is read as a stream: too long to be read again with care, and no second document hides in it. */
    let oneLine = true;
    let over = false;
    let taken: Cut[] = [];

    function reset(depth: number, at: number): void {
      machine.depth.value = depth;
      machine.string.value = 0n;
      machine.escaped.value = 0n;
      scanned = at;
      last = at;
      first = true;
      level = depth;
    }

    const odd = (reason: string): void => {
      why ??= reason;
      over = true;
    };

    /** What kind of document begins here; null where more has to be seen. */
    function begin(ended: boolean): boolean {
      let at = last;
      if (records === 0 && at === 0 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) at = 3;
      while (at < filled && isBlank(bytes[at])) at += 1;
      if (!ended && filled - at < 256) return false;
      if (at === filled) {
        last = at;
        return false;
      }
      const head = bytes.toString('latin1', at, Math.min(filled, at + 256));
      const holder = /^\{\s*"(?:Records|Findings|Events)"\s*:\s*\[/.exec(head);
      if (holder) {
        reset(2, at + holder[0].length);
        tail = true;
      } else if (bytes[at] === bracket) reset(1, at + 1);
      else if (bytes[at] === brace) reset(0, at);
      else odd('does not begin as JSON does');
      return why === null;
    }

    /** Only a comma where one belongs, and blanks, stand between records. */
    function gapIsPlain(until: number, wantsComma: boolean): boolean {
      let commas = 0;
      for (let at = last; at < until; at += 1) {
        const byte = bytes[at];
        if (byte === comma) commas += 1;
        else if (!isBlank(byte)) return false;
      }
      return commas === (wantsComma ? 1 : 0);
    }

    function linesUntil(at: number): void {
      for (
        let found = bytes.indexOf(newline, counted);
        found >= 0 && found < at;
        found = bytes.indexOf(newline, found + 1)
      )
        line += 1;
      counted = at;
    }

    /** Where the text value of the key at a position begins, behind its quote; 0 where it has none. */
    function textOf(key: number, length: number): number {
      let at = key + length;
      while (isBlank(bytes[at])) at += 1;
      if (bytes[at] !== colon) return 0;
      at += 1;
      while (isBlank(bytes[at])) at += 1;
      return bytes[at] === quote ? at + 1 : -1;
    }

    function key(at: number): void {
      const sixth = bytes[at + 6];
      if (sixth === 0x4e) {
        if (bytes.toString('latin1', at, at + 11) !== '"eventName"') return;
        const value = textOf(at, 11);
        if (value !== 0) name = value;
      } else if (sixth === 0x53) {
        if (bytes.toString('latin1', at, at + 13) !== '"eventSource"') return;
        const value = textOf(at, 13);
        if (value !== 0) service = value;
      } else if (bytes.toString('latin1', at, at + 13) === '"detail-type"') strange = true;
    }

    /** A text within one of the record's own objects: `userIdentity.type` may be one. */
    function deep(at: number): void {
      if (root && (bytes[at] === backslash || bytes.toString('latin1', at, at + 6) === '"Root"')) strange = true;
    }

    /** Whether no rule can wake on the record that ends here. */
    function dull(): boolean {
      if (strange || name <= 0 || service <= 0 || bytes[start] !== brace) return false;
      let end = name;
      while (bytes[end] !== quote && bytes[end] !== backslash) end += 1;
      const length = end - name;
      if (length === 0 || bytes[end] === backslash || bytes[service] === quote) return false;
      if (maybe[hash(length, bytes[name] ?? 0, bytes[end - 1] ?? 0)] === 0) return true;
      const services = known.get(bytes.toString('latin1', name, end));
      if (services === undefined) return true;
      const serviceEnd = bytes.indexOf(quote, service);
      return !services.has(bytes.toString('utf8', service, serviceEnd).toLowerCase());
    }

    function ended(at: number): void {
      records += 1;
      // The first one is always handed out: it tells how far back the log goes.
      if (records === 1 || !dull()) {
        if (level === 0) linesUntil(start);
        const text = decoder.decode(bytes.subarray(start, at));
        taken.push({ text, index: level === 0 ? null : index, line });
      }
      if (level > 0) index += 1;
      start = -1;
      last = at;
      first = false;
    }

    /** Behind a list's end: what may still come of the document that held it. */
    function closing(atEnd: boolean): boolean {
      while (last < filled && isBlank(bytes[last])) last += 1;
      if (last === filled) {
        if (atEnd) odd('ends before its JSON does');
        return false;
      }
      if (bytes[last] !== 0x7d) {
        odd('has more beside its list of records');
        return false;
      }
      last += 1;
      tail = false;
      level = -1;
      return true;
    }

    function marks(): void {
      for (const one of new Int32Array(machine.memory.buffer, 0, machine.count.value)) {
        const at = (one >>> 3) - textAt;
        const kind = one & 7;
        if (kind === mark.key) key(at);
        else if (kind === mark.odd) strange = true;
        else if (kind === mark.deep) deep(at);
        else if (kind === mark.end) ended(at + 1);
        else if (kind === mark.start) began(at);
        else if (kind === mark.cut) listEnded(at);
        else odd('is not JSON');
        if (over) return;
      }
    }

    function began(at: number): void {
      // Nearly always one comma and nothing else.
      const separated = at === last + 1 && bytes[last] === comma && level > 0 && !first;
      if (!separated && !gapIsPlain(at, level > 0 && !first)) odd('holds more than records');
      else if (level === 0 && bytes[at] !== brace) odd('holds lists one after the other');
      start = at;
      name = -1;
      service = -1;
      strange = false;
    }

    function listEnded(at: number): void {
      if (level === 0 || !gapIsPlain(at, false)) odd('holds more than records');
      last = at + 1;
      scanned = last;
      level = tail ? -2 : -1;
    }

    function run(atEnd: boolean): void {
      while (!over) {
        if (level === -2 && !closing(atEnd)) return;
        if (level === -1 && !begin(atEnd)) return;
        if (scanned + lookahead > filled) return;
        const before = scanned;
        scanned = machine.scan(textAt + scanned, textAt + filled, level) - textAt;
        marks();
        if (scanned === before && machine.count.value === 0) return;
      }
    }

    /** Moves what is still needed to the front; what is not enough room then grows. */
    function shift(): void {
      const keep = start >= 0 ? start : Math.min(last, filled);
      if (level === 0) linesUntil(keep);
      bytes.copyWithin(0, keep, filled);
      filled -= keep;
      scanned -= keep;
      last -= keep;
      counted = Math.max(0, counted - keep);
      if (start >= 0) start = 0;
      if (name > 0) name -= keep;
      if (service > 0) service -= keep;
    }

    function grow(): boolean {
      if (room >= largest) return false;
      machine.memory.grow(Math.max(window, room) / 65_536);
      room = machine.memory.buffer.byteLength - textAt;
      bytes = Buffer.from(machine.memory.buffer, textAt);
      return true;
    }

    function feed(chunk: Uint8Array): boolean {
      // Neither text nor gzip, or damaged.
      if (chunk.includes(0)) odd('holds NUL bytes');
      oneLine &&= chunk.length <= chunkSize && !chunk.includes(newline);
      for (let at = 0; at < chunk.length && !over; ) {
        if (room < window) grow();
        if (filled + lookahead >= room) {
          if (start > 0 || (start < 0 && last > 0)) shift();
          if (filled + lookahead >= room && !grow()) {
            odd(tooLarge);
            break;
          }
        }
        const part = chunk.subarray(at, at + room - filled - lookahead);
        bytes.set(part, filled);
        filled += part.length;
        at += part.length;
        run(false);
      }
      return !over;
    }

    function end(cut: boolean): void {
      if (over) return;
      const real = filled;
      if (room < window) grow();
      // Blanks behind the end, so that the last block is a whole one.
      bytes.fill(space, filled, filled + lookahead);
      filled += lookahead;
      run(true);
      over = true;
      // Of a text that was cut off no more is expected than its complete records.
      if (cut) why = null;
      if (why !== null || cut) return;
      if (level > 0 && oneLine) half = index;
      else if (start >= 0 || level > 0 || level === -2) why = 'ends before its JSON does';
      else if (level === 0 && !gapIsPlain(real, false)) why = 'holds more than records';
    }

    return {
      feed,
      end,
      take() {
        const some = taken;
        taken = [];
        return some;
      },
      seen: () => records,
      odd: () => why,
      half: () => half,
    };
  };
}
