/** What the requests about a trail's settings take away. */
import { listed, member, named } from '../../../shared/aws/telling.ts';
import type { Json } from '../../../shared/core/json.ts';
import type { Finding } from '../../../shared/core/rule.ts';
import { coverageOf } from './selectors.ts';

/** Members of UpdateTrail that take something away when they are false: API_UpdateTrail. */
const flags: { readonly [member: string]: string } = {
  isMultiRegionTrail: 'other regions are left out',
  includeGlobalServiceEvents: 'events of global services such as IAM are left out',
  enableLogFileValidation: 'nobody can prove any more that log files were not changed',
  isOrganizationTrail: 'the other accounts of the organization are left out',
};
/** What an empty text removes, and any other may have changed. */
const places: { readonly [member: string]: string } = {
  s3BucketName: 'the bucket',
  kmsKeyId: 'the encryption key',
  cloudWatchLogsLogGroupArn: 'the log group',
  snsTopicName: 'the notification topic',
};

export type Judged = { readonly reasons: readonly string[] } & Pick<Finding, 'certainty' | 'aside'>;

/**
 * The request alone can't tell whether a bucket or a key is another than before: the console sends all of them again, and
 * for a key that the trail never had an empty text (StreamAlert's recorded UpdateTrail).
 */
export function updated(request: Json): Judged {
  const lost = Object.entries(flags).flatMap(([name, loss]) => (member(request, name) === false ? [loss] : []));
  const removed = Object.entries(places).flatMap(([name, what]) =>
    member(request, name) === '' ? [`${what} is taken away, if there was one`] : [],
  );
  if (lost.length > 0) return { reasons: [...lost, ...removed], certainty: 'certain' };
  const whole = ['isMultiRegionTrail', 'enableLogFileValidation'].every((name) => member(request, name) === true);
  if (removed.length > 0) return { reasons: removed, certainty: 'possible', ...(whole && { aside: true }) };
  const moved = Object.entries(places).flatMap(([name, what]) => (named(request, name) === undefined ? [] : [what]));
  const reasons =
    moved.length === 0 ? [] : [`it names ${moved.join(', ')}: whether another was there before is not told`];
  return { reasons, certainty: 'possible' };
}

/** Selectors replace those before, which no event shows. All management events and some data events pass as harmless. */
export function selected(request: Json): Judged | null {
  const covered = coverageOf(request);
  if (covered === null) return null;
  if (!covered.writes)
    return { reasons: [`${covered.reads ? 'writing ' : ''}management events are not logged`], certainty: 'certain' };
  const missing = [
    ...(covered.reads ? [] : ['read-only management events are not logged']),
    ...listed([...covered.excluded]).map((service) => `events of ${service} are left out`),
    ...(covered.narrowed ? ['management events are narrowed by further fields'] : []),
  ];
  const reasons = [...missing, ...(covered.data ? [] : ['no data events are logged'])];
  if (reasons.length === 0) return { reasons, certainty: 'possible' };
  return {
    reasons: [...reasons, 'what was logged before is not told'],
    certainty: 'possible',
    // Every trail begins without data events: that alone is nobody's trouble unless they were logged before.
    ...(missing.length === 0 && { aside: true }),
  };
}
