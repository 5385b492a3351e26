/** The rules about an organisation, its accounts, their cost, names and notices: what they can't read, and what they say. */
import { describe, expect, it } from 'vitest';
import { claimed as codes } from '../../functions/health/lenses/claimed.ts';
import { claimed as checks } from '../../functions/trustedadvisor/lenses/claimed.ts';
import { at, type Json, type JsonObject } from '../../shared/core/json.ts';
import type { Home } from '../../shared/core/mode.ts';
import { isUnreadable } from '../../shared/core/rule.ts';
import { normalise } from '../../shared/core/signal.ts';
import { home } from '../support/detecting.ts';
import { registered } from '../support/registry.ts';

const all = await registered();

function recognised(id: string, event: Json, baseline: unknown = {}, at: Partial<Home> = {}): readonly string[] {
  const rule = all.find((one) => one.rule.id === id)?.rule;
  const normalised = normalise(event);
  if (!rule || 'unparsed' in normalised) throw new Error(`${id}: no rule or no event`);
  return normalised.signals.flatMap((signal) => {
    const found = rule.detect(signal, baseline, { ...home, account: signal.account, ...at });
    return isUnreadable(found)
      ? [`unreadable ${found.unreadable}`]
      : found.map(({ certainty, resource, reason }) => `${certainty} ${resource} ${reason}`);
  });
}

function eventOf(id: string, name: string): JsonObject {
  const files = all.find(({ rule }) => rule.id === id)?.files;
  const file = [...(files?.fires ?? []), ...(files?.quiet ?? [])].find((one) => one.name.endsWith(`/${name}.json`));
  if (!file) throw new Error(`no ${id} ${name}`);
  return file.event as JsonObject;
}

const changed = (event: JsonObject, change: JsonObject): JsonObject => ({
  ...event,
  detail: { ...(event['detail'] as JsonObject), ...change },
});

describe('a call that succeeded and does not say what it was about', () => {
  const silent: readonly (readonly [string, string, string])[] = [
    ['account/contacts-changed', 'fires-alternate', 'requestParameters.alternateContactType'],
    ['account/region-enabled', 'fires-of-a-member', 'requestParameters.regionName'],
    ['organizations/scp-detached', 'fires-detached', 'requestParameters.policyId'],
    ['organizations/scp-detached', 'fires-turned-off', 'requestParameters.policyType'],
    ['organizations/account-moved', 'fires-to-unit', 'requestParameters.accountId'],
    ['organizations/account-left', 'fires-removed', 'requestParameters.accountId'],
    ['sso/access-changed', 'fires-assigned', 'requestParameters.permissionSetArn'],
    ['sso/access-changed', 'fires-admin-policy', 'requestParameters.permissionSetArn'],
    ['directory/weakened', 'fires-trusting', 'requestParameters.directoryId'],
    ['billing/report-removed', 'fires-report', 'requestParameters.reportName'],
    ['billing/report-removed', 'fires-budget', 'requestParameters.budgetName'],
    ['artifact/agreement-changed', 'fires-ended', 'requestParameters.customerAgreementId'],
    ['cloudformation/termination-protection', 'fires-by-arn', 'requestParameters.stackName'],
    ['route53/query-logging-deleted', 'fires-deleted', 'requestParameters.resolverQueryLogConfigId'],
    ['route53/domain-unlocked', 'fires-unlocked', 'requestParameters.domainName'],
  ];
  it.each(silent)('%s is unreadable without its request: %s', (id, file, missing) => {
    for (const requestParameters of [null, {}, 'HIDDEN_DUE_TO_SECURITY_REASONS'])
      expect(recognised(id, changed(eventOf(id, file), { requestParameters }))).toEqual([`unreadable ${missing}`]);
  });

  it.each([
    ['organizations/scp-detached', 'fires-detached', 'targetId'],
    ['organizations/scp-detached', 'fires-turned-off', 'rootId'],
    ['organizations/account-moved', 'fires-to-unit', 'sourceParentId'],
    ['organizations/account-moved', 'fires-to-unit', 'destinationParentId'],
    ['sso/access-changed', 'fires-assigned', 'principalId'],
    ['sso/access-changed', 'fires-assigned', 'targetId'],
    ['sso/access-changed', 'fires-admin-policy', 'managedPolicyArn'],
    ['cloudformation/termination-protection', 'fires-by-name', 'enableTerminationProtection'],
    ['route53/query-logging-deleted', 'fires-disassociated', 'resourceId'],
  ])('%s: %s without %s', (id, file, member) => {
    const event = eventOf(id, file);
    const request = at(event, 'detail', 'requestParameters') as JsonObject;
    const requestParameters = Object.fromEntries(Object.entries(request).filter(([key]) => key !== member));
    expect(recognised(id, changed(event, { requestParameters }))).toEqual([`unreadable requestParameters.${member}`]);
  });

  it('an event of Trusted Advisor without a check, one of AWS Health without a code', () => {
    const notice = eventOf('health/security-notice', 'fires-notice');
    expect(recognised('health/security-notice', { ...notice, detail: {} })).toEqual([
      'unreadable detail.eventTypeCode',
    ]);
    const red = eventOf('trustedadvisor/check-failed', 'fires-snapshot');
    expect(recognised('trustedadvisor/check-failed', { ...red, detail: { status: 'ERROR' } })).toEqual([
      'unreadable detail.check-name',
    ]);
  });
});

describe('what is told', () => {
  it.each([
    [
      'organizations/scp-detached',
      'fires-emptied',
      'certain arn:aws:organizations::111122223333:policy/*/*/p-examp1e1 the policy p-examp1e1 was rewritten: it forbids nothing now',
    ],
    [
      'organizations/scp-detached',
      'fires-detached',
      'possible arn:aws:organizations::111122223333:ou/*/ou-exam-examp1e1 the policy p-examp1e1 was detached from the unit ou-exam-examp1e1',
    ],
    [
      'organizations/account-left',
      'fires-left',
      'certain arn:aws:organizations::444455556666:account/*/444455556666 the account 444455556666 left',
    ],
    [
      'organizations/account-left',
      'fires-departed',
      'certain arn:aws:organizations::111122223333:account/*/444455556666 the account 444455556666 left',
    ],
    [
      'cloudformation/termination-protection',
      'fires-by-arn',
      'certain arn:aws:cloudformation:eu-central-1:111122223333:stack/payments/0c1d2e3f-1111-11f0-8a8a-0a1b2c3d4e5f the stack payments may be deleted',
    ],
    [
      'health/security-notice',
      'fires-abuse',
      'certain arn:aws:health:global::event/ABUSE/AWS_ABUSE_DOS_REPORT/AWS_ABUSE_DOS_REPORT_4498 AWS_ABUSE_DOS_REPORT, about instance/i-0a1b2c3d4e5f60718',
    ],
    [
      'sso/access-changed',
      'fires-admin-policy',
      'certain arn:aws:sso:::permissionSet/ssoins-72233af8ea2d1f14/ps-ae5d1fa1f80b684e the permission set ps-ae5d1fa1f80b684e has AWS’s policy AdministratorAccess now',
    ],
    [
      'billing/report-removed',
      'fires-monitor',
      'certain arn:aws:ce::111122223333:anomalymonitor/0a1b2c3d-1111-4222-8333-0a1b2c3d4e5f the cost anomaly monitor',
    ],
  ])('%s, %s', (id, file, beginning) => {
    expect(recognised(id, eventOf(id, file)).join('; ')).toContain(beginning);
  });

  it('names the organisation where firebreak.yml does', () => {
    const [line] = recognised(
      'organizations/account-moved',
      eventOf('organizations/account-moved', 'fires-to-unit'),
      {},
      { organization: 'o-exampleorgid' },
    );
    expect(line).toContain('arn:aws:organizations::111122223333:account/o-exampleorgid/444455556666');
  });

  it('of moves only those out of guarded units, and none into quarantine', () => {
    const moved = eventOf('organizations/account-moved', 'fires-to-unit');
    const told = (baseline: unknown): number => recognised('organizations/account-moved', moved, baseline).length;
    expect(told({ guarded: ['ou-exam-examp1e1'] })).toBe(1);
    expect(told({ guarded: ['ou-exam-examp1e9'] })).toBe(0);
    expect(told({ quarantine: ['ou-exam-examp1e2'] })).toBe(0);
  });

  it('an account that departed without saying how, wherever the event names it', () => {
    const departed = eventOf('organizations/account-left', 'fires-departed');
    const elsewhere = changed(departed, {
      serviceEventDetails: null,
      requestParameters: { AccountId: '444455556666' },
    });
    expect(recognised('organizations/account-left', elsewhere)[0]).toContain('444455556666 left the organisation');
    expect(recognised('organizations/account-left', changed(departed, { serviceEventDetails: {} }))).toEqual([
      'unreadable requestParameters.accountId',
    ]);
  });

  it('an administrator’s directory or domain that goes to a friend is nobody’s trouble', () => {
    const friend = { trusted: ['777788889999'] };
    const domain = eventOf('route53/domain-unlocked', 'fires-given-away');
    expect(recognised('route53/domain-unlocked', domain, {}, friend)).toEqual([]);
    const directory = eventOf('directory/weakened', 'fires-shared');
    expect(recognised('directory/weakened', directory, {}, friend)).toEqual([]);
  });
});

/** What the rules of other rooms ask for by name, of a source that a rule here hears all of. */
const claims = (source: string, room: string, member: string): readonly unknown[] =>
  all
    .filter(({ rule }) => !rule.id.startsWith(`${room}/`))
    .flatMap(({ rule }) => rule.triggers)
    .filter((trigger) => trigger.kind === 'event' && trigger.source === source)
    .flatMap((trigger) => at(trigger, 'where', member) ?? []);

it('what other rules take of Trusted Advisor and of AWS Health is what the catch-all rules leave', () => {
  expect([...checks].sort()).toEqual([...new Set(claims('aws.trustedadvisor', 'trustedadvisor', 'check-name'))].sort());
  expect([...codes].sort()).toEqual([...new Set(claims('aws.health', 'health', 'eventTypeCode'))].sort());
});
