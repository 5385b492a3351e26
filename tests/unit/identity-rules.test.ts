/** The rules of root, signin, iam, sts and accessanalyzer: what they make of calls that do not say what they are about. */
import { describe, expect, it } from 'vitest';
import { isObject, type Json, type JsonObject } from '../../shared/core/json.ts';
import { isUnreadable, type Rule } from '../../shared/core/rule.ts';
import { normalise, type Signal } from '../../shared/core/signal.ts';
import { home } from '../support/detecting.ts';
import { registered } from '../support/registry.ts';

const all = (await registered()).filter(({ rule }) => /^(root|signin|iam|sts|accessanalyzer)\//.test(rule.id));

function changed(event: Json, change: JsonObject): Signal {
  if (!isObject(event) || !isObject(event['detail'])) throw new Error('no event');
  const normalised = normalise({ ...event, detail: { ...event['detail'], ...change } });
  if ('unparsed' in normalised) throw new Error(normalised.unparsed);
  return normalised.signals[0];
}

/** What the rule says is missing from this event of its own, once that is changed. */
function missing(id: string, file: string, change: JsonObject): string | null {
  const found = all.find(({ rule }) => rule.id === id);
  const event = [...(found?.files.fires ?? []), ...(found?.files.quiet ?? [])].find(({ name }) =>
    name.endsWith(`/${file}.json`),
  );
  if (!found || !event) throw new Error(`no event ${id} ${file}`);
  const told = detected(found.rule, changed(event.event, change));
  return isUnreadable(told) ? told.unreadable : null;
}

const detected = (rule: Rule, signal: Signal): ReturnType<Rule['detect']> => rule.detect(signal, {}, home);

const nothing = { requestParameters: null, responseElements: null };

describe('a call that does not say what it is about', () => {
  it.each([
    ['iam/access-key-created', 'fires-for-user', nothing, 'requestParameters.userName'],
    ['iam/access-key-created', 'fires-for-user', { responseElements: null }, 'responseElements.accessKey.accessKeyId'],
    ['iam/admin-group-joined', 'fires-joined', nothing, 'requestParameters.userName'],
    [
      'iam/admin-group-joined',
      'fires-joined',
      { requestParameters: { userName: 'lee' } },
      'requestParameters.groupName',
    ],
    ['iam/admin-policy-attached', 'fires-role', nothing, 'requestParameters.roleName'],
    [
      'iam/admin-policy-attached',
      'fires-group',
      { requestParameters: { groupName: 'a' } },
      'requestParameters.policyArn',
    ],
    ['iam/admin-policy-created', 'fires-created', nothing, 'responseElements.policy.arn'],
    ['iam/admin-policy-created', 'fires-default-set', nothing, 'requestParameters.policyArn'],
    ['iam/direct-user-policy', 'fires-attached', nothing, 'requestParameters.userName'],
    [
      'iam/direct-user-policy',
      'fires-inline',
      { requestParameters: { userName: 'lee' } },
      'requestParameters.policyName',
    ],
    ['iam/inline-admin-policy', 'fires-user', nothing, 'requestParameters.userName'],
    [
      'iam/inline-admin-policy',
      'fires-user',
      { requestParameters: { userName: 'lee' } },
      'requestParameters.policyName',
    ],
    ['iam/login-profile', 'fires-created', nothing, 'requestParameters.userName'],
    ['iam/mfa-removed', 'fires-of-a-user', nothing, 'requestParameters.userName'],
    ['iam/permissions-boundary-removed', 'fires-role', nothing, 'requestParameters.roleName'],
    ['iam/role-trust-opened', 'fires-created', nothing, 'requestParameters.roleName'],
    ['iam/roles-anywhere-trust', 'fires-profile', nothing, 'requestParameters.name'],
    ['iam/user-created', 'fires-created', nothing, 'requestParameters.userName'],
    ['root/access-key-created', 'fires-created', nothing, 'responseElements.accessKey.accessKeyId'],
    ['root/mfa-removed', 'quiet-by-a-user', nothing, 'requestParameters.serialNumber'],
    ['signin/console-without-mfa', 'fires-user', { additionalEventData: null }, 'additionalEventData.MFAUsed'],
    ['accessanalyzer/analyzer-deleted', 'fires-deleted', nothing, 'requestParameters.analyzerName'],
    ['iam/compromised-credentials', 'fires-tor', { resource: {} }, 'resource.accessKeyDetails'],
  ])('%s %s: %o is unreadable', (id, file, change, what) => {
    expect(missing(id, file, change)).toBe(what);
    expect(missing(id, file, {})).toBeNull();
  });

  it.each(all.map(({ rule, files }) => ({ id: rule.id, rule, files })))(
    '$id takes anything without a throw',
    ({ rule, files }) => {
      const odd: readonly Json[] = [null, 'x', 7, [], {}, { userName: 7, policyDocument: [null] }, 'y'.repeat(50_000)];
      for (const { event } of files.fires)
        for (const value of odd)
          for (const member of ['requestParameters', 'responseElements', 'userIdentity', 'additionalEventData'])
            expect(() => detected(rule, changed(event, { [member]: value }))).not.toThrow();
    },
  );
});
