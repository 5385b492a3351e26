/** What the fixes about administrators have in common: whether documents that were read make one. Pure. */
import { adminOf } from '../../../shared/aws/admin.ts';
import type { Unknown } from '../../../shared/core/rule.ts';

type Read = { readonly documents: readonly string[]; readonly boundary: string | null };
type Here = { readonly account: string | null; readonly region: string | null };

/** `admin`, `harmless`, or why a person must judge: conditions that may well be met. */
export function judge({ documents, boundary }: Read, here: Here): 'admin' | 'harmless' | Unknown {
  const admin = adminOf(documents, here, boundary ?? undefined);
  if (admin === null) return 'harmless';
  return admin.certainty === 'certain'
    ? 'admin'
    : { unknown: `it ${admin.reason}: whether those are met when it matters a person must judge` };
}
