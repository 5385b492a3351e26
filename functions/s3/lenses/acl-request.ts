/**
 * The grants to everybody that a CloudTrail record of PutBucketAcl or CreateBucket tells of. Shapes:
 * - `AccessControlPolicy.AccessControlList.Grant`, one object or a list, each `{Grantee: {URI}, Permission}`:
 *   Splunk security content, "Detect New Open S3 buckets".
 * - `x-amz-acl`, a text or, in older records, a list of one: Datadog's rule 9e7-876-0ec, "AWS S3 Bucket ACL made public";
 *   Panther's AWS.S3.BucketPolicyModified, its tests.
 * - `accessControlList["x-amz-grant-…"]`: Splunk security content, "Detect New Open S3 Buckets over AWS CLI". No source
 *   shows where CreateBucket's stand: both headers are looked for in both places.
 */
import { at, isObject, type Json, text } from '../../../shared/core/json.ts';

const groups = 'http://acs.amazonaws.com/groups/global/';

/** Everybody, and everybody with some AWS account: https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#specifying-grantee-predefined-groups */
export const isEverybody = (uri: string): boolean =>
  uri === `${groups}AllUsers` || uri === `${groups}AuthenticatedUsers`;

/** The same page, "Canned ACL". */
const canned: ReadonlyMap<string, string> = new Map([
  ['public-read', 'READ to AllUsers'],
  ['public-read-write', 'READ and WRITE to AllUsers'],
  ['authenticated-read', 'READ to AuthenticatedUsers'],
]);

/** Such as `READ to AllUsers`; null where the request shows no ACL at all. */
export function openGrants(request: Json): readonly string[] | null {
  const list = at(request, 'AccessControlPolicy', 'AccessControlList');
  const headers = [request, at(request, 'accessControlList')]
    .flatMap((place) => Object.entries(isObject(place) ? place : {}))
    .filter(([name, value]) => (name === 'x-amz-acl' || name.startsWith(grant)) && words(value).length > 0);
  if (list === undefined && headers.length === 0) return null;
  const grants = at(list, 'Grant');
  return [
    ...(Array.isArray(grants) ? grants : [grants]).flatMap((one) => {
      const uri = text(one, 'Grantee', 'URI') ?? '';
      return isEverybody(uri) ? [granted(text(one, 'Permission') ?? 'something', uri)] : [];
    }),
    ...headers.flatMap(([name, value]) => words(value).flatMap((word) => inHeader(name, word))),
  ];
}

const grant = 'x-amz-grant-';

/** A canned ACL's name, or `uri="http://…/AllUsers", id=…` with or without quotes: API_PutBucketAcl, x-amz-grant-read. */
function inHeader(name: string, value: string): readonly string[] {
  if (name === 'x-amz-acl') return [canned.get(value) ?? []].flat();
  const permission = name.slice(grant.length).toUpperCase().replaceAll('-', '_');
  return value
    .split(/[\s,="']+/)
    .filter(isEverybody)
    .map((uri) => granted(permission, uri));
}

const granted = (permission: string, uri: string): string => `${permission} to ${uri.slice(groups.length)}`;

const words = (value: unknown): readonly string[] =>
  (Array.isArray(value) ? value : [value]).filter((one): one is string => typeof one === 'string' && one !== '');
