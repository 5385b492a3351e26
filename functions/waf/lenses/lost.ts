/** What a call to AWS WAF says that something lost, or was given. */
import { arn } from '../../../shared/aws/arn.ts';
import { member, named } from '../../../shared/aws/telling.ts';
import type { Json } from '../../../shared/core/json.ts';
import { type Finding, type Unreadable, unreadable } from '../../../shared/core/rule.ts';
import type { Call } from '../../../shared/core/signal.ts';
import type { Guarded } from './association.ts';

/** Firewall Manager does what its administrator's policy says, and would do it again. */
export function lostBy({ actor, service, request }: Call, lost: 'association' | 'logging'): Guarded['lost'] {
  if (actor.invokedBy === 'fms.amazonaws.com') return 'managed';
  if (service !== 'wafv2.amazonaws.com') return 'classic';
  return isOwn(request) ? lost : 'managed log';
}

/** "must be set to CUSTOMER for the configurations that you manage", the default: API_LoggingConfiguration, LogScope. */
const isOwn = (request: Json): boolean => ['CUSTOMER', undefined].includes(named(request, 'logScope'));

/** A web ACL can only be deleted once nothing is associated with it: API_DeleteWebACL. What guarded what is not told. */
export function deleted(call: Call): readonly Finding<Guarded>[] | Unreadable {
  const id = named(call.request, 'id') ?? named(call.request, 'webACLId');
  if (id === undefined) return unreadable('requestParameters.id');
  const name = named(call.request, 'name');
  const resource = aclOf(call, name, id);
  const reason = `the web ACL ${name ?? id} was deleted`;
  return [{ target: { lost: 'web ACL', resource }, resource, reason, certainty: 'certain' }];
}

/** Service authorization reference, AWS WAF V2, AWS WAF and AWS WAF Regional: resource types. */
function aclOf(call: Call, name: string | undefined, id: string): string {
  if (call.service === 'waf-regional.amazonaws.com') return arn(call, 'waf-regional', `webacl/${id}`);
  if (call.service === 'waf.amazonaws.com') return arn(call, 'waf', `webacl/${id}`, { regional: false, owned: true });
  const scope = named(call.request, 'scope') === 'CLOUDFRONT' ? 'global' : 'regional';
  return arn(call, 'wafv2', `${scope}/webacl/${name ?? '*'}/${id}`);
}

/** What a resource or a web ACL has from now on: its guard, or its own log. */
export function kept({ request }: Call): Guarded | null {
  const log = member(request, 'loggingConfiguration') as Json | undefined;
  const resource = named(log ?? request, 'resourceArn');
  if (resource === undefined || !isOwn(log ?? null)) return null;
  return { resource, lost: log === undefined ? 'association' : 'logging' };
}
