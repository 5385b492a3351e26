/**
 * What services that watch say of a resource: Security Hub's controls, GuardDuty, AWS Config's rules. None of them says
 * all that a rule wants to know: what they name is read. Pure.
 */
import { at, text } from '../core/json.ts';
import type { Trigger } from '../core/rule.ts';
import type { Signal } from '../core/signal.ts';
import { short } from './statement.ts';

export const failedControls = (...ids: readonly string[]): readonly Trigger[] =>
  ids.map((type) => ({ kind: 'finding', origin: 'securityhub', type }));

export const guardDuty = (...types: readonly string[]): readonly Trigger[] =>
  types.map((type) => ({ kind: 'finding', origin: 'guardduty', type }));

/**
 * Config's verdict against managed rules by the names that they have unless somebody chose another, also with what a
 * conformance pack hangs on. Not those of Security Hub, `securityhub-…`: it makes a finding of each verdict itself.
 * Shape: AWS Config Developer Guide, "Monitoring AWS Config with Amazon EventBridge".
 */
export const nonCompliant = (...rules: readonly [string, ...string[]]): Trigger => ({
  kind: 'event',
  source: 'aws.config',
  detailType: 'Config Rules Compliance Change',
  where: {
    configRuleName: rules.map((prefix) => ({ prefix })),
    newEvaluationResult: { complianceType: ['NON_COMPLIANT'] },
  },
});

/**
 * Trusted Advisor's red and yellow items of checks: it tells of all regions in one, and the item's own is a column of its
 * report. Shape: functions/trustedadvisor/check-failed.ts, which leaves these checks to their rules (lenses/claimed.ts there).
 */
export const advised = (...checks: readonly [string, ...string[]]): Trigger => ({
  kind: 'event',
  source: 'aws.trustedadvisor',
  detailType: 'Trusted Advisor Check Item Refresh Notification',
  where: { 'check-name': [...checks], status: ['ERROR', 'WARN'] },
});

/** A column of the item that Trusted Advisor tells of, by its heading: AWS Support User Guide, "Report columns" of the check. */
export const column = (signal: Signal, heading: string): string | undefined =>
  signal.kind === 'other' && signal.source === 'aws.trustedadvisor'
    ? text(signal.detail, 'check-item-detail', heading)
    : undefined;

/**
 * The resources of one type that a finding or verdict names: ARNs where Security Hub does (`type`: its own name of it,
 * AwsS3Bucket), ids where Config does (AWS::S3::Bucket), the members of a list where GuardDuty does (s3BucketDetails), a
 * column where Trusted Advisor does.
 */
export function resourcesNamed(
  signal: Signal,
  type: {
    readonly securityHub: string;
    readonly config?: string;
    readonly guardDuty?: string;
    readonly trustedAdvisor?: string;
  },
): readonly string[] {
  if (signal.kind === 'other' && signal.source === 'aws.trustedadvisor')
    return type.trustedAdvisor === undefined ? [] : listOf(column(signal, type.trustedAdvisor));
  if (signal.kind === 'other')
    return text(signal.detail, 'resourceType') === type.config ? listOf(text(signal.detail, 'resourceId')) : [];
  if (signal.kind !== 'finding') return [];
  if (signal.origin === 'securityhub')
    return listOf(at(signal.body, 'resources'))
      .filter((one) => text(one, 'type') === type.securityHub)
      .flatMap((one) => text(one, 'id') ?? []);
  return type.guardDuty === undefined
    ? []
    : listOf(at(signal.body, 'resource', type.guardDuty)).flatMap((one) => text(one, 'arn') ?? text(one, 'name') ?? []);
}

/** Who says so: the beginning of a reason. */
export function witness(signal: Signal): string {
  if (signal.kind === 'other' && signal.source === 'aws.trustedadvisor')
    return `Trusted Advisor found it against its check ${short(text(signal.detail, 'check-name') ?? '')}`;
  if (signal.kind === 'other')
    return `AWS Config found it against its rule ${short(text(signal.detail, 'configRuleName') ?? '')}`;
  if (signal.kind !== 'finding') return signal.name;
  return signal.origin === 'guardduty'
    ? `GuardDuty reports ${short(signal.type)}`
    : `Security Hub found ${short(signal.type)} failed`;
}

const listOf = <T>(value: T | readonly T[] | undefined): readonly T[] =>
  value === undefined ? [] : Array.isArray(value) ? (value as readonly T[]) : [value as T];
