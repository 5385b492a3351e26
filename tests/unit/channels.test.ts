/** Each channel's messages: within their limits whatever an event brought along, and nothing of it acts. */

import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { BatchImportFindingsCommand, BatchUpdateFindingsCommand, SecurityHubClient } from '@aws-sdk/client-securityhub';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { mockClient } from 'aws-sdk-client-mock';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { rooms } from '../../functions/rooms.ts';
import type { Incident } from '../../shared/core/incident.ts';
import type { JsonObject } from '../../shared/core/json.ts';
import { type Outcome, outcomes } from '../../shared/core/outcome.ts';
import { awakened, matches, patternsOf } from '../../shared/core/route.ts';
import { normalise } from '../../shared/core/signal.ts';
import type { Channel, Spoken } from '../../shared/core/voice.ts';
import { actions } from '../../shared/notify/actions.ts';
import { alarmOf } from '../../shared/notify/alarm.ts';
import { busChannel, busSource, detailOf } from '../../shared/notify/bus.ts';
import { chatChannel, chatFold, chatMessage } from '../../shared/notify/chat.ts';
import { findingOf, hubChannel } from '../../shared/notify/hub.ts';
import { slackFold, slackMessage, slackStep } from '../../shared/notify/slack.ts';
import { slackChannel } from '../../shared/notify/slack-api.ts';
import { incidentOf } from '../support/incident.ts';
import { type SlackStandIn, seen, slackStandIn, wrongWith } from '../support/slack.ts';

process.env['AWS_REGION'] ??= 'eu-west-1';
const all = Object.keys(outcomes) as Outcome[];
const hub = { partition: 'aws', account: '111122223333', region: 'eu-west-1' };
const now = new Date('2026-10-03T21:00:00Z');
const value = (days?: number): string => `fb-0123456789abcdef.${'0'.repeat(32)}${days ? `.${days}` : ''}`;

const nasty =
  '<!channel> <!here> @channel <@U0123456789> <https://evil.example|click> [click](https://evil.example) *bold* _i_ ~s~ `code` ```\n# h\r\nBcc: x@example.com \u202egnp.exe\u2066 &lt;b&gt; \u001b[31m \ud800 :smile: @everyone \\';
/** An incident in which every text that an event brings is this one. */
const hostile = (text: string, outcome: Outcome = 'asked'): Incident =>
  incidentOf({
    outcome,
    account: text,
    region: text,
    resource: `arn:aws:s3:::${text}`,
    event: { id: text, name: text },
    actor: { type: text, name: text, arn: text, ip: text, userAgent: text, invokedBy: text },
    reasons: [text, text],
    note: text,
    before: { state: { [text]: text } },
    plan: { state: text },
    after: { state: [text] },
  });
const slacks = (incident: Incident) => [
  slackMessage(incident, value),
  slackStep(incident),
  slackFold([incident, incident]),
];

describe('Slack', () => {
  test('as a person reads it', () => {
    expect(
      seen(slackMessage(incidentOf({ outcome: 'asked', note: 'mode approve' }), value).blocks),
    ).toMatchInlineSnapshot(`
      "Asks you: A bucket policy opened a bucket to everyone
      What: 
      the statement Everyone allows s3:GetObject to anyone


      Who: 
      deploy/ci-4711 (AssumedRole), from 198.51.100.7, with aws-cli/2.31.0


      Where: 
      arn:aws:s3:::shop
      in account 111122223333, eu-west-1


      When: 
      2026-10-03 20:54:12 UTC (PutBucketPolicy)


      Done: 
      nothing yet; mode approve
      It would change s3/bucket-policy (- before, + after):
          "Version": "2012-10-17",
      -   "Statement": [
      -     {
      -       "Sid": "Everyone",
      -       "Effect": "Allow",
      -       "Principal": "*",
      -       "Action": "s3:GetObject",
      -       "Resource": "arn:aws:s3:::shop/*"
      -     }
      -   ]
      +   "Statement": []
        }
      Fix now
      It is changed as shown above, and read back.
      Fix it now?
      Fix now
      Not now
      Exempt for …
      1 day
      3 days
      7 days
      Leave it
      To fix it: 
      npx firebreak approve fb-0123456789abcdef


      To leave it: 
      npx firebreak leave fb-0123456789abcdef


      Details: 
      npx firebreak incidents fb-0123456789abcdef
       · 
      rule s3/public-policy · severity high · incident fb-0123456789abcdef
      "
    `);
  });

  test.each(all)('%s is within Block Kit’s limits', (outcome) => {
    for (const message of slacks(incidentOf({ outcome }))) expect(wrongWith(message)).toBeNull();
    for (const message of slacks(hostile(nasty, outcome))) expect(wrongWith(message)).toBeNull();
  });

  test('buttons stand under a question alone, and only where there are people who may press them', () => {
    const kinds = (blocks: readonly JsonObject[]) => blocks.map(({ type }) => type);
    expect(kinds(slackMessage(incidentOf({ outcome: 'asked' }), value).blocks)).toContain('actions');
    expect(kinds(slackMessage(incidentOf({ outcome: 'asked' })).blocks)).not.toContain('actions');
    for (const outcome of all.filter((one) => one !== 'asked'))
      expect(kinds(slackMessage(incidentOf({ outcome }), value).blocks)).not.toContain('actions');
  });

  const actionsOf = (incident: Incident): readonly JsonObject[] => {
    const found = slackMessage(incident, value).blocks.find(({ type }) => type === 'actions');
    return (found?.['elements'] ?? []) as readonly JsonObject[];
  };
  const labels = (incident: Incident): readonly unknown[] =>
    actionsOf(incident).map(({ text, placeholder }) => ((text ?? placeholder) as JsonObject)['text']);

  test('under a fix that the room’s own role has the way back from, there is an undo that says what it does', () => {
    const done = (change: Partial<Incident> = {}) =>
      incidentOf({ times: { ...incidentOf().times, recorded: '2026-10-03T20:54:21Z' }, ...change });
    const [button] = actionsOf(done());
    expect(button).toMatchObject({
      action_id: actions.undo,
      text: { text: 'Undo' },
      value: value(),
      confirm: { text: { text: expect.stringContaining('the trouble above is then there again') } },
    });
    expect(wrongWith(slackMessage(done(), value) as never)).toBeNull();
    expect(labels(done({ outcome: 'held' }))).toEqual(['Undo']);
    for (const undo of ['operator', 'none'] as const) expect(actionsOf(done({ undo }))).toEqual([]);
    for (const outcome of ['undone', 'released', 'failed', 'safe', 'partly'] as const)
      expect(actionsOf(done({ outcome }))).toEqual([]);
    // Of what was never recorded there is nothing to take back.
    expect(actionsOf(incidentOf())).toEqual([]);
    expect(slackMessage(done()).blocks.map(({ type }) => type)).not.toContain('actions');
  });

  test('a command is code, what is said about it is not: it can be copied', () => {
    const { blocks } = slackMessage(incidentOf({ outcome: 'failed' }));
    expect(JSON.stringify(blocks)).toContain(
      '{"type":"text","text":"npx firebreak redrive","style":{"code":true}},{"type":"text","text":", once the cause is mended"}',
    );
  });

  test('the answers to what was put right first are the page’s', () => {
    const first = { outcome: 'asked', first: 'reverted' } as const;
    expect(labels(incidentOf(first))).toEqual(['Keep the fix', 'Exempt for …', 'Take it back']);
    expect(labels(incidentOf({ outcome: 'asked' }))).toEqual(['Fix now', 'Exempt for …', 'Leave it']);
    expect(actionsOf(incidentOf(first)).map(({ confirm }) => confirm !== undefined)).toEqual([true, false, true]);
  });

  test('what an event brought along is shown letter by letter, without what hides or leads away', () => {
    for (const message of slacks(hostile(nasty))) {
      const whole = JSON.stringify(message);
      // Slack reads marks and mentions in this type of text, and in no other here.
      expect(whole).not.toContain('mrkdwn');
      expect(whole).not.toMatch(/<!|<@|<https?:|https?:\/\/|\]\(/);
      expect(whole).not.toMatch(/\\u202e|\u202e|\u2066|\\u001b/);
      expect(message.text).not.toMatch(/[<>]/);
    }
    expect(seen(slackMessage(hostile(nasty)).blocks)).toContain('‹!channel›');
  });

  test('megabytes are cut, with a pointer to the incident', () => {
    for (const text of ['x'.repeat(1_000_000), '👩'.repeat(300_000), '\u0301'.repeat(500_000), '`'.repeat(1_000_000)]) {
      for (const message of slacks(hostile(text))) {
        expect(wrongWith(message)).toBeNull();
        expect(JSON.stringify(message).length).toBeLessThan(30_000);
        expect(seen(message.blocks)).toContain('npx firebreak incidents');
      }
    }
  });

  test('whatever the text', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 400 }),
      fc.string({ unit: 'grapheme', maxLength: 400 }),
    );
    fc.assert(
      fc.property(texts, fc.constantFrom(...all), (text, outcome) => {
        for (const message of slacks(hostile(text, outcome))) expect(wrongWith(message)).toBeNull();
      }),
      { numRuns: 200 },
    );
  });

  test('many in one message: as many as fit, and how many more', () => {
    const some = Array.from({ length: 500 }, (_, index) =>
      incidentOf({ id: `fb-${index}`, resource: `arn:aws:s3:::b-${index}` }),
    );
    const message = slackFold(some);
    expect(wrongWith(message)).toBeNull();
    expect(message.text).toBe('500 times: Fixed: A bucket policy opened a bucket to everyone');
    expect(seen(message.blocks)).toMatch(/^fb-0 {2}arn:aws:s3:::b-0$/m);
    const listed = seen(message.blocks).match(/^fb-\d+/gm)?.length ?? 0;
    expect(seen(message.blocks)).toContain(`… and ${500 - listed} more`);
    expect(seen(message.blocks)).not.toContain('npx firebreak approve');
    const asked = [incidentOf({ outcome: 'asked' }), incidentOf({ id: 'fb-2', outcome: 'asked' })];
    expect(seen(slackFold(asked).blocks)).toContain('npx firebreak approve ID');
    expect(JSON.stringify(chatFold(asked))).toContain('npx firebreak approve ID');
  });
});

describe('Slack, spoken to', () => {
  let slack: SlackStandIn;
  beforeAll(async () => {
    slack = await slackStandIn();
  });
  afterAll(() => slack.close());
  beforeEach(() => {
    slack.mood = 'well';
    slack.messages.length = 0;
    slack.refusals.length = 0;
  });
  const bot = (more = {}): Channel =>
    slackChannel({
      slack: {
        token: 'ssm:/token',
        channel: 'C0123456789',
        routes: [{ severity: 'critical', channel: 'C9876543210' }],
      },
      secret: async () => slack.token,
      api: slack.api,
      ...more,
    });
  const spoken = (place: Spoken['place']): Spoken => ({ step: 'x', place });

  test('a message, its update, and the next step in its thread; a loud one in the channel, too', async () => {
    const place = await bot().say(incidentOf({ outcome: 'asked' }), null);
    await bot().say(incidentOf({ outcome: 'failed' }), spoken(place));
    expect(
      slack.messages.map(({ channel, thread, broadcast, updates }) => [channel, thread, broadcast, updates]),
    ).toEqual([
      ['C0123456789', undefined, false, 1],
      ['C0123456789', place['thread'], true, 0],
    ]);
    expect(slack.messages[0]?.text).toMatch(/^FIX FAILED/);
    expect(slack.refusals).toEqual([]);
  });

  test('by severity to another channel', async () => {
    await bot().say(incidentOf({ severity: 'critical' }), null);
    expect(slack.messages[0]?.channel).toBe('C9876543210');
  });

  test('a message that people deleted is said anew', async () => {
    const place = await bot().say(incidentOf({ outcome: 'asked' }), null);
    slack.messages.length = 0;
    const anew = await bot().say(incidentOf(), spoken(place));
    expect(slack.messages).toHaveLength(1);
    expect(anew['thread']).toBe(slack.messages[0]?.ts);
  });

  test('what goes on with one of many is in the thread of all, which stays as it is', async () => {
    const place = await bot().fold?.say([incidentOf(), incidentOf({ id: 'fb-2' })]);
    await bot().say(incidentOf({ outcome: 'undone' }), spoken(place ?? {}));
    expect(slack.messages.map(({ thread, updates }) => [thread, updates])).toEqual([
      [undefined, 0],
      [place?.['thread'], 0],
    ]);
  });

  test.each([
    ['down', 'NoAnswer', undefined],
    ['failing', 'NoAnswer', undefined],
    [{ retryAfter: 7 }, 'Later', 7],
  ] as const)('when it is %o', async (mood, name, seconds) => {
    slack.mood = mood;
    await expect(bot().say(incidentOf(), null)).rejects.toMatchObject({ name, ...(seconds && { seconds }) });
  });

  test('a wrong token is no reason to hammer, and stands in no message', async () => {
    const error = await bot({ secret: async () => 'xoxb-wrong-secret' })
      .say(incidentOf(), null)
      .catch((caught: Error) => caught);
    expect(error).toMatchObject({ name: 'Later', seconds: 60, message: 'Slack answered 200 invalid_auth' });
    expect(JSON.stringify(error) + String(error)).not.toContain('secret');
  });

  test('a message that Slack does not take is refused for good', async () => {
    // Longer than an identifier of a channel may be told: the stand-in takes no such value on a button.
    const channel = bot({
      slack: { token: 'ssm:/token', channel: 'C0123456789', approvers: { U0123456789: 'ann' } },
      value: () => 'x'.repeat(3000),
    });
    await expect(channel.say(incidentOf({ outcome: 'asked' }), null)).rejects.toMatchObject({ name: 'Refused' });
  });

  test('a bot can take the buttons of a question away; a webhook can’t change what it said, nor can Amazon Q', () => {
    const hook = slackChannel({ slack: { webhook: 'ssm:/hook' }, secret: async () => slack.webhook });
    expect([bot(), hook, chatChannel('arn:aws:sns:eu-west-1:111122223333:x')].map(({ revises }) => revises)).toEqual([
      true,
      undefined,
      undefined,
    ]);
    const over = incidentOf({ outcome: 'witness', told: 'asked', note: 'put out by incident fb-2' });
    expect(slackMessage(over, value).text).toMatch(/^Nothing left to ask: /);
    expect(slackMessage(over, value).blocks.map(({ type }) => type)).not.toContain('actions');
  });

  test('a webhook posts each step by itself', async () => {
    const channel = slackChannel({
      slack: { webhook: 'ssm:/hook' },
      secret: async () => slack.webhook,
      api: slack.api,
    });
    const place = await channel.say(incidentOf({ outcome: 'asked' }), null);
    await channel.say(incidentOf(), spoken(place));
    expect(slack.messages.map(({ channel: where, text }) => [where, text.slice(0, 5)])).toEqual([
      ['webhook', 'Asks '],
      ['webhook', 'Fixed'],
    ]);
    expect(JSON.stringify(slack.messages[0]?.blocks)).not.toContain('"actions"');
  });

  test.each([
    'https://evil.example/services/T0/B0/x',
    'https://hooks.slack.com.evil.example/x',
    'https://evil.example/?https://hooks.slack.com/',
    'http://hooks.slack.com/services/x',
    'http://127.0.0.1:1/services/x',
    'not an address',
  ])('a secret goes nowhere else: %s', async (url) => {
    const channel = slackChannel({ slack: { webhook: 'ssm:/hook' }, secret: async () => url, api: slack.api });
    await expect(channel.say(incidentOf(), null)).rejects.toMatchObject({ name: 'NotSlack' });
    await expect(bot({ api: url }).say(incidentOf(), null)).rejects.toThrow();
    expect(slack.messages).toEqual([]);
  });
});

describe('Amazon Q in chat applications', () => {
  test('its schema, with what an event brought along in code', () => {
    expect(chatMessage(incidentOf())).toMatchObject({
      version: '1.0',
      source: 'custom',
      id: 'fb-0123456789abcdef',
      content: {
        textType: 'client-markdown',
        title: 'Fixed: A bucket policy opened a bucket to everyone',
        nextSteps: [
          'To undo: `npx firebreak undo fb-0123456789abcdef`',
          'Details: `npx firebreak incidents fb-0123456789abcdef`',
        ],
      },
      metadata: { threadId: 'fb-0123456789abcdef' },
    });
  });

  test.each(all)('%s: nothing that either Markdown reads stands outside of code', (outcome) => {
    for (const text of [nasty, 'x'.repeat(1_000_000), '`'.repeat(5000), '```\n<!channel>\n```'])
      for (const message of [
        chatMessage(hostile(text, outcome)),
        chatFold([hostile(text, outcome), hostile(text, outcome)]),
      ]) {
        const { title, description } = message['content'] as { title: string; description: string };
        expect(title).not.toMatch(/[*_~`#@|<>[\]]/);
        expect(title.length).toBeLessThanOrEqual(250);
        expect(description.length).toBeLessThanOrEqual(8000);
        const outside = description.replaceAll(/```\n[^`]*\n```/g, '').replaceAll(/`[^`\n]*`/g, '');
        expect(outside).not.toMatch(/[*_~`#@|<>[\]]/);
        expect(description).not.toMatch(/<!|<@|https?:\/\/|\u202e/);
      }
  });

  test('goes to its topic', async () => {
    const sns = mockClient(SNSClient);
    sns.on(PublishCommand).resolves({});
    await chatChannel('arn:aws:sns:eu-west-1:111122223333:firebreak-chat').say(incidentOf(), null);
    const { TopicArn, Message = '' } = sns.commandCalls(PublishCommand)[0]?.args[0].input ?? {};
    expect(TopicArn).toMatch(/firebreak-chat$/);
    expect(JSON.parse(Message)).toEqual(chatMessage(incidentOf()));
    sns.restore();
  });
});

describe('Security Hub', () => {
  const mock = mockClient(SecurityHubClient);
  afterEach(() => mock.reset());
  afterAll(() => mock.restore());
  const channel = hubChannel(hub, () => now);

  test.each(all)('%s is within the format’s lengths', (outcome) => {
    for (const text of ['a', nasty, 'x'.repeat(1_000_000), '']) {
      const found = findingOf(hostile(text, outcome), hub, now);
      expect(found.Title?.length).toBeLessThanOrEqual(256);
      expect(found.Description?.length).toBeLessThanOrEqual(1024);
      expect(found.Remediation?.Recommendation?.Text?.length).toBeLessThanOrEqual(512);
      const [resource] = found.Resources ?? [];
      expect(resource?.Id?.length).toBeGreaterThan(0);
      expect(resource?.Id?.length).toBeLessThanOrEqual(512);
      for (const one of Object.values(found.ProductFields ?? {})) expect(one.length).toBeLessThanOrEqual(2048);
      // Every text of the format is one that is not empty.
      for (const one of [found.Title, found.Description, resource?.Region]) expect(one).toMatch(/\S/);
    }
  });

  test('a finding, resolved when it is fixed, and new again when the fix is undone', async () => {
    mock.on(BatchImportFindingsCommand).resolves({ SuccessCount: 1, FailedCount: 0 });
    mock.on(BatchUpdateFindingsCommand).resolves({});
    const asked = await channel.say(incidentOf({ outcome: 'asked' }), null);
    expect(mock.commandCalls(BatchUpdateFindingsCommand)).toEqual([]);
    const fixed = await channel.say(incidentOf(), { step: 'x', place: asked });
    await channel.say(incidentOf({ outcome: 'undone' }), { step: 'x', place: fixed });
    const imported = mock.commandCalls(BatchImportFindingsCommand).map(({ args }) => args[0].input.Findings?.[0]);
    expect(imported.map((one) => [one?.Id, one?.Workflow?.Status, one?.RecordState])).toEqual([
      ['firebreak/111122223333/eu-west-1/fb-0123456789abcdef', 'NEW', 'ACTIVE'],
      ['firebreak/111122223333/eu-west-1/fb-0123456789abcdef', 'RESOLVED', 'ACTIVE'],
      ['firebreak/111122223333/eu-west-1/fb-0123456789abcdef', 'NEW', 'ACTIVE'],
    ]);
    expect(mock.commandCalls(BatchUpdateFindingsCommand).map(({ args }) => args[0].input.Workflow?.Status)).toEqual([
      'RESOLVED',
      'NEW',
    ]);
  });

  test('a question that another incident’s fix put out is resolved', async () => {
    mock.on(BatchImportFindingsCommand).resolves({ SuccessCount: 1, FailedCount: 0 });
    mock.on(BatchUpdateFindingsCommand).resolves({});
    const asked = await channel.say(incidentOf({ outcome: 'asked' }), null);
    const over = incidentOf({ outcome: 'witness', told: 'asked' });
    expect(await channel.say(over, { step: 'x', place: asked })).toEqual({ status: 'RESOLVED' });
    expect(channel.revises).toBe(true);
  });

  test.each([
    ['InvalidInput', 'Refused'],
    ['InvalidAccess', 'NotTaken'],
  ])('what it does not take: %s', async (ErrorCode, name) => {
    const FailedFindings = [{ Id: 'x', ErrorCode, ErrorMessage: 'Finding does not adhere' }];
    mock.on(BatchImportFindingsCommand).resolves({ SuccessCount: 0, FailedCount: 1, FailedFindings });
    await expect(channel.say(incidentOf(), null)).rejects.toMatchObject({ name });
  });
});

describe('the event bus', () => {
  test('an event of our own source, within its 256 KB', async () => {
    const bus = mockClient(EventBridgeClient);
    bus.on(PutEventsCommand).resolves({ FailedEntryCount: 0, Entries: [{ EventId: '1' }] });
    await busChannel.say(hostile('x'.repeat(1_000_000)), null);
    const [entry] = bus.commandCalls(PutEventsCommand)[0]?.args[0].input.Entries ?? [];
    expect(entry).toMatchObject({ Source: busSource, DetailType: 'firebreak.incident' });
    expect(Buffer.byteLength(JSON.stringify(entry))).toBeLessThan(100_000);
    bus.on(PutEventsCommand).resolves({ FailedEntryCount: 1, Entries: [{ ErrorCode: 'ThrottlingException' }] });
    await expect(busChannel.say(incidentOf(), null)).rejects.toMatchObject({ name: 'NotTaken' });
    bus.restore();
  });

  test('says what happened and how it ended, and no state', () => {
    expect(detailOf(incidentOf())).toMatchInlineSnapshot(`
      {
        "account": "111122223333",
        "actor": {
          "arn": "arn:aws:sts::111122223333:assumed-role/deploy/ci-4711",
          "ip": "198.51.100.7",
          "name": "deploy/ci-4711",
          "type": "AssumedRole",
        },
        "details": "npx firebreak incidents fb-0123456789abcdef",
        "event": {
          "id": "11111111-2222-4333-8444-555555555555",
          "name": "PutBucketPolicy",
        },
        "incident": "fb-0123456789abcdef",
        "mode": "remediate",
        "note": "mode remediate",
        "outcome": "fixed",
        "reasons": [
          "the statement Everyone allows s3:GetObject to anyone",
        ],
        "region": "eu-west-1",
        "resource": "arn:aws:s3:::shop",
        "rules": [
          "s3/public-policy",
        ],
        "severity": "high",
        "times": {
          "event": "2026-10-03T20:54:12Z",
          "received": "2026-10-03T20:54:20.100Z",
          "verified": "2026-10-03T20:54:21.600Z",
        },
        "title": "A bucket policy opened a bucket to everyone",
        "undo": "restore",
        "version": "1",
      }
    `);
  });
});

describe('an alarm on the stack itself', () => {
  const alarm = (state: string) =>
    JSON.stringify({
      AlarmName: 'firebreak-dead-letters',
      AlarmDescription: 'Events could not be handled',
      AWSAccountId: '111122223333',
      NewStateValue: state,
      NewStateReason: 'Threshold Crossed: <!channel>',
      StateChangeTime: '2026-10-03T20:54:12.000+0000',
      Region: 'EU (Ireland)',
      AlarmArn: 'arn:aws:cloudwatch:eu-west-1:111122223333:alarm:firebreak-dead-letters',
    });
  const read = (message: string) => alarmOf(message, '2026-10-03T20:54:13.000Z', (text) => text.length.toString(16));

  test('is said like an incident; what is none is nothing', () => {
    const on = read(alarm('ALARM'));
    expect(on).toMatchObject({ severity: 'high', title: 'The alarm firebreak-dead-letters is on' });
    const message = slackMessage(on as Incident);
    expect(wrongWith(message)).toBeNull();
    expect(seen(message.blocks)).not.toContain('npx firebreak');
    expect(read(alarm('OK'))).toMatchObject({ severity: 'info' });
    for (const other of ['Fixed: a bucket', '{}', '[]', 'null', '{"AlarmName": 1}', '']) expect(read(other)).toBeNull();
  });
});

describe('our own rules', () => {
  const rules = Object.values(rooms).flat();
  const heard = (event: JsonObject) => {
    const read = normalise(event);
    if (!('signals' in read)) throw new Error(read.unparsed);
    return read.signals.flatMap((signal) => awakened(rules, signal).map((rule) => ({ rule, signal })));
  };
  const envelope = {
    version: '0',
    id: '1',
    account: '111122223333',
    region: 'eu-west-1',
    time: '2026-10-03T21:00:00Z',
  };

  test('do not wake on the event of an incident', () => {
    const event = {
      ...envelope,
      source: busSource,
      'detail-type': 'firebreak.incident',
      detail: detailOf(incidentOf()),
    };
    expect(patternsOf(rules).filter(({ pattern }) => matches(pattern, event))).toEqual([]);
    expect(heard(event)).toEqual([]);
  });

  test('find nothing in a finding of our own, and something in the same of another’s', () => {
    const found = findingOf(incidentOf({ outcome: 'asked', severity: 'critical' }), hub, now);
    const event = (more: object) =>
      ({
        ...envelope,
        source: 'aws.securityhub',
        'detail-type': 'Security Hub Findings - Imported',
        detail: { findings: [{ ...found, ...more }] },
      }) as unknown as JsonObject;
    const findings = (more: object) =>
      heard(event(more)).flatMap(({ rule, signal }) => {
        const found = rule.detect(signal, {} as never, {} as never);
        return 'unreadable' in found ? [] : found;
      });
    expect(heard(event({})).length).toBeGreaterThan(0);
    expect(findings({})).toEqual([]);
    expect(findings({ GeneratorId: 'another' })).toHaveLength(1);
    expect(findings({ ProductArn: 'arn:aws:securityhub:eu-west-1::product/aws/securityhub' })).toHaveLength(1);
  });
});
