/**
 * How CloudTrail writes EC2's calls down. Older ones have their members in camel case, lists as `{items: […]}`, empty
 * ones as `{}` or `""`. Newer ones nest under `<Name>Request` and `<Name>Response`, members as the API has them, a list's
 * only member alone, and a list's texts as `{content, tag}`. Recorded: Stratus Red Team's AuthorizeSecurityGroupIngress,
 * DeleteFlowLogs and EnableSerialConsoleAccess.
 */
import { arn, parseArn } from '../../../shared/aws/arn.ts';
import { column, resourcesNamed } from '../../../shared/aws/noticed.ts';
import { at, isObject, type Json, type JsonObject, text } from '../../../shared/core/json.ts';
import type { Call, Signal } from '../../../shared/core/signal.ts';

export const asked = ({ name, request }: Call): Json => (at(request, `${name}Request`) as Json | undefined) ?? request;

export const answered = ({ name, response }: Call): Json =>
  (at(response, `${name}Response`) as Json | undefined) ?? response;

/** `{items: […]}`, `{item: …}`, a list, or one object alone; empty lists are `{}` or `""`. */
export function items(value: unknown): readonly JsonObject[] {
  if (Array.isArray(value)) return value.filter(isObject);
  if (!isObject(value)) return [];
  if ('items' in value) return items(value['items']);
  if ('item' in value) return items(value['item']);
  return Object.keys(value).length > 0 ? [value] : [];
}

/** The texts of a list: bare, or `{content, tag}`, or a member of each. */
export function texts(value: unknown, name = 'content'): readonly string[] {
  if (typeof value === 'string') return value === '' ? [] : [value];
  if (Array.isArray(value)) return value.flatMap((one) => texts(one, name));
  return items(value).flatMap((one) => text(one, name) ?? []);
}

/** `{value: …}` of an attribute, or the value itself. */
export const bare = (attribute: unknown): unknown =>
  isObject(attribute) ? (at(attribute, 'value') ?? at(attribute, 'Value')) : attribute;

/** A resource that another service names: its id, and its ARN. */
export type Named = { readonly id: string; readonly arn: string };

const types = {
  instance: { securityHub: 'AwsEc2Instance', config: 'AWS::EC2::Instance' },
  'security-group': {
    securityHub: 'AwsEc2SecurityGroup',
    config: 'AWS::EC2::SecurityGroup',
    // As `sg-… (vpc-…)`: guardian/security-hq, which reads this column of both checks of security groups.
    trustedAdvisor: 'Security Group ID',
  },
};

/** The resources of this kind that Security Hub (by ARN), AWS Config or Trusted Advisor (by id) found against something. */
export function namedBy(signal: Signal, kind: keyof typeof types): readonly Named[] {
  const place = { ...signal, region: column(signal, 'Region') ?? signal.region };
  return [...new Set(resourcesNamed(signal, types[kind]))].flatMap((name) => {
    const id = name.slice(name.lastIndexOf('/') + 1).replace(/ \(vpc-[0-9a-f]+\)$/, '');
    return /^[a-z]+-[0-9a-f]{8,17}$/.test(id)
      ? [{ id, arn: parseArn(name) ? name : arn(place, 'ec2', `${kind}/${id}`) }]
      : [];
  });
}

/** Findings of before 2021 tell their region with their resources alone: AWS Security Finding Format, Region. */
export const regionOf = (signal: Signal): string | null =>
  signal.region ??
  (signal.kind === 'finding' ? (text(items(at(signal.body, 'resources'))[0], 'region') ?? null) : null);
