import * as v from 'valibot';
import { arn } from '../../shared/aws/arn.ts';
import { told } from '../../shared/aws/telling.ts';
import { at, isObject, text } from '../../shared/core/json.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';

/** Seven days are the term of known extortions. */
const baseline = v.strictObject({
  days: v.optional(
    v.pipe(v.number(), v.integer(), v.minValue(1), v.description('what expires within so many days is told')),
    7,
  ),
});
type Baseline = { readonly days?: number };

export const massExpiry = rule<{ resource: string }, never, Baseline>({
  id: 's3/mass-expiry',
  title: 'Everything in a bucket is about to expire',
  severity: 'critical',
  why: 'S3 itself will delete every object of the bucket within days, without a single DeleteObject in the log. The rule can be taken back until then; what has expired in a bucket without versions can’t.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'customer data',
  controls: [],
  // Recorded: Stratus Red Team's aws.defense-evasion.cloudtrail-lifecycle-rule in Panther's tests of its rule
  // AWS.CloudTrail.ShortLifecycle: one rule is an object. CloudTrail's name lacks the API's "Configuration".
  triggers: calls('s3.amazonaws.com', 'PutBucketLifecycle'),
  baseline,
  detect(signal, { days = 7 }) {
    if (signal.kind !== 'call') return [];
    const found = judged(signal, days);
    if (found === null) return [];
    const bucket = text(signal.request, 'bucketName');
    if (bucket === undefined) return unreadable('requestParameters.bucketName');
    return told(arn(signal, 's3', bucket, { regional: false, owned: false }), found.reason, found.certainty);
  },
});

type Judged = { readonly reason: string; readonly certainty: 'certain' | 'possible' };

function judged(call: Call, days: number): Judged | null {
  const rules = at(call.request, 'LifecycleConfiguration', 'Rule');
  if (rules === undefined || rules === null)
    return { reason: 'a lifecycle was put, and the event does not show its rules', certainty: 'possible' };
  for (const one of (Array.isArray(rules) ? rules : [rules]).slice(0, 1000)) {
    if (text(one, 'Status') !== 'Enabled') continue;
    const [prefix, left] = [reach(one), daysLeft(one, call)];
    if (prefix === null || left === null || left > days) continue;
    const when = left <= 0 ? 'at once' : `within ${left} ${left === 1 ? 'day' : 'days'}`;
    return prefix === ''
      ? { reason: `a lifecycle rule expires every object of the bucket ${when}`, certainty: 'certain' }
      : // No wildcard to S3, but meant as one, and the next attempt may spell it right.
        { reason: `a lifecycle rule expires objects under ${prefix} ${when}`, certainty: 'possible' };
  }
  return null;
}

/** The prefix of a rule that asks for no tag or size; of any other prefix than none or `*`, null. API_LifecycleRuleFilter. */
function reach(rule: unknown): string | null {
  const filter = at(rule, 'Filter');
  const and = at(filter, 'And');
  const narrowed = [filter, and].some((one) => isObject(one) && Object.keys(one).some((name) => narrowing.test(name)));
  const prefix = text(rule, 'Prefix') ?? text(filter, 'Prefix') ?? text(and, 'Prefix') ?? '';
  return !narrowed && (prefix === '' || prefix === '*') ? prefix : null;
}

const narrowing = /^(Tags?|ObjectSize(GreaterThan|LessThan))$/;

/** Until the first objects expire; null where none does. */
function daysLeft(rule: unknown, { time }: Call): number | null {
  const [days, date] = [at(rule, 'Expiration', 'Days'), text(rule, 'Expiration', 'Date')];
  if (days !== undefined && /^\d{1,6}$/.test(`${days}`)) return Number(days);
  const span = date === undefined || time === null ? Number.NaN : Date.parse(date) - Date.parse(time);
  return Number.isNaN(span) ? null : Math.ceil(span / 86_400_000);
}
