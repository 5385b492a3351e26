/**
 * Which access keys AWS reports as exposed or stolen. Shapes: "Reference: AWS Health events Amazon EventBridge schema",
 * AWS Health User Guide; recorded: aws-health-tools, AWS_RISK_CREDENTIALS_EXPOSED (affectedEntities[].entityValue is the
 * key's id). Trusted Advisor: aws/Trusted-Advisor-Tools, ExposedAccessKeys; columns: AWS Support User Guide, "Exposed
 * Access Keys".
 */
import { at, isObject, text } from '../../../shared/core/json.ts';
import type { Other } from '../../../shared/core/signal.ts';

/** `key`: its id, or `''`; `user`: the owner's name where the event tells it; `account`: whose it is. */
export type Exposed = { readonly key: string; readonly user: string | null; readonly account: string | null };

export const healthCodes = [
  'AWS_RISK_CREDENTIALS_EXPOSED',
  'AWS_RISK_CREDENTIALS_EXPOSURE_SUSPECTED',
  'AWS_RISK_CREDENTIALS_COMPROMISED',
  'AWS_RISK_CREDENTIALS_COMPROMISE_SUSPECTED',
] as const;

/** The keys that the event names; one without an id where it names none. */
export function exposedIn(signal: Other): readonly Exposed[] {
  const { detail } = signal;
  if (signal.source === 'aws.trustedadvisor') {
    const item = at(detail, 'check-item-detail');
    const user = text(item, 'User Name (IAM or Root)') ?? null;
    return [{ key: text(item, 'Access Key ID') ?? '', user, account: signal.account }];
  }
  // With the organisational view the management account gets the events of all accounts.
  const account = text(detail, 'affectedAccount') ?? signal.account;
  const entities = at(detail, 'affectedEntities');
  const open = (Array.isArray(entities) ? entities : [])
    .filter(isObject)
    .filter((entity) => !['RESOLVED', 'UNIMPAIRED'].includes(text(entity, 'status') ?? ''));
  const keys = open.flatMap((entity) => text(entity, 'entityValue') ?? []).slice(0, 50);
  // All entities settled: nothing is left to do.
  if (Array.isArray(entities) && entities.length > 0 && open.length === 0) return [];
  return (keys.length > 0 ? keys : ['']).map((key) => ({ key, user: null, account }));
}
