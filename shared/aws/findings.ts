/** Asks GuardDuty for a finding: an event may be anybody's, GuardDuty's store is not. */
import { text } from '../core/json.ts';
import { type Found, normalise } from '../core/signal.ts';
import { client } from './client.ts';

/**
 * The finding as GuardDuty holds it; `absent` where it holds none of this id, type and account, `unknown` where the
 * finding does not say its detector, or GuardDuty can't be asked.
 */
export async function confirmFinding(finding: Found): Promise<Found | 'absent' | 'unknown'> {
  const detector = text(finding.body, 'service', 'detectorId');
  if (finding.origin !== 'guardduty' || finding.id === null || detector === undefined || finding.region === null)
    return 'unknown';
  try {
    const { GetFindingsCommand, GuardDutyClient } = await import('./guardduty.ts');
    const { Findings } = await client(GuardDutyClient, finding.region).send(
      new GetFindingsCommand({ DetectorId: detector, FindingIds: [finding.id] }),
    );
    const held = Findings?.find((one) => one.Id === finding.id);
    // The same id with another story is as invented as one that nobody knows.
    if (!held || held.Type !== finding.type || held.AccountId !== finding.account) return 'absent';
    // The API capitalises its members, events do not: one way of reading both.
    const known = normalise(JSON.parse(JSON.stringify(held)));
    const [signal] = 'signals' in known ? known.signals : [];
    return signal?.kind === 'finding' ? signal : 'unknown';
  } catch (error) {
    // A detector or finding that GuardDuty does not have is a BadRequestException (API reference, GetFindings).
    if (error instanceof Error && error.name === 'BadRequestException') return 'absent';
    return 'unknown';
  }
}
