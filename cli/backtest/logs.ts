/** Which logs there are: files and folders, as S3 holds CloudTrail's logs. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { reading } from './read.ts';
import type { Problem } from './spool.ts';
import type { Log } from './worker.ts';

export type Listed = {
  readonly name: string;
  readonly size: number;
  /** What changes where the log does. */
  readonly stamp: string;
  readonly log: Log;
};

export type Listing = {
  readonly logs: readonly Listed[];
  /** Passed over by their names, by what they are. */
  readonly skipped: { readonly [what: string]: number };
  readonly problems: readonly Problem[];
};

/**
 * What a file is by its name, where it is no log of calls; null where it may be one. Names: CloudTrail user guide,
 * "CloudTrail log file examples" and "CloudTrail digest file structure"; the same bucket often holds other services' logs.
 */
export function otherThan(path: string): string | null {
  if (/(^|[/_])CloudTrail-Digest[/_]/.test(path)) return 'digest files';
  if (/(^|[/_])CloudTrail-Insights?[/_]/.test(path)) return 'Insights files';
  const service = /(?:^|\/)AWSLogs\/(?:o-[a-z0-9]+\/)?\d{12}\/([^/]+)\//.exec(path)?.[1];
  if (service !== undefined && service !== 'CloudTrail') return 'logs of other services';
  return /\.(json|jsonl|ndjson)(\.gz)?$/i.test(path) ? null : 'files that are no JSON by their names';
}

/** All logs under the paths; a file that is named itself is read whatever it is called. */
export function localLogs(paths: readonly string[]): Listing {
  const logs = new Map<string, Listed>();
  const skipped: Record<string, number> = {};
  const problems: Problem[] = [];
  const file = (path: string): void => {
    const { size, mtimeMs } = statSync(path);
    logs.set(path, { name: path, size, stamp: `${size} ${mtimeMs}`, log: { path } });
  };
  const walk = (folder: string): void => {
    const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      const path = join(folder, entry.name);
      attempt(path, () => {
        const kind = entry.isSymbolicLink() ? statSync(path) : entry;
        // A link to a folder may lead back up: folders are followed only where they are.
        if (entry.isDirectory()) return walk(path);
        if (!kind.isFile()) return;
        const what = otherThan(path);
        if (what === null) file(path);
        else skipped[what] = (skipped[what] ?? 0) + 1;
      });
    }
  };
  const attempt = (path: string, work: () => void): void => {
    try {
      work();
    } catch (error) {
      problems.push({ source: path, error: reading(error) });
    }
  };
  for (const path of paths) attempt(path, () => (statSync(path).isDirectory() ? walk(path) : file(path)));
  return { logs: [...logs.values()], skipped, problems };
}
