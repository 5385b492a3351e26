/** What rules say of their events, beyond that they fire: targets, resources, reasons, certainty. */
import { describe, expect, it } from 'vitest';
import type { Json } from '../../shared/core/json.ts';
import { type Finding, hasFix, type Rule } from '../../shared/core/rule.ts';
import { normalise } from '../../shared/core/signal.ts';
import { context, detected as recognised } from '../support/detecting.ts';
import { registered } from '../support/registry.ts';

const all = await registered();

function ruleFiles(id: string): (typeof all)[number] {
  const found = all.find(({ rule }) => rule.id === id);
  if (!found) throw new Error(`no rule ${id}`);
  return found;
}

function detected(rule: Rule, event: Json): Finding {
  const normalised = normalise(event);
  if ('unparsed' in normalised) throw new Error(normalised.unparsed);
  const [finding, ...others] = normalised.signals.flatMap((signal) => recognised(rule, signal));
  if (!finding || others.length > 0) throw new Error('expected one finding');
  return finding;
}

/** The finding that an event file gives. */
function found(id: string, file: string): Finding {
  const { rule, files } = ruleFiles(id);
  const event = [...files.fires, ...files.quiet].find(({ name }) => name.endsWith(`/${file}.json`));
  if (!event) throw new Error(`no event ${file}`);
  return detected(rule, event.event);
}

describe('cloudtrail/logging-stopped', () => {
  const id = 'cloudtrail/logging-stopped';
  const { rule, files } = ruleFiles(id);
  const trail = 'arn:aws:cloudtrail:us-east-1:111122223333:trail/management-events';
  const lens = hasFix(rule) ? rule.fix.lens : null;
  const desire = (state: Json, target: Json): unknown =>
    hasFix(rule) ? rule.fix.desire(state, context(target, {})) : undefined;

  it('takes a name, an ARN, and what GuardDuty says for the one trail that they mean', () => {
    const byName = files.fires.find(({ name }) => name.endsWith('/fires-by-name.json'))?.event as {
      detail: { [key: string]: Json };
    };
    const byArn = { ...byName, detail: { ...byName.detail, requestParameters: { name: trail } } };
    const findings = [
      detected(rule, byName),
      detected(rule, byArn),
      found(id, 'fires-guardduty'),
      found(id, 'fires-guardduty-named-in-title'),
    ];
    expect(new Set(findings.map(({ target }) => lens?.key(target)))).toEqual(new Set([trail]));
    for (const { target, resource } of findings)
      expect({ target, resource }).toEqual({ target: { trail, ours: true }, resource: trail });
    expect(findings.map(({ certainty }) => certainty)).toEqual(['certain', 'certain', 'possible', 'possible']);
  });

  it('names trails of other partitions by theirs', () => {
    expect(found(id, 'fires-in-china').resource).toBe('arn:aws-cn:cloudtrail:cn-north-1:111122223333:trail/audit');
  });

  it.each(['fires-organization-trail-by-delegate', 'fires-guardduty-unnamed'])(
    'neither reads nor guesses at a trail out of reach: %s',
    async (file) => {
      const { target } = found(id, file);
      const state = (await lens?.read(target)) ?? null;
      expect(state).toBe('unreachable');
      expect(desire(state, target)).toEqual({ unknown: expect.stringMatching(/\S/) });
    },
  );

  it('wants a trail to log, and tells of one that is gone', () => {
    const target = { trail, ours: true };
    expect([desire(false, target), desire(true, target)]).toEqual([true, true]);
    expect(desire(null, target)).toEqual({ unknown: expect.stringContaining('does not exist any more') });
  });

  it('is undone by the operator, where there is something to undo', () => {
    expect(lens?.undo(false, true)).toBe('operator');
    expect(lens?.undo(null, true)).toBe('none');
    expect(hasFix(rule) && rule.permissions.undo).toEqual(['cloudtrail:StopLogging']);
  });

  it('writes nothing but started and stopped', async () => {
    await expect(lens?.write({ trail, ours: true }, true, null)).rejects.toThrow(/neither/);
    await expect(lens?.write({ trail: null, ours: false }, null, true)).rejects.toThrow(/known trail/);
  });
});

describe('iam/access-key-created', () => {
  const id = 'iam/access-key-created';
  const { rule } = ruleFiles(id);

  it.each([
    ['fires-for-user', 'backup-job'],
    ['fires-own-key', 'maria'],
    ['fires-by-root-for-user', 'maria'],
  ])('%s: the new key of %s', (file, user) => {
    const key = 'AKIAI44QH8DHBEXAMPLE';
    const { target, resource, reason } = found(id, file);
    expect(target).toEqual({ user, key });
    expect(resource).toBe(`arn:aws:iam::111122223333:user/${user}`);
    expect(reason).toContain(key);
  });

  it('wants an active key inactive, and nothing of any other', () => {
    if (!hasFix(rule)) throw new Error('no fix');
    const desire = (state: Json): unknown => rule.fix.desire(state, context({ user: 'a', key: 'b' }, {}));
    expect(['Active', 'Inactive', 'Expired', null].map(desire)).toEqual(['Inactive', 'Inactive', 'Expired', null]);
  });

  it('can be taken back by the role, except where the key is gone', () => {
    if (!hasFix(rule)) throw new Error('no fix');
    expect(rule.fix.lens.undo('Active', 'Inactive')).toBe('restore');
    expect(rule.fix.lens.undo(null, null)).toBe('none');
  });

  it('writes nothing but active and inactive', async () => {
    if (!hasFix(rule)) throw new Error('no fix');
    for (const to of [null, 'Expired'])
      await expect(rule.fix.lens.write({ user: 'a', key: 'b' }, 'Active', to)).rejects.toThrow(/neither/);
  });
});

describe('root/console-login', () => {
  const id = 'root/console-login';

  it.each([
    ['fires-with-mfa', 'the root user signed in to the console (with MFA)'],
    ['fires-without-mfa', 'the root user signed in to the console (without MFA)'],
    ['fires-failed', 'somebody tried to sign in as the root user and failed (without MFA)'],
  ])('%s: %s', (file, reason) => {
    expect(found(id, file)).toMatchObject({
      reason,
      resource: 'arn:aws:iam::111122223333:root',
      target: { account: '111122223333' },
    });
  });
});
