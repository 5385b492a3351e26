/** Asks GuardDuty whether it knows a finding: an event may be anybody's, GuardDuty's store is not. */
import { GetFindingsCommand, GuardDutyClient } from '@aws-sdk/client-guardduty';
import { text } from '../core/json.ts';
import type { Found } from '../core/signal.ts';
import { client } from './client.ts';

/** `unknown` where the finding does not say its detector, or GuardDuty can't be asked. */
export async function confirmFinding(finding: Found): Promise<'confirmed' | 'absent' | 'unknown'> {
  const detector = text(finding.body, 'service', 'detectorId');
  if (finding.origin !== 'guardduty' || finding.id === null || detector === undefined || finding.region === null)
    return 'unknown';
  try {
    const { Findings } = await client(GuardDutyClient, finding.region).send(
      new GetFindingsCommand({ DetectorId: detector, FindingIds: [finding.id] }),
    );
    const held = Findings?.find((one) => one.Id === finding.id);
    // The same id with another story is as invented as one that nobody knows.
    return held && held.Type === finding.type && held.AccountId === finding.account ? 'confirmed' : 'absent';
  } catch (error) {
    // A detector or finding that GuardDuty does not have is a BadRequestException (API reference, GetFindings).
    if (error instanceof Error && error.name === 'BadRequestException') return 'absent';
    return 'unknown';
  }
}
