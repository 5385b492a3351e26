/** The rules that only tell: what they say of their events, and that nothing that is missing or odd crashes them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rooms } from '../../functions/rooms.ts';
import { listed, named } from '../../shared/aws/telling.ts';
import { isObject, type Json, type JsonObject } from '../../shared/core/json.ts';
import { awakened } from '../../shared/core/route.ts';
import { hasFix, isUnreadable, type Rule } from '../../shared/core/rule.ts';
import { normalise } from '../../shared/core/signal.ts';
import { home } from '../support/detecting.ts';
import { recorded } from '../support/recorded.ts';
import { registered } from '../support/registry.ts';

const all = await registered();
const telling = all.filter(({ rule }) => !hasFix(rule));

/** What the rule recognises; what it can't read is another's to test. */
function findings(rule: Rule, event: Json) {
  const normalised = normalise(event);
  if ('unparsed' in normalised) return [];
  return normalised.signals.flatMap((signal) =>
    awakened([rule], signal).flatMap((woken) => {
      const found = woken.detect(signal, {}, { ...home, account: signal.account });
      return isUnreadable(found) ? [] : found.map((one) => ({ ...one, signal }));
    }),
  );
}

function said(id: string, file: string): string {
  const found = telling.find(({ rule }) => rule.id === id);
  const event = [...(found?.files.fires ?? [])].find(({ name }) => name.endsWith(`/${file}.json`));
  if (!found || !event) throw new Error(`no ${id} ${file}`);
  return findings(found.rule, event.event)
    .map(({ resource, reason, certainty }) => `${certainty}: ${resource}: ${reason}`)
    .join('; ');
}

const account = '111122223333';
const detector = `arn:aws:guardduty:eu-west-1:${account}:detector/12abc34d567e8fa901bc2d34e56789f0`;

describe('what is told', () => {
  it.each([
    ['signin/console-without-mfa', 'fires-user', `certain: arn:aws:iam::${account}:user/lee: the user lee signed in`],
    [
      'iam/user-created',
      'fires-in-a-path',
      `certain: arn:aws:iam::${account}:user/app/backup-job: the user backup-job`,
    ],
    [
      'iam/permissions-boundary-removed',
      'fires-role',
      `certain: arn:aws:iam::${account}:role/ci: the permissions boundary of the role ci was removed`,
    ],
    [
      'iam/federation-changed',
      'fires-saml-metadata-replaced',
      `certain: arn:aws:iam::${account}:saml-provider/corp: the identity provider corp was changed`,
    ],
    [
      'iam/federation-changed',
      'fires-oidc-removed',
      `certain: arn:aws:iam::${account}:oidc-provider/idp.example.com: the identity provider idp.example.com was removed`,
    ],
    [
      'root/mfa-removed',
      'fires-root-device',
      `certain: arn:aws:iam::${account}:root: a second factor of the root user`,
    ],
    ['root/mfa-removed', 'fires-device-deleted', `possible: arn:aws:iam::${account}:root: a virtual device, perhaps`],
    [
      'root/api-activity',
      'fires-mfa-delete',
      `certain: arn:aws:iam::${account}:root: the root user called s3:PutBucketVersioning: one of the few tasks that need it`,
    ],
    [
      'root/api-activity',
      'fires-refused',
      `certain: arn:aws:iam::${account}:root: the root user called cloudtrail:StopLogging and was refused (AccessDenied): a role could do the same`,
    ],
    [
      'guardduty/membership-changed',
      'fires-not-watched',
      `certain: ${detector}: GuardDuty: the accounts 444455556666, 777788889999: no longer watched`,
    ],
    [
      'guardduty/membership-changed',
      'fires-left',
      `certain: ${detector}: GuardDuty: this account: no longer with its administrator`,
    ],
    [
      'guardduty/findings-hidden',
      'fires-filter-archives',
      `certain: ${detector}/filter/noise: the filter noise archives`,
    ],
    ['guardduty/findings-hidden', 'fires-filter-widened', `possible: ${detector}/filter/noise: the filter noise was`],
    ['guardduty/findings-hidden', 'fires-trusted-list', `certain: ${detector}/ipset/0ab1c2d3e4f5: findings about`],
    ['guardduty/findings-hidden', 'fires-trusted-list-changed', `possible: ${detector}/ipset/0ab1c2d3e4f5: findings`],
    [
      'logs/group-deleted',
      'fires-stream',
      `certain: arn:aws:logs:eu-west-1:${account}:log-group:/aws/vpc/flow:log-stream:eni-0a1b2c3d4e5f67890-all: the log stream`,
    ],
    [
      'cloudwatch/alarm-deleted',
      'fires-several',
      `certain: arn:aws:cloudwatch:eu-west-1:${account}:alarm:root-sign-in: the alarm root-sign-in was deleted; certain: arn:aws:cloudwatch:eu-west-1:${account}:alarm:trail-changed`,
    ],
    [
      'config/rule-deleted',
      'fires-deleted',
      `certain: arn:aws:config:eu-west-1:${account}:config-rule/s3-bucket-public-read-prohibited: the rule`,
    ],
    [
      'account/region-enabled',
      'fires-of-a-member',
      'certain: arn:aws:account::444455556666:account: the region af-south-1 was opened',
    ],
    [
      'account/contacts-changed',
      'fires-alternate-removed',
      `certain: arn:aws:account::${account}:account: the security contact of the account was removed`,
    ],
    [
      'account/contacts-changed',
      'fires-primary',
      `certain: arn:aws:account::${account}:account: the primary contact of the account was changed`,
    ],
  ])('%s, %s', (id, file, beginning) => {
    expect(said(id, file)).toContain(beginning);
  });

  it('never repeats what a contact’s request holds', () => {
    expect(said('account/contacts-changed', 'fires-alternate')).not.toMatch(/alrosalez|Alejandro|CISO/);
  });
});

describe('odd events', () => {
  const fires = telling.flatMap(({ rule, files }) => files.fires.map(({ event }) => ({ rule, event })));
  const odd = fc.oneof(
    fc.constantFrom<Json>(null, '', [], {}, '\u0000\u202e', 'x'.repeat(2 ** 20), 0, true, [null, [{}]]),
    fc.jsonValue().map((value) => value as Json),
  );

  it('crash nothing, whatever a field of theirs is', () => {
    fc.assert(
      fc.property(fc.constantFrom(...fires), odd, fc.nat(), ({ rule, event }, value, at) => {
        for (const found of findings(rule, changed(event, value, at))) {
          expect(typeof found.resource).toBe('string');
          expect(found.reason).toMatch(/\S/);
        }
      }),
      { numRuns: 1000 },
    );
  });

  /** The event with its detail's member number `at`, counted round, made something else. */
  function changed(event: Json, value: Json, at: number): Json {
    const { detail } = event as { detail: JsonObject };
    const inner = ['userIdentity', 'requestParameters', 'responseElements', 'additionalEventData'].flatMap((outer) => {
      const held = detail[outer];
      return isObject(held) ? Object.keys(held).map((key) => [outer, key] as const) : [];
    });
    const places = [...Object.keys(detail).map((key) => [key] as const), ...inner];
    const [outer = '', key] = places[at % places.length] ?? [''];
    const held = detail[outer];
    const put = key === undefined || !isObject(held) ? value : { ...held, [key]: value };
    return { ...(event as JsonObject), detail: { ...detail, [outer]: put } };
  }
});

describe('recorded events', () => {
  it.skipIf(recorded.length === 0)('of the root user are told, but not what a service did in its name', () => {
    const rule = telling.find((one) => one.rule.id === 'root/api-activity')?.rule;
    if (!rule) throw new Error('no root/api-activity');
    const names = recorded
      .flatMap(({ event }) => findings(rule, event).map(({ signal }) => signal))
      .map((signal) => {
        if (signal.kind !== 'call') throw new Error('no call');
        return signal.name;
      });
    expect(names.sort()).toEqual(['CreateBucket', 'CreateVirtualNode', 'DescribeTrustedAdvisorChecks', 'GetResource']);
  });

  it.skipIf(recorded.length === 0)('of a user’s sign-in without a second factor are told', () => {
    const rule = telling.find((one) => one.rule.id === 'signin/console-without-mfa')?.rule;
    if (!rule) throw new Error('no signin/console-without-mfa');
    const lines = recorded.filter(({ event }) => findings(rule, event).length > 0).map(({ line }) => line);
    expect(lines).toEqual(
      expect.arrayContaining([expect.stringContaining('stratus-red-team'), expect.stringContaining('fivexl')]),
    );
  });
});

it('those of rooms without any fix run in the function watch, and in no other', () => {
  const acting = new Set(all.filter(({ rule }) => hasFix(rule)).map(({ rule }) => rule.id.split('/')[0]));
  const expected = telling.map(({ rule }) => rule.id).filter((id) => !acting.has(id.split('/')[0]));
  expect((rooms['watch'] ?? []).map(({ id }) => id).sort()).toEqual(expected.sort());
  for (const [name, rules] of Object.entries(rooms)) if (name !== 'watch') expect(rules.some(hasFix)).toBe(true);
});

it('members are found whatever their casing, and lists are cut', () => {
  expect(named({ SAMLProviderArn: 'a' }, 'sAMLProviderArn')).toBe('a');
  expect(named({ sAMLProviderArn: 7 }, 'samlproviderarn')).toBeUndefined();
  expect(named(null, 'x')).toBeUndefined();
  expect(listed(['a', 7, '', 'b'])).toEqual(['a', 'b']);
  expect(listed('a')).toEqual(['a']);
  expect(listed(undefined)).toEqual([]);
  expect(listed(Array(500).fill('a')).length).toBe(20);
});
