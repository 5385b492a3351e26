/** Where a call of IAM's means the root user: CloudTrail User Guide, "Example event records for root users". */
import { text } from '../core/json.ts';
import type { Call } from '../core/signal.ts';

/** What CloudTrail calls the root user where the request names a user. */
export const isRootName = (user: string): boolean => user === 'AWS ROOT USER';

/** Root's virtual device has this name, alone of all. */
export const isRootDevice = (serialNumber: string | undefined): boolean =>
  /:mfa\/root-account-mfa-device$/.test(serialNumber ?? '');

/** A call about the caller's own credentials, and the caller is root; or one that names root. */
export function aboutRoot({ request, actor }: Call): boolean {
  const user = text(request, 'userName');
  return user === undefined ? actor.type === 'Root' : isRootName(user);
}
