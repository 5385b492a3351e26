/** Reads one log: a file, or any stream of bytes; gzip or not. Runs in the workers: it knows names, not rules. */
import { createReadStream, readFileSync, statSync } from 'node:fs';
import { createGunzip, gunzipSync } from 'node:zlib';
import { type Cut, chunkSize, type Scan } from './scan.ts';

/** What a worker tells of a log, beside its records. */
export type Read = {
  /** Records met; those that no rule can wake on, too. */
  readonly records: number;
  /** Bytes read, compressed as they were. */
  readonly bytes: number;
  /** Why it could not be read to its end. */
  readonly error: string | null;
  /** Why it has to be read in the careful way. */
  readonly odd: string | null;
  /** Which element of its list it ends in, half written. */
  readonly half: number | null;
  /** The records that have not been handed on yet. */
  readonly cuts: readonly Cut[];
};

type Part = (cuts: readonly Cut[]) => Promise<void>;

/** Up to here a file is read and unzipped at once: a stream for each log would cost half as much as unzipping it. */
const small = 1 << 20;
const unzippedMost = 48 << 20;
/** So many records are held before they are handed on. */
const handful = 500;

const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/** Reads a file; `part` takes records as they come, and holds the reading up while it works. */
export async function readLog(path: string, scan: () => Scan, part: Part): Promise<Read> {
  try {
    const { size } = statSync(path);
    if (size <= small) {
      const whole = readFileSync(path);
      const plain = isGzip(whole) ? unzipped(whole) : whole;
      if (plain) {
        const read = readWhole(plain, whole.length, scan());
        for (const buffer of new Set([plain, whole])) letGo(buffer);
        return read;
      }
    }
    return await readStream(createReadStream(path, { highWaterMark: chunkSize }), scan(), part);
  } catch (error) {
    return { records: 0, bytes: 0, error: reading(error), odd: null, half: null, cuts: [] };
  }
}

function unzipped(bytes: Buffer): Buffer | null {
  try {
    // Its last four bytes are the size of the text (RFC 1952, ISIZE), true or not: one buffer of that size, not many. One
    // byte more, since zlib makes itself another buffer as soon as one is full.
    const size = bytes.readUInt32LE(bytes.length - 4) + 1;
    return gunzipSync(bytes, { maxOutputLength: unzippedMost, chunkSize: Math.min(Math.max(size, 1024), 8 << 20) });
  } catch {
    // Damaged, cut off, or far larger than it looks: the stream gives what can be had of it.
    return null;
  }
}

/** Frees the memory at once: V8 sees a handle of a few bytes, and is in no hurry. Node 22 and later. */
function letGo({ buffer }: Buffer): void {
  // Small ones share a buffer with others.
  if (buffer instanceof ArrayBuffer && buffer.byteLength > 64 << 10 && typeof buffer.transfer === 'function')
    buffer.transfer(0);
}

function readWhole(text: Buffer, bytes: number, scan: Scan): Read {
  if (scan.feed(text)) scan.end(false);
  return { records: scan.seen(), bytes, error: null, odd: scan.odd(), half: scan.half(), cuts: scan.take() };
}

/** Reads a stream of bytes. */
export async function readStream(source: AsyncIterable<Uint8Array>, scan: Scan, part: Part): Promise<Read> {
  let bytes = 0;
  let error: string | null = null;
  let held: Cut[] = [];
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      bytes += chunk.length;
      yield chunk;
    }
  };
  try {
    for await (const chunk of plainBytes(counted())) {
      if (!scan.feed(chunk)) break;
      held.push(...scan.take());
      if (held.length < handful) continue;
      await part(held);
      held = [];
    }
  } catch (caught) {
    error = reading(caught);
  }
  scan.end(error !== null);
  return { records: scan.seen(), bytes, error, odd: scan.odd(), half: scan.half(), cuts: [...held, ...scan.take()] };
}

/** Unzips what begins as gzip does; all that could be unzipped comes before the error. */
export async function* plainBytes(source: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  const head = await source.next();
  if (head.done) return;
  if (!isGzip(head.value)) {
    yield head.value;
    return yield* source;
  }
  const gunzip = createGunzip({ chunkSize });
  const ready: Buffer[] = [];
  let failed: unknown = null;
  let over = false;
  let wake = (): void => {};
  let emptied = (): void => {};
  gunzip.on('data', (chunk: Buffer) => {
    ready.push(chunk);
    // What unzips to a thousand times its size must not fill the memory: no more than is being looked at.
    gunzip.pause();
    wake();
  });
  const finished = new Promise<void>((resolve) => {
    const finish = (error?: unknown): void => {
      failed ??= error ?? null;
      over = true;
      wake();
      resolve();
    };
    gunzip.once('end', finish).once('error', finish).once('close', finish);
  });
  const pump = async (): Promise<void> => {
    try {
      for (let next: IteratorResult<Uint8Array> = head; !next.done && !over; next = await source.next()) {
        const chunk = next.value;
        await Promise.race([finished, new Promise((resolve) => gunzip.write(chunk, resolve))]);
      }
      // A gzip that ends early makes its end an error, and an error takes with it what nobody has fetched yet.
      if (ready.length > 0 || gunzip.readableLength > 0)
        await Promise.race([
          finished,
          new Promise<void>((resolve) => {
            emptied = resolve;
          }),
        ]);
      gunzip.end();
    } catch (error) {
      failed = error;
      gunzip.destroy();
    }
  };
  const pumped = pump();
  try {
    for (;;) {
      for (let chunk = ready.shift(); chunk; chunk = ready.shift()) yield chunk;
      if (over) break;
      if (gunzip.readableLength === 0) emptied();
      const more = new Promise<void>((resolve) => {
        wake = resolve;
      });
      gunzip.resume();
      await more;
    }
  } finally {
    over = true;
    gunzip.destroy();
  }
  await pumped;
  if (failed !== null) throw failed;
}

/** Why a log could not be read, in words. */
export function reading(error: unknown): string {
  const { code, message, name } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EACCES' || code === 'EPERM') return 'no permission to read it';
  if (code === 'Z_BUF_ERROR') return 'its gzip ends early: half written?';
  if (code?.startsWith('Z_')) return `its gzip is damaged: ${message}`;
  if (name === 'AccessDenied') return `no permission to read it (s3:GetObject, and kms:Decrypt where it is encrypted)`;
  return `cannot be read: ${message}`;
}
