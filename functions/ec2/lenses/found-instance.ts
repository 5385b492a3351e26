/**
 * What a GuardDuty finding tells of an instance. Shapes: the GuardDuty API's Resource, InstanceDetails, Service and
 * NetworkConnectionAction, and of an attack sequence ResourceV2; members of the event are in camel case. Recorded: GuardDuty-SOAR's samples.
 */
import { at, isObject, type JsonObject, text } from '../../../shared/core/json.ts';
import type { Found } from '../../../shared/core/signal.ts';
import { isAddress } from './addresses.ts';

const instanceId = /^i-[0-9a-f]{8,17}$/;

/** The instance's id, or undefined where the finding is about something else. */
export function instanceOf({ body }: Found): string | undefined {
  const id = text(body, 'resource', 'instanceDetails', 'instanceId');
  return id !== undefined && instanceId.test(id) ? id : undefined;
}

/** All instances that the finding names, each once: an attack sequence may name several, by id or ARN. */
export function instancesOf(finding: Found): readonly string[] {
  const sequence = list(at(finding.body, 'service', 'detection', 'sequence', 'resources'));
  const named = sequence
    .filter((one) => text(one, 'resourceType') === 'EC2_INSTANCE')
    .flatMap((one) => [text(one, 'uid'), text(one, 'name')])
    .map((one) => one?.split('/').at(-1) ?? '');
  return [...new Set([instanceOf(finding) ?? '', ...named])].filter((id) => instanceId.test(id));
}

/** 1 to 10; 0 where the finding tells none. */
export function severityOf({ body }: Found): number {
  const severity = at(body, 'severity');
  return typeof severity === 'number' ? severity : 0;
}

/** When it was seen first, in ISO 8601, or null. */
export function sinceOf({ body }: Found): string | null {
  const since = text(body, 'service', 'eventFirstSeen');
  return since !== undefined && !Number.isNaN(Date.parse(since)) ? since : null;
}

/** The role of the instance in what happened, or undefined: findings of Runtime Monitoring tell none. */
export const roleOf = ({ body }: Found): string | undefined => text(body, 'service', 'resourceRole')?.toUpperCase();

/** Who was at the other end of the connection, and in which of the instance's subnets; null where it is not told. */
export function callerOf({ body }: Found): { readonly subnet: string | null; readonly address: string | null } {
  const action = at(body, 'service', 'action', 'networkConnectionAction');
  const remote = at(action, 'remoteIpDetails');
  const address = [text(remote, 'ipAddressV4'), text(remote, 'ipAddressV6')].find(
    (one) => one !== undefined && isAddress(one),
  );
  const interfaces = list(at(body, 'resource', 'instanceDetails', 'networkInterfaces'));
  const id = text(action, 'localNetworkInterface');
  const local = text(action, 'localIpDetails', 'ipAddressV4');
  const used =
    interfaces.find((one) => id !== undefined && text(one, 'networkInterfaceId') === id) ??
    interfaces.find((one) => local !== undefined && text(one, 'privateIpAddress') === local);
  const subnets = new Set((used ? [used] : interfaces).map((one) => text(one, 'subnetId')));
  const [subnet] = subnets;
  return { subnet: subnets.size === 1 ? (subnet ?? null) : null, address: address ?? null };
}

/** The security groups of the instance, each once. */
export function groupsOf({ body }: Found): readonly string[] {
  const interfaces = list(at(body, 'resource', 'instanceDetails', 'networkInterfaces'));
  const ids = interfaces.flatMap((one) => list(one['securityGroups']).map((group) => text(group, 'groupId') ?? ''));
  return [...new Set(ids)].filter((id) => /^sg-[0-9a-f]{8,17}$/.test(id));
}

const list = (value: unknown): readonly JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : []);
