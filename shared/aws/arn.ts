/** Partitions and ARNs. Prefixes of regions as the SDK's endpoint rules have them (`@aws-sdk/util-endpoints`, partitions). */

/** The partition of a region; a region that nobody knows is taken for the commercial partition's. */
export function partitionOf(region: string | null): string {
  if (region === null) return 'aws';
  if (/^cn-/.test(region)) return 'aws-cn';
  if (/^us-gov-/.test(region)) return 'aws-us-gov';
  if (/^us-iso-/.test(region)) return 'aws-iso';
  if (/^us-isob-/.test(region)) return 'aws-iso-b';
  if (/^eu-isoe-/.test(region)) return 'aws-iso-e';
  if (/^us-isof-/.test(region)) return 'aws-iso-f';
  if (/^eusc-/.test(region)) return 'aws-eusc';
  return 'aws';
}

export type Where = { readonly account: string | null; readonly region: string | null };

/** The ARN of a resource seen in an event: `arn(signal, 's3', 'bucket', {regional: false, owned: false})`. */
export function arn(
  where: Where,
  service: string,
  resource: string,
  has: { regional: boolean; owned: boolean } = { regional: true, owned: true },
): string {
  const region = has.regional ? (where.region ?? '') : '';
  const account = has.owned ? (where.account ?? '') : '';
  return `arn:${partitionOf(where.region)}:${service}:${region}:${account}:${resource}`;
}

/** The parts of an ARN, or null where the text is none. */
export function parseArn(
  value: string,
): { partition: string; service: string; region: string; account: string; resource: string } | null {
  const [prefix, partition, service, region, account, ...rest] = value.split(':');
  if (prefix !== 'arn' || !partition || !service || region === undefined || account === undefined || rest.length === 0)
    return null;
  return { partition, service, region, account, resource: rest.join(':') };
}
