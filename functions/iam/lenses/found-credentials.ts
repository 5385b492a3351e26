/**
 * Whose credentials a GuardDuty finding is about. Shapes: the GuardDuty API's AccessKeyDetails, and, of an attack
 * sequence, Actor, User and Session; members of the event are in camel case. Recorded: cloud-custodian's iam-duty-event.
 */
import { at, isObject, text } from '../../../shared/core/json.ts';
import type { Found } from '../../../shared/core/signal.ts';

/** `of` a role: of a session of one; `other`: of people whom a provider vouches for. `name`: of the user or the role; `key`: the access key's id, or `''`; `principal`: what aws:userid is, or `''`. */
export type Credential = {
  readonly of: 'user' | 'role' | 'root' | 'other';
  readonly name: string;
  readonly key: string;
  readonly principal: string;
};

/** All credentials that the finding names, each once. */
export function credentialsOf({ body }: Found): readonly Credential[] {
  const details = at(body, 'resource', 'accessKeyDetails');
  const actors = at(body, 'service', 'detection', 'sequence', 'actors');
  const named = [
    ...credential(
      text(details, 'userType'),
      text(details, 'userName'),
      text(details, 'accessKeyId'),
      text(details, 'principalId'),
    ),
    ...(Array.isArray(actors) ? actors.filter(isObject) : []).flatMap((actor) => {
      const user = at(actor, 'user');
      return credential(text(user, 'type'), text(user, 'name'), text(user, 'credentialUid'), text(user, 'uid'));
    }),
  ];
  return [...new Map(named.map((one) => [`${one.of} ${one.name} ${one.key}`, one])).values()];
}

/** Whether it tells at all whose credentials they are. */
export function namesSomebody({ body }: Found): boolean {
  const actors = at(body, 'service', 'detection', 'sequence', 'actors');
  const known = Array.isArray(actors) && actors.some((actor) => text(actor, 'user', 'type') !== undefined);
  return known || text(body, 'resource', 'accessKeyDetails', 'userType') !== undefined;
}

/** The user's type is CloudTrail's: IAMUser, Root, AssumedRole and others ("CloudTrail userIdentity element"). */
function credential(
  type: string | undefined,
  name: string | undefined,
  key = '',
  principal = '',
): readonly Credential[] {
  // An AWS service, or an account that is none of ours: there is nothing of ours to take away.
  if (type === undefined || type === 'AWSService' || type === 'AWSAccount') return [];
  if (type === 'Root') return [{ of: 'root', name: 'root', key, principal }];
  if (name === undefined) return [];
  const of = type === 'IAMUser' ? 'user' : type === 'AssumedRole' || type === 'Role' ? 'role' : 'other';
  return [{ of, name, key, principal }];
}

/** 1 to 10; 0 where the finding tells none. */
export function severityOf({ body }: Found): number {
  const severity = at(body, 'severity');
  return typeof severity === 'number' ? severity : 0;
}
