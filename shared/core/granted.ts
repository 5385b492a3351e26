/**
 * Exemptions that people granted for days, by a message, the page or the command line, beside those of firebreak.yml. They
 * are stored, with a code over all of them: what was not granted exempts nothing.
 */
import type { Decided } from './decide.ts';
import type { Deps } from './deps.ts';
import { fault } from './fault.ts';
import type { Grant, Grants, Incident } from './incident.ts';
import { canonical } from './json.ts';
import { begun } from './record.ts';

/** More is firebreak.yml's, by review. */
export const longestDays = 7;

/** Begins like nothing else that is signed. */
const signed = (grants: readonly Grant[]): string => `exemptions ${canonical(grants)}`;

/** What was granted; null where somebody else changed it. */
export async function trusted({ grants, code }: Grants, deps: Pick<Deps, 'verify'>): Promise<readonly Grant[] | null> {
  if (code === undefined && grants.length === 0) return grants;
  return code !== undefined && (await deps.verify(signed(grants), code)) ? grants : null;
}

export const tamperedGrants = 'the exemptions that people granted were changed by somebody else: a person decides';

/**
 * Which of a group's rules nobody exempted on this lens, and what exempts the others. Null where all of them stay: also
 * where a write has begun, since half of one is worse than either. Codes are asked for only where one would count.
 */
export async function exempted<T extends Pick<Decided, 'rule'>>(
  incident: Incident,
  group: readonly T[],
  all: Grants | undefined,
  deps: Deps,
): Promise<{ readonly left: readonly T[]; readonly grant: Grant } | 'tampered' | null> {
  if (begun(incident) || !all) return null;
  const now = deps.now().toISOString();
  const here = all.grants.filter(({ lease, until }) => lease === incident.lease && until > now);
  const left = group.filter(({ rule }) => !here.some((grant) => grant.rule === rule.id));
  const grant = here.findLast(({ rule }) => group.some((one) => one.rule.id === rule));
  if (left.length === group.length || !grant) return null;
  return (await trusted(all, deps)) ? { left, grant } : 'tampered';
}

export const inGrant = ({ until, owner, reason }: Grant): string => `exempt until ${until} by ${owner}: ${reason}`;

/** How often an exemption is tried to be stored where others grant at the same time. */
const tries = 5;

/** Exempts an incident's rules on its lens: in place of what was granted for them there, and without what is over. */
export async function grant(
  { rules, account, resource, lease = '', id }: Incident,
  { until, owner, reason }: Pick<Grant, 'until' | 'owner' | 'reason'>,
  deps: Deps,
): Promise<void> {
  const now = deps.now().toISOString();
  const fresh = rules.map((rule): Grant => {
    const what = { rule, account, resource, lease };
    return { ...what, owner, reason, until, expires: until.slice(0, 10), incident: id };
  });
  for (let tried = 0; tried < tries; tried += 1) {
    const before = await deps.incidents.grants();
    // What somebody else put there is not kept, and what they took away is granted by nobody.
    const stored = (await trusted(before, deps)) ?? [];
    const kept = stored.filter((one) => one.until > now && !(one.lease === lease && rules.includes(one.rule)));
    const grants = [...kept, ...fresh];
    if (await deps.incidents.setGrants({ grants, code: await deps.sign(signed(grants)) }, before)) return;
  }
  throw fault('Stale', 'others granted exemptions at the same moment: try again');
}
