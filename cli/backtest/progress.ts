/** How far a run is, on stderr, where a person looks. */
import type { Listed } from './logs.ts';
import type { Result } from './spool.ts';

const every = 250;

export function progress(logs: readonly Listed[], done: readonly Listed[]) {
  const total = logs.reduce((sum, { size }) => sum + size, 0);
  const before = done.reduce((sum, { size }) => sum + size, 0);
  const sizes = new Map(logs.map(({ name, size }) => [name, size]));
  const began = performance.now();
  let [bytes, records, read, shown] = [before, 0, done.length, 0];
  const tty = process.stderr.isTTY === true;

  function add(result: Result): void {
    bytes += sizes.get(result.log) ?? 0;
    records += result.records;
    read += 1;
    const now = performance.now();
    if (!tty || now - shown < every) return;
    shown = now;
    const seconds = (now - began) / 1000;
    const left = ((total - bytes) / Math.max(1, bytes - before)) * seconds;
    const rate = Math.round(records / Math.max(0.001, seconds)).toLocaleString('en');
    process.stderr.write(
      `\r\u001b[K${read} of ${logs.length} logs, ${Math.floor((bytes / Math.max(1, total)) * 100)}%, ${rate} records a second, ${clock(left)} left`,
    );
  }
  return { add, end: (): void => void (tty && shown > 0 && process.stderr.write('\r\u001b[K')) };
}

const clock = (seconds: number): string =>
  seconds < 90
    ? `${Math.ceil(seconds)} s`
    : seconds < 5400
      ? `${Math.ceil(seconds / 60)} min`
      : `${(seconds / 3600).toFixed(1)} h`;
