/**
 * Whether a bucket's policy refuses plain HTTP, and the policy that does. Pure. The statement is the one of
 * https://repost.aws/knowledge-center/s3-bucket-policy-for-config-rule: an Allow for `aws:SecureTransport` true is none.
 */
import { type Statement, statementsOf } from '../../../shared/aws/policy.ts';
import { isObject, type Json } from '../../../shared/core/json.ts';
import { covers } from '../../../shared/core/mode.ts';
import type { PolicyTarget } from './bucket.ts';

const arnOf = ({ bucket, partition }: PolicyTarget): string => `arn:${partition}:s3:::${bucket}`;

/** Denied for everybody, every action, the bucket and all its objects: by one statement, or by several together. */
export function refusesHttp(policy: Json, target: PolicyTarget): boolean {
  const denied = (statementsOf(policy) ?? [])
    .filter(deniesHttp)
    .flatMap(({ Resource }) => many(Resource))
    .filter((one) => typeof one === 'string' && !one.includes('${')) as readonly string[];
  const bucket = arnOf(target);
  // A pattern that ends with a star and covers no key yet covers every key.
  return (
    denied.some((one) => covers(one, bucket)) && denied.some((one) => one.endsWith('*') && covers(one, `${bucket}/`))
  );
}

/** The policy with that statement at its end, all others as they are, indented text still indented; null for text that is no policy. */
export function refusingHttp(policy: string | null, target: PolicyTarget): string | null {
  const document =
    policy === null ? { Version: '2012-10-17', Statement: [] } : (parsed(policy) as { Statement?: Json });
  const statements = statementsOf(document);
  if (statements === null) return null;
  // A Sid is unique within its policy: IAM user guide, "IAM JSON policy elements: Sid".
  const taken = new Set(statements.map(({ Sid }) => Sid));
  let sid = 'FirebreakTlsOnly';
  for (let n = 2; taken.has(sid); n += 1) sid = `FirebreakTlsOnly${n}`;
  const bucket = arnOf(target);
  const added = {
    Sid: sid,
    Effect: 'Deny',
    Principal: '*',
    Action: 's3:*',
    Resource: [bucket, `${bucket}/*`],
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  };
  const indent = /^\s*\{\r?\n([ \t]{1,10})/.exec(policy ?? '')?.[1];
  return JSON.stringify({ ...document, Statement: [...many(document.Statement), added] }, null, indent);
}

function deniesHttp({ Effect, Principal, Action, Condition }: Statement): boolean {
  // `*` and `{"AWS": "*"}` are the same in a resource's policy: IAM user guide, "AWS JSON policy elements: Principal".
  const everybody = many(isObject(Principal) ? Principal.AWS : Principal).includes('*');
  const everything = many(Action).some((one) => typeof one === 'string' && /^(s3:)?\*$/i.test(one));
  return Effect === 'Deny' && everybody && everything && heldOnlyToHttp(Condition);
}

/** All conditions must hold for the deny to count: any other than this one leaves some requests over HTTP through. */
function heldOnlyToHttp(condition: Json | undefined): boolean {
  if (condition === undefined) return true;
  if (!isObject(condition)) return false;
  return Object.entries(condition).every(
    ([operator, keys]) =>
      /^bool(ifexists)?$/i.test(operator) &&
      isObject(keys) &&
      Object.entries(keys).every(
        ([key, values]) =>
          key.toLowerCase() === 'aws:securetransport' &&
          many(values).some((one) => one === false || (typeof one === 'string' && one.toLowerCase() === 'false')),
      ),
  );
}

const many = (value: Json | undefined): readonly (Json | undefined)[] => (Array.isArray(value) ? value : [value]);

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return null;
  }
}
