/**
 * Asks CloudTrail itself, where no log bucket exists: LookupEvents, name by name, since it filters by one attribute alone.
 * It knows the management events of the last 90 days and answers two calls a second (API reference, LookupEvents).
 */
import { CloudTrailClient, LookupEventsCommand } from '@aws-sdk/client-cloudtrail';
import { allRules } from '../../functions/deployment.ts';
import { fault } from '../../shared/core/fault.ts';
import { arrivesIn } from '../../shared/core/route.ts';
import type { Piece } from '../input.ts';
import type { Wish } from './bucket.ts';
import type { Listed, Listing } from './logs.ts';

const memory = 90 * 86_400_000;
const pageSize = 50;

export function lookups({ from, to, regions, accounts }: Wish): Listing {
  const asked = regions.length > 0 ? regions : [process.env['AWS_REGION'] ?? ''].filter(Boolean);
  if (asked.length === 0) throw fault('UsageError', '--lookup asks a region: give --region, or set AWS_REGION');
  if (accounts.length > 0)
    throw fault('UsageError', '--lookup asks the account of your credentials: leave out --account');
  const now = Date.now();
  const start = Math.max(from === null ? 0 : Date.parse(from), now - memory);
  const end = to === null ? now : Math.min(now, Date.parse(to) + 86_400_000 - 1);
  if (start >= end) throw fault('UsageError', 'CloudTrail remembers 90 days: --from and --to name none of them');
  const days = { start: new Date(start).toISOString(), end: new Date(end).toISOString() };
  const places = new Map<string, { region: string; lookup: 'EventName' | 'Username'; value: string }>();
  for (const trigger of allRules().flatMap((rule) => rule.triggers)) {
    // Findings and other events are not CloudTrail's.
    if (trigger.kind === 'finding' || trigger.kind === 'event') continue;
    for (const region of asked) {
      const home = arrivesIn(trigger, partition(region)) ?? region;
      if (trigger.kind === 'root') places.set(`${home}/root`, { region: home, lookup: 'Username', value: 'root' });
      else places.set(`${home}/${trigger.name}`, { region: home, lookup: 'EventName', value: trigger.name });
    }
  }
  const logs = [...places]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([place, asking]): Listed => {
      // Within a day a run that goes on asks only what has not been answered.
      const stamp = `${days.start.slice(0, 10)} ${days.end.slice(0, 10)}`;
      return { name: `lookup:${place}`, size: 1, stamp, log: { ...asking, ...days } };
    });
  return { logs, skipped: {}, problems: [] };
}

const partition = (region: string): string =>
  region.startsWith('cn-') ? 'aws-cn' : region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';

/** The events of one name. Throws what AWS throws: without the permission there is no answer to give. */
export async function* lookupPieces({ name, log }: Listed): AsyncGenerator<Piece> {
  if (!('lookup' in log)) return;
  const client = new CloudTrailClient({ region: log.region, maxAttempts: 10, retryMode: 'adaptive' });
  let token: string | undefined;
  let index = 0;
  do {
    const page = await client.send(
      new LookupEventsCommand({
        LookupAttributes: [{ AttributeKey: log.lookup, AttributeValue: log.value }],
        StartTime: new Date(log.start),
        EndTime: new Date(log.end),
        MaxResults: pageSize,
        NextToken: token,
      }),
    );
    for (const { CloudTrailEvent } of page.Events ?? []) {
      const source = `${name}#${index++}`;
      try {
        yield { source, value: JSON.parse(CloudTrailEvent ?? '') as unknown };
      } catch {
        yield { source, error: 'not JSON' };
      }
    }
    token = page.NextToken;
  } while (token);
  client.destroy();
}
