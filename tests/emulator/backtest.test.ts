/** A backtest of a bucket, against MiniStack's S3: the same answer as over the same logs on the disk. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, expect, test } from 'vitest';
import { writeCorpus } from '../../scripts/corpus.ts';

const main = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'firebreak-bucket-'));
const s3 = new S3Client({});
const bucket = 'backtest-logs';
const keys: string[] = [];
afterAll(async () => {
  for (const Key of keys) await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key }));
  await s3.send(new DeleteBucketCommand({ Bucket: bucket }));
  rmSync(dir, { recursive: true });
});

type Answer = { read: object; findings: { source: string; rule: string }[] };
function backtest(...args: readonly string[]): Promise<{ status: number; answer: Answer; stderr: string }> {
  const config = join(dir, 'firebreak.yml');
  writeFileSync(config, 'preset: guard\n');
  const env = { ...process.env, HOME: dir, FIREBREAK_CONFIG: config };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [main, 'backtest', ...args, '--json', '-'],
      { env, maxBuffer: 1e9 },
      (error, out, stderr) => resolve({ status: Number(error?.code ?? 0), answer: JSON.parse(out) as Answer, stderr }),
    );
  });
}

test('a bucket answers as a folder does', async () => {
  const folder = join(dir, 'logs');
  const { paths } = writeCorpus(folder, { records: 3000, files: 30, oneIn: 20, days: 10, seed: 5 });
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  for (const path of paths) {
    keys.push(`trail/${relative(folder, path)}`);
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: keys.at(-1) ?? '', Body: readFileSync(path) }));
  }
  const local = await backtest(folder);
  const remote = await backtest(`s3://${bucket}/trail`);
  expect(remote.stderr).toBe('');
  const bare = ({ read, findings }: Answer) => ({
    read,
    findings: findings.map((row) => ({ ...row, source: row.source.replace(/^.*AWSLogs/, '') })),
  });
  expect(bare(remote.answer)).toEqual(bare(local.answer));
  expect(local.answer.findings.length).toBeGreaterThan(50);
  const narrowed = await backtest(
    `s3://${bucket}/trail`,
    '--account',
    '111122223333',
    '--from',
    '2026-07-03',
    '--to',
    '2026-07-04',
  );
  expect(narrowed.answer.read).toMatchObject({ logs: 6, records: 600, days: 2 });
  expect((await backtest(`s3://${bucket}/trail`, '--region', 'us-west-2')).answer.read).toMatchObject({ logs: 0 });
});
