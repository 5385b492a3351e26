/** The yardsticks of bench:backtest, and nothing else: unzipping, a thread a core; with `parse`, JSON.parse of everything too. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { gunzipSync } from 'node:zlib';

type Share = { readonly mine: readonly string[]; readonly parse: boolean };

function work({ mine, parse }: Share): number {
  let count = 0;
  for (const file of mine) {
    const text = gunzipSync(readFileSync(file));
    count += parse ? (JSON.parse(text.toString()) as { Records: unknown[] }).Records.length : text.length;
  }
  return count;
}

if (!isMainThread) parentPort?.postMessage(work(workerData as Share));
else {
  const files = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as readonly string[];
  const threads = availableParallelism();
  const counts = await Promise.all(
    Array.from({ length: threads }, async (_, thread) => {
      const mine = files.filter((__, index) => index % threads === thread);
      const worker = new Worker(new URL(import.meta.url), {
        workerData: { mine, parse: process.argv[3] === 'parse' } satisfies Share,
      });
      return ((await once(worker, 'message')) as [number])[0];
    }),
  );
  console.log(counts.reduce((sum, count) => sum + count, 0));
}
