/** Logs in a bucket: listed by CloudTrail's key layout, read as streams, nothing kept on disk. */
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { fault } from '../../shared/core/fault.ts';
import { plain } from '../../shared/notify/plain.ts';
import { listIn, opened, type Piece } from '../input.ts';
import { type Listed, type Listing, otherThan } from './logs.ts';
import { plainBytes } from './read.ts';
import type { Log } from './worker.ts';

export type Wish = {
  readonly from: string | null;
  readonly to: string | null;
  readonly accounts: readonly string[];
  readonly regions: readonly string[];
};
type InBucket = Extract<Log, { bucket: string }>;

let made: S3Client | null = null;
/** The bucket of an organisation's trail is often in another region than the caller's. */
const s3 = (): S3Client => {
  made ??= new S3Client({
    maxAttempts: 6,
    followRegionRedirects: true,
    region: process.env['AWS_REGION'] ?? 'us-east-1',
  });
  return made;
};

/**
 * What a key tells of a log. CloudTrail user guide, "Finding your CloudTrail log files":
 * `PREFIX/AWSLogs/[ORGANISATION/]ACCOUNT/CloudTrail/REGION/YYYY/MM/DD/…`.
 */
const layout = /(?:^|\/)AWSLogs\/(?:o-[a-z0-9]+\/)?(\d{12})\/CloudTrail\/([a-z0-9-]+)\/(\d{4})\/(\d\d)\/(\d\d)\//;

/** Whether a key's account, region and day are among those wished for; one that does not tell is. */
function wanted(key: string, { from, to, accounts, regions }: Wish): boolean {
  const [, account = '', region = '', ...date] = layout.exec(key) ?? [];
  if (account === '') return accounts.length + regions.length === 0 && from === null && to === null;
  const day = date.join('-');
  return (
    (accounts.length === 0 || accounts.includes(account)) &&
    (regions.length === 0 || regions.includes(region)) &&
    (from === null || day >= from) &&
    (to === null || day <= to)
  );
}

export async function bucketLogs(url: string, wish: Wish): Promise<Listing> {
  const [, bucket = '', prefix = ''] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/.exec(url) ?? [];
  if (bucket === '') throw fault('UsageError', `${plain(url, 200)}: expected s3://bucket/prefix`);
  const logs: Listed[] = [];
  const skipped: Record<string, number> = {};
  const narrowed = wish.accounts.length + wish.regions.length > 0 || wish.from !== null || wish.to !== null;
  const starts = narrowed ? await regionsUnder(bucket, prefix, wish) : [prefix];
  for (const start of starts) {
    // Within a region keys are in the order of their days: what is earlier is not even listed, nor is what is later.
    const dated = /\/CloudTrail\/[a-z0-9-]+\/$/.test(start);
    const after = dated && wish.from !== null ? `${start}${wish.from.replaceAll('-', '/')}` : undefined;
    const last = dated && wish.to !== null ? `${start}${wish.to.replaceAll('-', '/')}/\uffff` : null;
    for await (const { key, size, stamp } of objects(bucket, start, after)) {
      if (last !== null && key > last) break;
      const what = otherThan(key);
      if (what !== null) skipped[what] = (skipped[what] ?? 0) + 1;
      else if (wanted(key, wish)) logs.push({ name: `s3://${bucket}/${key}`, size, stamp, log: { bucket, key } });
    }
  }
  return { logs, skipped, problems: [] };
}

/** The prefixes of the regions wished for; the prefix itself where it is none of a trail's, or already deeper. */
async function regionsUnder(bucket: string, prefix: string, { accounts, regions }: Wish): Promise<readonly string[]> {
  const base = prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`;
  const root = /(^|\/)AWSLogs\/$/.test(base) ? base : `${base}AWSLogs/`;
  // Below an account there is one region, or what can only be listed and looked at key by key.
  if (/(^|\/)AWSLogs\/(?!(o-[a-z0-9]+\/)?(\d{12}\/)?$)/.test(base))
    return [/\/CloudTrail\/[a-z]+(-[a-z]+)+-\d+\/$/.test(base) ? base : prefix];
  const owners: string[] = [];
  for (const one of /AWSLogs\/./.test(base) ? [base] : await folders(bucket, root)) {
    if (/\/\d{12}\/$/.test(one)) owners.push(one);
    else if (/\/o-[a-z0-9]+\/$/.test(one))
      owners.push(...(await folders(bucket, one)).filter((owner) => /\/\d{12}\/$/.test(owner)));
  }
  if (owners.length === 0) return [prefix];
  const found: string[] = [];
  for (const owner of owners) {
    if (accounts.length > 0 && !accounts.includes(owner.slice(-13, -1))) continue;
    const all = await folders(bucket, `${owner}CloudTrail/`);
    found.push(...all.filter((one) => regions.length === 0 || regions.includes(one.split('/').at(-2) ?? '')));
  }
  return found;
}

async function folders(bucket: string, prefix: string): Promise<readonly string[]> {
  const found: string[] = [];
  let token: string | undefined;
  do {
    const page = await list(bucket, { Prefix: prefix, Delimiter: '/', ContinuationToken: token });
    found.push(...(page.CommonPrefixes ?? []).flatMap(({ Prefix }) => (Prefix ? [Prefix] : [])));
    token = page.NextContinuationToken;
  } while (token);
  return found;
}

async function* objects(
  bucket: string,
  prefix: string,
  after: string | undefined,
): AsyncGenerator<{ readonly key: string; readonly size: number; readonly stamp: string }> {
  let token: string | undefined;
  do {
    const page = await list(bucket, { Prefix: prefix, StartAfter: after, ContinuationToken: token });
    for (const { Key, Size, ETag } of page.Contents ?? [])
      if (Key !== undefined && !Key.endsWith('/')) yield { key: Key, size: Size ?? 0, stamp: ETag ?? `${Size}` };
    token = page.NextContinuationToken;
  } while (token);
}

type Asked = {
  Prefix: string;
  Delimiter?: string;
  StartAfter?: string | undefined;
  ContinuationToken: string | undefined;
};

async function list(bucket: string, asked: Asked) {
  try {
    return await s3().send(new ListObjectsV2Command({ Bucket: bucket, ...asked }));
  } catch (error) {
    if ((error as Error).name === 'NoSuchBucket') throw fault('InputError', `there is no bucket ${plain(bucket, 80)}`);
    throw error;
  }
}

/** An object's bytes, as they come. */
export async function open({ bucket, key }: InBucket): Promise<AsyncIterable<Uint8Array>> {
  const { Body } = await s3().send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  if (!Body) throw new Error(`${key}: S3 answered without a body`);
  return Body as unknown as AsyncIterable<Uint8Array>;
}

/** A strange object, parsed whole: one document, or a document a line. */
export async function* wholeObject(listed: Listed): AsyncGenerator<Piece> {
  const { name, log } = listed;
  if (!('bucket' in log)) return;
  const decoder = new TextDecoder();
  let text = '';
  const source = await open(log);
  for await (const chunk of plainBytes(source[Symbol.asyncIterator]() as AsyncGenerator<Uint8Array>)) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > 64 << 20) return yield { source: name, error: 'is strange, and too large to be looked at whole' };
  }
  let index = 0;
  const unpacked = (value: unknown, at: string): Piece[] => {
    const held = listIn(value);
    if (held === null) return [{ source: at, value: opened(value) }];
    return held.map((element) => ({ source: `${name}#${index++}`, value: opened(element) }));
  };
  const parsed = (json: string): { value: unknown } | null => {
    try {
      return { value: JSON.parse(json) as unknown };
    } catch {
      return null;
    }
  };
  const whole = parsed(text);
  if (whole) return yield* unpacked(whole.value, `${name}:1`);
  for (const [number, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const one = parsed(line);
    if (one) yield* unpacked(one.value, `${name}:${number + 1}`);
    else yield { source: `${name}:${number + 1}`, error: 'not JSON' };
  }
}
