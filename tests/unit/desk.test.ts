/** Where decisions come in: links and buttons; above all, what is refused. */
import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Refusal } from '../../shared/core/answer.ts';
import { due } from '../../shared/core/due.ts';
import type { Incident } from '../../shared/core/incident.ts';
import type { Channels } from '../../shared/core/mode.ts';
import { approve } from '../../shared/core/people.ts';
import { askApprovers, type Desk, type Request, type Response, receive } from '../../shared/lambda/desk.ts';
import { actions, buttonValue, questionOf, readValue } from '../../shared/notify/actions.ts';
import { render } from '../../shared/notify/message.ts';
import { asks } from '../../shared/page/view.ts';
import { memoryDecisions } from '../support/decisions.ts';
import { ask, bob, call, decide, deliver, lit, out, putsOut, toyWorld } from '../support/toys.ts';

const secret = 'shhh';
const channels: Channels = {
  email: [],
  page: { approvers: ['bob@example.com', 'alice@example.com', 'carol@example.com'] },
  slack: {
    signingSecret: 'ssm:/slack/signing',
    approvers: { U0BOB: 'bob@example.com', U0ALICE: 'arn:aws:iam::111122223333:user/alice' },
  },
};

/** A room of lamps with an open question, and a desk beside it. */
async function open(event = call()) {
  const world = toyWorld();
  await deliver(world, event, undefined, ask);
  const [incident] = world.store.all();
  if (!incident) throw new Error('nothing was asked');
  const decisions = memoryDecisions();
  const counted: Refusal[] = [];
  const written: { readonly approver: string; readonly subject: string; readonly words: string }[] = [];
  const whispers: string[] = [];
  const carried: boolean[] = [];
  const desk: Desk = {
    deps: world.deps([]),
    channels,
    decisions,
    words: { 'toy/lamp': { risk: 'It is dark.', mends: 'puts it out', undoes: 'lights it again' } },
    async carryOut({ id }, wait) {
      carried.push(wait);
      return approve(id, world.deps([putsOut(world.lens)], ask));
    },
    write: async (approver, subject, words) => void written.push({ approver, subject, words }),
    secret: async () => secret,
    whisper: async (_address, words) => void whispers.push(words),
    count: (why) => void counted.push(why),
  };
  await askApprovers(incident.id, 'https://x.lambda-url.eu-central-1.on.aws/', desk);
  const linkOf = (approver: string): string =>
    /\?t=(\S+)/.exec(written.findLast((one) => one.approver === approver)?.words ?? '')?.[1] ?? '';
  return {
    world,
    incident,
    desk,
    decisions,
    counted,
    written,
    whispers,
    carried,
    linkOf,
    token: linkOf('bob@example.com'),
  };
}
type Place = Awaited<ReturnType<typeof open>>;

const request = (change: Partial<Request>): Request => ({
  method: 'GET',
  path: '/',
  query: '',
  headers: {},
  body: '',
  ...change,
});
const get = (place: Place, token: string): Promise<Response> =>
  receive(request({ query: new URLSearchParams({ t: token }).toString() }), place.desk);
const post = (place: Place, fields: Record<string, string>): Promise<Response> =>
  receive(request({ method: 'POST', body: new URLSearchParams(fields).toString() }), place.desk);

/** Nothing was decided, nothing changed, and the refusal is stored and counted. */
function nothingBut(place: Place, why: Refusal, way: 'page' | 'slack' = 'page'): void {
  expect(place.counted).toEqual([why]);
  expect(place.decisions.refusals).toMatchObject([{ why, way }]);
  expect(place.carried).toEqual([]);
  expect(place.world.store.all()[0]?.decision).toBeUndefined();
  expect(place.world.lamp()).toEqual(lit);
}

describe('the links', () => {
  it('go to every approver but whoever did it, each his own', async () => {
    const place = await open();
    expect(place.written.map(({ approver }) => approver)).toEqual(['bob@example.com', 'carol@example.com']);
    expect(place.linkOf('carol@example.com')).not.toBe(place.token);
    expect(place.written[0]?.subject).toMatch(/^\[Firebreak\] Asks you/);
    // Nothing of the incident can be read from it.
    expect(place.token).toMatch(/^[0-9a-f]{16}\.[\w-]+$/);
    expect(place.token).not.toContain(place.incident.id.slice(3));
  });

  it('are the same when they are asked for again', async () => {
    const place = await open();
    await askApprovers(place.incident.id, 'https://x/', place.desk);
    expect(place.written).toHaveLength(4);
    expect(place.linkOf('bob@example.com')).toBe(place.token);
  });

  it('come with the message that tells many questions in one: one for each that is open', async () => {
    const place = await open();
    for (const lamp of ['two', 'three', 'four', 'five']) {
      place.world.set(lamp, lit);
      await deliver(place.world, call('LightLamp', { id: lamp, lamp }), undefined, ask);
    }
    const many = place.world.told.find(({ flood }) => flood?.of === 'asked');
    expect(many && render(many).attributes.outcome).toBe('asked');
    const send = (): Promise<readonly string[]> => askApprovers(many?.id ?? '', 'https://x/', place.desk);
    expect(await send()).toEqual(['bob@example.com', 'carol@example.com']);
    const linked = (): readonly (readonly string[])[] =>
      [...(place.written.at(-2)?.words ?? '').matchAll(/(fb-\w+) {2}\S*?(\w+)\nhttps:\/\/x\/\?t=(\S+)/g)].map((one) =>
        one.slice(1),
      );
    const [four, five] = linked();
    expect([four?.[1], five?.[1], linked().length]).toEqual(['four', 'five', 2]);
    expect((await get(place, four?.[2] ?? '')).body).toContain(four?.[0]);
    expect((await post(place, { t: five?.[2] ?? '', answer: 'fix' })).statusCode).toBe(200);
    expect(place.world.lamp('five')).toEqual(out);
    await send();
    expect(linked().map(([, lamp]) => lamp)).toEqual(['four']);
  });

  it('are not sent for what is answered, unknown, or not as it was stored', async () => {
    const place = await open();
    expect(await askApprovers('fb-0000000000000000', 'https://x/', place.desk)).toEqual([]);
    await place.world.tamper(place.incident.id, { until: '2099-01-01T00:00:00.000Z' });
    expect(await askApprovers(place.incident.id, 'https://x/', place.desk)).toEqual([]);
  });
});

describe('a link', () => {
  it('shows, and only shows', async () => {
    const place = await open();
    for (let times = 0; times < 3; times += 1) {
      const { statusCode, body } = await get(place, place.token);
      expect(statusCode).toBe(200);
      for (const words of ['Fix now', 'Exempt', 'Leave it', 'puts it out', 'It is dark.', 'lights it again', 'alice'])
        expect(body).toContain(words);
    }
    expect(place.world.only()).toEqual(place.incident);
    expect(place.counted).toEqual([]);
    expect(place.world.lamp()).toEqual(lit);
  });

  it('fixes', async () => {
    const place = await open();
    const { statusCode, body } = await post(place, { t: place.token, answer: 'fix' });
    expect([statusCode, place.world.lamp()]).toEqual([200, out]);
    expect(body).toContain('<h1>Fixed</h1>');
    expect(place.world.only()).toMatchObject({ outcome: 'fixed', decision: { by: 'bob@example.com (page)' } });
    expect(place.carried).toEqual([true]);
  });

  it('leaves', async () => {
    const place = await open();
    expect((await post(place, { t: place.token, answer: 'leave' })).body).toContain('Left as it is');
    expect(place.world.only()).toMatchObject({ outcome: 'left' });
    expect(place.world.lamp()).toEqual(lit);
  });

  it('exempts for days, with a reason', async () => {
    const place = await open();
    await post(place, { t: place.token, answer: 'exempt', days: '7', reason: 'a show\u202e' });
    expect(place.world.only()).toMatchObject({
      outcome: 'exempt',
      until: '2026-03-08T10:00:00.000Z',
      decision: { answer: 'exempt', reason: 'a show' },
    });
  });

  it('says that nothing is proven where the room does not answer', async () => {
    const place = await open();
    const { statusCode, body } = await receive(request({ method: 'POST', body: `t=${place.token}&answer=fix` }), {
      ...place.desk,
      carryOut: async () => null,
    });
    expect([statusCode, body]).toEqual([202, expect.stringContaining('nothing is proven yet')]);
  });

  it('is not used up where the answer could not be stored', async () => {
    const place = await open();
    place.world.fail({ at: 4, when: 'before', dies: false });
    await expect(post(place, { t: place.token, answer: 'fix' })).rejects.toThrow();
    expect((await post(place, { t: place.token, answer: 'fix' })).statusCode).toBe(200);
  });
});

describe('a link is refused', () => {
  const letter = (token: string, at: number): string =>
    `${token.slice(0, at)}${token[at] === 'a' ? 'b' : 'a'}${token.slice(at + 1)}`;

  it.each<[string, (place: Place) => string]>([
    ['made up', () => `0123456789abcdef.${'a'.repeat(64)}`],
    ['empty', () => ''],
    ['no token', () => 'x'.repeat(5000)],
    ['with another id', ({ token }) => letter(token, 3)],
    ['with another code', ({ token }) => letter(token, 40)],
    [
      'with another approver’s code',
      ({ token, linkOf }) => `${token.slice(0, 17)}${linkOf('carol@example.com').slice(17)}`,
    ],
    ['cut short', ({ token }) => token.slice(0, -8)],
  ])('%s', async (_, make) => {
    const shown = await open();
    expect((await get(shown, make(shown))).statusCode).toBe(403);
    nothingBut(shown, 'forged');
    const place = await open();
    const { statusCode, body } = await post(place, { t: make(place), answer: 'fix' });
    expect(statusCode).toBe(403);
    // Whoever has no link of ours learns nothing.
    expect(body).not.toContain('lamp');
    nothingBut(place, 'forged');
  });

  it('of another deployment, even where its store was copied', async () => {
    const place = await open();
    const stored = await place.decisions.get(place.token.slice(0, 16));
    const foreign = createHmac('sha256', 'another key').update(JSON.stringify(stored)).digest('hex');
    await post(place, { t: `${place.token.slice(0, 16)}.${foreign}`, answer: 'fix' });
    nothingBut(place, 'forged');
  });

  it('whose stored part somebody altered', async () => {
    const place = await open();
    const stored = await place.decisions.get(place.token.slice(0, 16));
    if (!stored) throw new Error('no token');
    const decisions = {
      ...place.decisions,
      get: async () => ({ ...stored, token: { ...stored.token, until: '2099' } }),
    };
    await receive(request({ method: 'POST', body: `t=${place.token}&answer=fix` }), { ...place.desk, decisions });
    nothingBut(place, 'forged');
  });

  it('the second time', async () => {
    const place = await open();
    await post(place, { t: place.token, answer: 'leave' });
    const { statusCode, body } = await post(place, { t: place.token, answer: 'fix' });
    expect(statusCode).toBe(410);
    expect(body).toContain('left as it is by bob@example.com (page)');
    expect(place.counted).toEqual(['used']);
    expect(place.world.lamp()).toEqual(lit);
    expect((await get(place, place.token)).body).toContain('This link was used');
  });

  it('used twice at the same moment', async () => {
    const place = await open();
    const both = await Promise.all([
      post(place, { t: place.token, answer: 'leave' }),
      post(place, { t: place.token, answer: 'fix' }),
    ]);
    expect(both.filter(({ statusCode }) => statusCode === 200)).toHaveLength(1);
    expect(place.carried).toHaveLength(1);
  });

  it('after its time', async () => {
    const place = await open();
    place.world.wait(73 * 3600);
    expect((await post(place, { t: place.token, answer: 'fix' })).statusCode).toBe(410);
    nothingBut(place, 'expired');
    expect((await get(place, place.token)).statusCode).toBe(410);
  });

  it('of who is no approver any more', async () => {
    const place = await open();
    const desk = { ...place.desk, channels: { ...channels, page: { approvers: ['carol@example.com'] } } };
    const { statusCode } = await receive(request({ method: 'POST', body: `t=${place.token}&answer=fix` }), desk);
    expect(statusCode).toBe(403);
    nothingBut(place, 'stranger');
  });

  it('of who did it himself', async () => {
    const place = await open();
    // Somebody joined in after the link was sent: bob.
    await place.world.store.note(place.incident.id, { at: '', what: '' }, { id: 'e', name: 'n', at: '', by: 'bob' });
    expect((await get(place, place.token)).body).toContain('Somebody else has to decide');
    expect((await post(place, { t: place.token, answer: 'fix' })).statusCode).toBe(409);
    nothingBut(place, 'own');
  });

  it('of the person behind a session that joined in, whatever the session is called', async () => {
    const place = await open();
    const event = call('LightLamp', { arn: 'arn:aws:sts::111122223333:assumed-role/deploy/ci-4711' });
    const { detail } = event as { detail: { userIdentity: object } };
    Object.assign(detail.userIdentity, { type: 'AssumedRole', sessionContext: { sourceIdentity: 'bob@example.com' } });
    expect(await deliver(place.world, event, undefined, ask)).toEqual(['witness']);
    expect((await post(place, { t: place.token, answer: 'fix' })).statusCode).toBe(409);
    expect(place.counted).toEqual(['own']);
    expect(place.world.lamp()).toEqual(lit);
  });

  it('for a fix without a way back; the page says where', async () => {
    const place = await open();
    const { incident, world } = place;
    const fresh = { ...incident, undo: 'none' as const, version: incident.version + 1 };
    const { coded } = await import('../../shared/core/record.ts');
    world.store.tamper(await coded(fresh, place.desk.deps));
    const { body } = await get(place, place.token);
    expect(body).toContain('no way back');
    expect(body).not.toContain('value="fix"');
    await post(place, { t: place.token, answer: 'fix' });
    nothingBut(place, 'one-way');
    expect((await post(place, { t: place.token, answer: 'leave' })).statusCode).toBe(200);
  });

  it('for an earlier plan: the new one is shown, with a link for that', async () => {
    const place = await open();
    place.world.set('hall', { ...lit, watts: 500 });
    await deliver(place.world, call(), undefined, ask);
    const { statusCode, body } = await post(place, { t: place.token, answer: 'fix' });
    expect([statusCode, place.counted]).toEqual([409, ['changed']]);
    expect(body).toContain('500');
    expect(place.world.lamp()).toEqual({ ...lit, watts: 500 });
    const fresh = /name="t" value="([^"]+)"/.exec(body)?.[1] ?? '';
    expect(fresh).not.toBe(place.token);
    expect((await post(place, { t: fresh, answer: 'fix' })).statusCode).toBe(200);
    expect(place.world.lamp()).toEqual({ ...lit, lit: false, watts: 500 });
  });

  it('where it changed and nobody knew: the room sees it, and the new plan is shown', async () => {
    const place = await open();
    place.world.set('hall', { ...lit, watts: 500 });
    const { statusCode, body } = await post(place, { t: place.token, answer: 'fix' });
    expect([statusCode, place.counted]).toEqual([409, ['changed']]);
    expect(body).toContain('500');
    expect(place.world.lamp()).toEqual({ ...lit, watts: 500 });
  });

  it('while an answer is being carried out, and after it', async () => {
    const place = await open();
    await decide(place.world, place.incident.id);
    expect((await post(place, { t: place.token, answer: 'leave' })).statusCode).toBe(409);
    expect(place.counted).toEqual(['answered']);
    await approve(place.incident.id, place.world.deps([putsOut(place.world.lens)], ask));
    expect((await post(place, { t: place.token, answer: 'leave' })).body).toContain('It stands at: fixed');
    expect(place.counted).toEqual(['answered', 'ended']);
  });

  it.each<[string, Record<string, string>]>([
    ['nothing', {}],
    ['something else', { answer: 'undo' }],
    ['eight days', { answer: 'exempt', days: '8', reason: 'a show' }],
    ['no days', { answer: 'exempt', days: '', reason: 'a show' }],
    ['half a day', { answer: 'exempt', days: '0.5', reason: 'a show' }],
    ['no reason', { answer: 'exempt', days: '2', reason: ' \u200b ' }],
  ])('where the form says %s', async (_, fields) => {
    const place = await open();
    expect((await post(place, { t: place.token, ...fields })).statusCode).toBe(400);
    nothingBut(place, 'unsound');
    expect((await post(place, { t: place.token, answer: 'leave' })).statusCode).toBe(200);
  });

  it('where the record was changed by somebody: nothing is shown from it', async () => {
    const place = await open();
    await place.world.tamper(place.incident.id, { plan: { state: { ...lit, watts: 1 } } });
    await expect(get(place, place.token)).rejects.toMatchObject({ name: 'Forged' });
    expect(place.world.told.map(({ outcome }) => outcome)).toEqual(['asked', 'refused']);
  });
});

describe('a page', () => {
  it('holds no mark-up but ours, whatever the event says', async () => {
    const evil = '"><script>alert(1)</script><img src=https://evil.example/x onerror=x>\u202e';
    const place = await open(call('LightLamp', { arn: `arn:aws:iam::111122223333:user/${evil}`, lamp: 'hall' }));
    const { incident, world } = place;
    const { coded } = await import('../../shared/core/record.ts');
    const worse = { title: evil, reasons: [evil], resource: evil, note: evil, before: { state: { [evil]: evil } } };
    const spoiled = await coded({ ...incident, ...worse, version: incident.version + 1 }, place.desk.deps);
    world.store.tamper(spoiled);
    await askApprovers(incident.id, 'https://x/', place.desk);
    const token = place.linkOf('bob@example.com');
    for (const body of [
      (await get(place, token)).body,
      (await post(place, { t: token, answer: 'exempt' })).body,
      (await post(place, { t: token, answer: 'leave' })).body,
    ]) {
      expect(body).not.toMatch(/<(script|img)/i);
      expect(body).not.toContain('\u202e');
      expect(body).not.toContain('https://');
    }
  });

  it('is kept by nobody, asks for nothing elsewhere, and tells nobody where it was', async () => {
    const place = await open();
    for (const { headers, body } of [
      await get(place, place.token),
      await get(place, 'x'),
      await post(place, { t: place.token, answer: 'leave' }),
      await receive(request({ path: '/favicon.ico' }), place.desk),
    ]) {
      expect(headers['content-security-policy']).toMatch(
        /^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/,
      );
      expect(headers).toMatchObject({
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'strict-transport-security': expect.stringMatching(/^max-age=\d{8}/),
      });
      expect(body).not.toMatch(/<script|<link|@import|url\(|src=/);
    }
  });

  it('is shown by nothing but a link', async () => {
    const place = await open();
    expect((await receive(request({}), place.desk)).statusCode).toBe(404);
    expect((await receive(request({ method: 'PUT' }), place.desk)).statusCode).toBe(405);
    expect((await receive(request({ method: 'POST', body: 'x'.repeat(400_000) }), place.desk)).statusCode).toBe(413);
    expect(place.counted).toEqual([]);
  });
});

it('where it was put right first, the page asks whether that stays', async () => {
  const { incident } = await open();
  const body = asks({ ...incident, first: 'reverted', after: incident.plan ?? { state: null } }, {}, 'x.y', null);
  for (const words of ['What was changed', 'Keep the fix', 'Take it back']) expect(body).toContain(words);
  expect(body).not.toContain('Fix now');
});

describe('Slack', () => {
  type Click = { user?: string; action?: string; value?: string; type?: string; option?: string };
  const payload = ({ user = 'U0BOB', action = actions.fix, value, option, type = 'block_actions' }: Click): string =>
    new URLSearchParams({
      payload: JSON.stringify({
        type,
        user: { id: user, name: 'somebody' },
        response_url: 'https://hooks.slack.com/actions/T0/1/x',
        actions: [
          { action_id: action, ...(value && { value }), ...(option && { selected_option: { value: option } }) },
        ],
      }),
    }).toString();
  const signed = (
    place: Place,
    body: string,
    change: { key?: string; age?: number; signature?: string } = {},
  ): Request => {
    const time = String(Math.floor(place.world.now().getTime() / 1000) - (change.age ?? 0));
    const signature =
      change.signature ??
      `v0=${createHmac('sha256', change.key ?? secret)
        .update(`v0:${time}:${body}`)
        .digest('hex')}`;
    const headers = { 'x-slack-request-timestamp': time, 'x-slack-signature': signature };
    return request({ method: 'POST', path: '/slack', body, headers });
  };
  const click = (place: Place, what: Click = {}, change = {}): Promise<Response> =>
    receive(signed(place, payload({ value: buttonValue(place.incident), ...what }), change), place.desk);

  it('fixes, leaves, exempts; and waits for none of it', async () => {
    const fixing = await open();
    expect((await click(fixing)).statusCode).toBe(200);
    expect(fixing.world.only()).toMatchObject({ outcome: 'fixed', decision: { by: 'bob@example.com (Slack U0BOB)' } });
    expect(fixing.carried).toEqual([false]);
    const leaving = await open();
    await click(leaving, { action: actions.leave });
    expect(leaving.world.only().outcome).toBe('left');
    const exempting = await open();
    await click(exempting, { action: actions.exempt, value: '', option: buttonValue(exempting.incident, 3) });
    expect(exempting.world.only()).toMatchObject({ outcome: 'exempt', until: '2026-03-04T10:00:00.000Z' });
    for (const { counted, whispers } of [fixing, leaving, exempting]) expect([counted, whispers]).toEqual([[], []]);
  });

  it('decides fixes without a way back', async () => {
    const place = await open();
    const { coded } = await import('../../shared/core/record.ts');
    const fresh = { ...place.incident, undo: 'none' as const, version: place.incident.version + 1 };
    place.world.store.tamper(await coded(fresh, place.desk.deps));
    await click(place);
    expect(place.world.only().outcome).toBe('fixed');
  });

  it.each<[string, object, Refusal]>([
    ['of another app, workspace or account', { key: 'another secret' }, 'forged'],
    ['without a secret', { key: '', signature: '' }, 'forged'],
    ['signed with another version', { signature: `v1=${'a'.repeat(64)}` }, 'forged'],
    ['older than five minutes', { age: 301 }, 'expired'],
    ['from the future', { age: -301 }, 'expired'],
  ])('a request %s is refused', async (_, change, why) => {
    const place = await open();
    expect((await click(place, {}, change)).statusCode).toBe(401);
    nothingBut(place, why, 'slack');
  });

  it('a request whose body was altered is refused', async () => {
    const place = await open();
    const right = signed(place, payload({ user: 'U0EVIL', value: buttonValue(place.incident) }));
    const { statusCode } = await receive({ ...right, body: right.body.replace('U0EVIL', 'U0BOB') }, place.desk);
    expect(statusCode).toBe(401);
    nothingBut(place, 'forged', 'slack');
  });

  it('a request is taken once', async () => {
    const place = await open();
    const first = signed(place, payload({ action: actions.leave, value: buttonValue(place.incident) }));
    expect((await receive(first, place.desk)).statusCode).toBe(200);
    expect((await receive(first, place.desk)).statusCode).toBe(401);
    expect(place.counted).toEqual(['used']);
    expect(place.carried).toHaveLength(1);
  });

  it('an empty secret signs nothing', async () => {
    const place = await open();
    const body = payload({ value: buttonValue(place.incident) });
    await receive(signed(place, body, { key: '' }), { ...place.desk, secret: async () => '' });
    nothingBut(place, 'forged', 'slack');
  });

  it.each<[string, (incident: Incident) => Click, Refusal]>([
    ['somebody who is no approver', () => ({ user: 'U0EVIL' }), 'stranger'],
    ['somebody named like what every object has', () => ({ user: 'constructor' }), 'stranger'],
    ['who did it', () => ({ user: 'U0ALICE' }), 'own'],
    ['a button without a question', () => ({ value: 'fb-x' }), 'unsound'],
    ['eight days', (one) => ({ action: actions.exempt, value: `${buttonValue(one)}.8` }), 'unsound'],
    ['an exemption without days', (one) => ({ action: actions.exempt, value: buttonValue(one) }), 'unsound'],
    ['another plan', (one) => ({ value: `${one.id}.${'0'.repeat(32)}` }), 'changed'],
    ['another incident', (one) => ({ value: `fb-0000000000000000.${questionOf(one)}` }), 'ended'],
  ])('a click by or with %s is refused, and only who clicked is told', async (_, what, why) => {
    const place = await open();
    expect((await click(place, what(place.incident))).statusCode).toBe(200);
    nothingBut(place, why, 'slack');
    expect(place.whispers).toHaveLength(1);
  });

  it('what reaches no room is not passed over: who pressed hears of it, may press again, and the end says who answered', async () => {
    const place = await open();
    const lost = { ...place, desk: { ...place.desk, carryOut: async () => 'lost' as const } };
    await click(lost);
    expect(place.whispers).toEqual([expect.stringContaining('nothing is done yet')]);
    expect((await post(lost, { t: place.linkOf('carol@example.com'), answer: 'leave' })).statusCode).toBe(409);
    place.world.wait(91);
    const { statusCode, body } = await post(lost, { t: place.linkOf('carol@example.com'), answer: 'leave' });
    expect([statusCode, body]).toEqual([503, expect.stringContaining('could not be reached')]);
    place.world.wait(73 * 3600);
    await due(place.incident.id, place.world.deps([putsOut(place.world.lens)], ask));
    expect(place.world.only()).toMatchObject({
      outcome: 'expired',
      note: expect.stringMatching(/^carol@example.com \(page\) answered, and that was not carried out until /),
    });
  });

  it('a second click while the first is carried out is refused', async () => {
    const place = await open();
    const desk = { ...place.desk, carryOut: async () => null };
    const body = payload({ value: buttonValue(place.incident) });
    await receive(signed(place, body), desk);
    place.world.wait(1);
    await receive(signed(place, body), desk);
    expect(place.counted).toEqual(['answered']);
    place.world.wait(120);
    await receive(signed(place, body), desk);
    expect(place.counted).toEqual(['answered']);
  });

  it('what is no click of ours is taken, and says nothing', async () => {
    const place = await open();
    for (const body of [
      payload({ action: 'open_link' }),
      payload({ type: 'view_submission', value: buttonValue(place.incident) }),
      'payload=%7B',
      'nothing',
    ])
      expect((await receive(signed(place, body), place.desk)).statusCode).toBe(200);
    expect([place.counted, place.carried]).toEqual([[], []]);
  });

  describe('an undo', () => {
    /** The lamp of the world is out: a fix, and a message of it with a button. */
    async function fixedPlace(): Promise<Place> {
      const place = await open();
      await decide(place.world, place.incident.id);
      await place.desk.carryOut(place.incident, true);
      expect(place.world.lamp()).toEqual(out);
      place.carried.length = 0;
      return { ...place, incident: place.world.only() };
    }
    const undoes = (place: Place, what: Click = {}): Promise<Response> => {
      place.world.wait(1);
      return click(place, { action: actions.undo, ...what });
    };

    it('takes the fix back in the room, as whoever pressed; and its own event is known', async () => {
      const place = await fixedPlace();
      const { world } = place;
      expect((await undoes(place)).statusCode).toBe(200);
      expect(world.lamp()).toEqual(lit);
      expect(world.only()).toMatchObject({
        outcome: 'undone',
        told: 'undone',
        note: 'taken back by bob@example.com (Slack U0BOB)',
        // Who approved the fix still did.
        decision: { by: bob },
        undoing: { by: 'bob@example.com (Slack U0BOB)' },
        after: { state: lit },
      });
      expect([place.carried, place.counted, place.whispers]).toEqual([[false], [], []]);
      const ours = {
        arn: 'arn:aws:sts::111122223333:assumed-role/firebreak-toy-eu-central-1/x',
        requestId: 'request-2',
      };
      expect(world.only().writes.at(-1)).toEqual({ call: 'PutLamp', requestId: 'request-2' });
      expect(await deliver(world, call('LightLamp', { ...ours, time: world.now().toISOString() }))).toEqual(['own']);
      expect(world.lamp()).toEqual(lit);
    });

    it('is stored under the record’s code: nobody who can only write the table undoes anything', async () => {
      const place = await fixedPlace();
      await place.world.tamper(place.incident.id, { undoing: { by: 'mallory', at: place.world.now().toISOString() } });
      await expect(place.desk.carryOut(place.incident, false)).rejects.toMatchObject({ name: 'Forged' });
      await expect(undoes(place)).rejects.toMatchObject({ name: 'Forged' });
      expect(place.world.lamp()).toEqual(out);
    });

    it.each<[string, Click | ((place: Place) => Click), Refusal]>([
      ['of a stranger', { user: 'U0EVE' }, 'stranger'],
      ['of the one after whom it was fixed', { user: 'U0ALICE' }, 'own'],
      ['for another fix', ({ incident }) => ({ value: `${incident.id}.${'0'.repeat(32)}` }), 'changed'],
      // A question's button is no undo's, whatever action comes with it.
      ['by the button of the question', ({ incident }) => ({ value: asQuestion(incident) }), 'changed'],
      ['with days', ({ incident }) => ({ value: '', option: `${buttonValue(incident)}.3` }), 'unsound'],
    ])('%s is refused', async (_, what, why) => {
      const place = await fixedPlace();
      await undoes(place, typeof what === 'function' ? what(place) : what);
      expect(place.counted).toEqual([why]);
      expect(place.decisions.refusals).toMatchObject([{ why, way: 'slack' }]);
      expect(place.whispers).toHaveLength(1);
      expect(place.carried).toEqual([]);
      expect(place.world.only()).toEqual(place.incident);
      expect(place.world.lamp()).toEqual(out);
    });
    const asQuestion = (incident: Incident): string => buttonValue({ ...incident, outcome: 'asked' });

    it('of what is no fix any more, or has no way back by a role, is refused', async () => {
      const place = await fixedPlace();
      await undoes(place);
      await undoes(place);
      expect(place.counted).toEqual(['ended']);
      expect(place.whispers[0]).toContain('no fix any more');
      for (const undo of ['operator', 'none'] as const) {
        const other = await fixedPlace();
        const { coded } = await import('../../shared/core/record.ts');
        const changed = { ...other.incident, undo, version: other.incident.version + 1 };
        other.world.store.tamper(await coded(changed, other.desk.deps));
        await undoes(other, { value: buttonValue(other.incident) });
        expect(other.counted).toEqual(['ended']);
        expect(other.world.lamp()).toEqual(out);
      }
    });

    it('is said once while it is under way', async () => {
      const place = await fixedPlace();
      const waits = { ...place, desk: { ...place.desk, carryOut: async () => null } };
      await undoes(waits);
      await undoes(waits);
      expect(place.counted).toEqual(['answered']);
      // Where nothing came of it, it can be said again.
      place.world.wait(91);
      await undoes(place);
      expect(place.world.only().outcome).toBe('undone');
    });
  });

  it('has no address where nobody may decide by it', async () => {
    const place = await open();
    const body = payload({ value: buttonValue(place.incident) });
    const desk = { ...place.desk, channels: { email: [] } };
    expect((await receive(signed(place, body), desk)).statusCode).toBe(404);
    expect((await receive(request({ path: '/slack' }), place.desk)).statusCode).toBe(405);
  });
});

it('a button’s value is read back, is short enough for an option, and nothing else is read', async () => {
  const { incident } = await open();
  expect(readValue(buttonValue(incident, 7))).toEqual({
    incident: incident.id,
    question: questionOf(incident),
    days: 7,
  });
  expect(readValue(buttonValue(incident))).toMatchObject({ days: null });
  expect(buttonValue(incident, 7).length).toBeLessThan(75);
  for (const value of ['', 'x', `${buttonValue(incident)}.`, `${buttonValue(incident)}.0`, ` ${buttonValue(incident)}`])
    expect(readValue(value)).toBeNull();
});
