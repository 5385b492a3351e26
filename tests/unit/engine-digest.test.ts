/** What is only rehearsed is told once a day, where firebreak.yml asks for that. */
import { describe, expect, it, test } from 'vitest';
import { digestOf } from '../../scripts/digest.ts';
import { digest } from '../../shared/core/digest.ts';
import type { Incident } from '../../shared/core/incident.ts';
import type { Config } from '../../shared/core/mode.ts';
import type { Rule } from '../../shared/core/rule.ts';
import { hubChannel } from '../../shared/notify/hub.ts';
import { render } from '../../shared/notify/message.ts';
import { incidentOf } from '../support/incident.ts';
import { call, deliver, dims, exempt, lit, putsOut, standard, toyWorld, type World } from '../support/toys.ts';

const daily: Partial<Config> = { preset: 'observe', channels: { email: [], digest: { hour: 7 } } };
const lights = (world: World, lamp: string) => call('LightLamp', { lamp, time: world.now().toISOString() });
const told = async (world: World, config: Partial<Config> = daily): Promise<Incident | null> => {
  const result = await digest(world.deps([], config), async function* (outcome, from, to) {
    const some = world.store.all().filter((one) => one.outcome === outcome && one.at >= from && one.at < to);
    // One by one: what counts is counted over all pages.
    for (const one of some) yield [one];
  });
  return result && (await world.store.get(result.incident ?? ''));
};
/** To just after seven the next day: the world begins at ten. */
const sleepUntilSeven = (world: World): void => world.wait(21 * 3600 + 30);

describe('the daily digest', () => {
  it('is the only word of what was rehearsed: the noisiest rule first, each with its resources', async () => {
    const world = toyWorld({ hall: lit, cellar: lit });
    for (const lamp of ['hall', 'hall', 'cellar'])
      expect(['rehearsed', 'witness']).toContain((await deliver(world, lights(world, lamp), undefined, daily))[0]);
    await deliver(world, lights(world, 'hall'), [dims(world.lens)], daily);
    expect(world.told).toEqual([]);
    expect(world.store.all().filter(({ outcome, told }) => outcome === 'rehearsed' && told !== 'rehearsed')).toEqual(
      [],
    );
    sleepUntilSeven(world);
    const said = await told(world);
    expect(world.told.map(({ id }) => id)).toEqual([said?.id]);
    expect(said).toMatchObject({ outcome: 'told', told: 'told', title: '4 rehearsals of 2 rules' });
    expect(said?.digest).toEqual({
      from: '2026-03-01T06:55:00.000Z',
      to: '2026-03-02T06:55:00.000Z',
      rules: [
        { rule: 'toy/lamp', times: 3, resources: 2 },
        { rule: 'toy/watts', times: 1, resources: 1 },
      ],
      ending: [],
    });
  });

  it('is told once, however often its clock strikes, and not again of the same the day after', async () => {
    const world = toyWorld();
    await deliver(world, lights(world, 'hall'), undefined, daily);
    sleepUntilSeven(world);
    const first = await told(world);
    world.wait(3600);
    expect((await told(world))?.id).toBe(first?.id);
    expect(world.told).toHaveLength(1);
    world.wait(24 * 3600);
    expect(await told(world)).toBeNull();
  });

  it('is not sent where there is nothing to tell', async () => {
    const world = toyWorld();
    await deliver(world, lights(world, 'hall'));
    sleepUntilSeven(world);
    expect(await told(world)).toBeNull();
  });

  it('is not waited for with what is critical, which is counted all the same', async () => {
    const world = toyWorld();
    const rule = { ...putsOut(world.lens), severity: 'critical' } as Rule;
    await deliver(world, lights(world, 'hall'), [rule], daily);
    expect(world.told.map(({ outcome }) => outcome)).toEqual(['rehearsed']);
    sleepUntilSeven(world);
    expect((await told(world))?.digest?.rules).toEqual([{ rule: 'toy/lamp', times: 1, resources: 1 }]);
  });

  it('warns of exemptions that end, before they do', async () => {
    const world = toyWorld();
    const config = { ...daily, ...exempt({ resource: 'arn:aws:toy:::lamp/hall', expires: '2026-03-05' }) };
    sleepUntilSeven(world);
    const said = await told(world, config);
    expect(said).toMatchObject({ title: '1 exemption about to end' });
    expect(said?.digest?.ending).toEqual([
      { rule: 'toy/lamp', of: 'arn:aws:toy:::lamp/hall', owner: 'light team', expires: '2026-03-05' },
    ]);
    world.wait(4 * 24 * 3600);
    expect(await told(world, config)).toBeNull();
  });

  it('reads like this', async () => {
    const world = toyWorld({ hall: lit, cellar: lit });
    const config = {
      ...daily,
      ...exempt({ rule: 'toy/bell', resource: 'arn:aws:toy:::lamp/hall', expires: '2026-03-05' }),
    };
    for (const lamp of ['hall', 'hall', 'cellar']) await deliver(world, lights(world, lamp), undefined, config);
    await deliver(world, lights(world, 'hall'), [dims(world.lens)], config);
    sleepUntilSeven(world);
    const said = await told(world, config);
    const { subject, text } = render({ ...(said as Incident), id: 'fb-0123456789abcdef', account: '111122223333' });
    expect(`Subject: ${subject}\n\n${text}`).toMatchInlineSnapshot(`
      "Subject: [Firebreak] Daily digest: 4 rehearsals of 2 rules - Firebreak (111122223333)

      Daily digest: 4 rehearsals of 2 rules

      What:   what rules that only rehearse would have changed
      When:   from 2026-03-01 06:55:00 UTC to 2026-03-02 06:55:00 UTC
      Done:   nothing was changed
      Ends:   exemptions that end soon:
              toy/bell of arn:aws:toy:::lamp/hall, light team: 2026-03-05

      By rule, the noisiest first:
        3 times on 2 resources: toy/lamp
        1 time  on 1 resource: toy/watts

      To see them:    npx firebreak incidents --days 2
      To let one act: npx firebreak promote toy/lamp
      Exemptions:     npx firebreak exemptions

      rule self/digest · severity info · incident fb-0123456789abcdef
      "
    `);
  });

  it('without the setting is none: rehearsals are told at once', async () => {
    const world = toyWorld();
    await deliver(world, lights(world, 'hall'), undefined, { preset: 'observe' });
    expect(world.told.map(({ outcome }) => outcome)).toEqual(['rehearsed']);
  });
});

test('Security Hub gets no finding of it', async () => {
  const digest = { from: '', to: '', rules: [], ending: [] };
  const hub = { partition: 'aws', account: '111122223333', region: 'eu-west-1' };
  const say = hubChannel(hub, () => new Date()).say(incidentOf({ outcome: 'told', digest }), null);
  // Nothing answers here: a call would fail.
  expect(await say).toEqual({});
});

describe('its clock', () => {
  it('is in the stack only where firebreak.yml asks for it, at its hour, and wakes the function that writes nothing', () => {
    expect(digestOf(standard, 'firebreak')).toEqual({});
    const clock = digestOf({ ...standard, ...daily } as Config, 'firebreak')['DigestClock'];
    expect(clock).toMatchObject({
      Properties: {
        ScheduleExpression: 'cron(0 7 * * ? *)',
        ScheduleExpressionTimezone: 'UTC',
        Target: { Arn: { 'Fn::GetAtt': ['WatchLambdaFunction', 'Arn'] }, Input: '{"firebreak":"digest"}' },
      },
    });
  });
});
