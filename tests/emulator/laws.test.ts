/** What every fix must keep, from every awkward state: on emulators that nobody here wrote, under the room's own role. */
import { afterAll, expect, inject, it } from 'vitest';
import { rooms } from '../../functions/rooms.ts';
import { type FixRule, hasFix } from '../../shared/core/rule.ts';
import { functionOf, type Hands, hands, roleEnv } from '../support/hands.ts';
import { allows, askedBy } from '../support/iam.ts';
import { laws } from '../support/laws.ts';
import { policiesOf } from '../support/roles.ts';
import { stagesOn } from '../support/stages.ts';
import { count, isRead, tap } from '../support/wire.ts';

const { env } = inject('sandbox');
/** Names of what a call may be about: each service takes its own. */
const anything = {
  Name: 'a',
  UserName: 'a',
  RoleName: 'a',
  GroupName: 'a',
  KeyId: 'arn:aws:kms:us-east-1:123456789012:key/a',
  GroupId: 'sg-a',
  Bucket: 'a',
  RootId: 'r-a',
  DetectorId: 'a',
  Id: 'a',
  FunctionName: 'arn:aws:lambda:us-east-1:123456789012:function:a',
};
const fixes = Object.values(rooms)
  .flat()
  .filter(hasFix)
  .filter(({ proof }) => proof === 'emulator');
const stages = await stagesOn('emulator');
const tapped = await tap(env);
const admin = await hands(env);
const roles = new Map<string, { own: Hands; drop(): Promise<void> }>();
for (const room of new Set(stages.map(({ rule }) => functionOf(rule)))) {
  const role = await roleEnv(room, tapped.env);
  roles.set(room, { own: await hands(role.env), drop: role.drop });
}
afterAll(async () => {
  for (const { drop } of roles.values()) await drop();
  await tapped.stop();
});

it.each(fixes.map(({ id }) => id))('%s is tried from some state', (id) => {
  expect(stages.some((stage) => stage.rule === id)).toBe(true);
});

/** The SDK's names for services whose actions begin otherwise, behind AWS_ENDPOINT_URL_. */
const suffixes: Readonly<Record<string, string>> = { config: 'CONFIG_SERVICE', sso: 'SSO_ADMIN' };

/** Whether the emulator behind a rule's actions asks IAM: moto asks nobody, and the policies are simulated instead. */
function isAsked({ permissions: { write } }: FixRule): boolean {
  const services = write.flatMap(({ actions }) => actions.map((action) => action.split(':')[0] ?? ''));
  return services.every(
    (service) => env[`AWS_ENDPOINT_URL_${suffixes[service] ?? service.toUpperCase()}`] === undefined,
  );
}

it.each(fixes.flatMap(({ id, permissions }) => (permissions.undo ?? []).map((action) => ({ id, action }))))(
  'the role of $id lacks $action, which only the way back needs',
  async ({ id, action }) => {
    const [service = '', operation = ''] = action.split(':');
    const policies = policiesOf(functionOf(id));
    const [asked] = await askedBy({ service, operation, parameters: anything, at: 0, status: 0 });
    if (!asked) throw new Error(`${action} is no request`);
    expect(await allows(policies, asked)).toBe(false);
  },
);

laws(stages, {
  own(stage) {
    const role = roles.get(functionOf(stage.rule));
    if (!role) throw new Error(`no role for ${stage.rule}`);
    return role.own;
  },
  admin,
  refuses: isAsked,
  calls: () =>
    tapped.log.map((seen) => ({ reads: isRead(seen), answered: seen.status < 400, requests: count([seen]) })),
});
