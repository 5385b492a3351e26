/** The decisions' function has a public address on purpose: our own rules know it. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { publicPermission } from '../../functions/lambda/public-permission.ts';
import { publicUrl } from '../../functions/lambda/public-url.ts';
import { rooms } from '../../functions/rooms.ts';
import { tampering } from '../../functions/self/tampering.ts';
import { publicPolicy as snsPolicy } from '../../functions/sns/public-policy.ts';
import { unencrypted as snsKey } from '../../functions/sns/unencrypted.ts';
import { publicPolicy as sqsPolicy } from '../../functions/sqs/public-policy.ts';
import { unencrypted as sqsKey } from '../../functions/sqs/unencrypted.ts';
import { decideOf } from '../../scripts/decide.ts';
import { parseConfig } from '../../shared/config/load.ts';
import { knowing } from '../../shared/config/own.ts';
import type { Config } from '../../shared/core/mode.ts';
import { awakened } from '../../shared/core/route.ts';
import { normalise, type Signal } from '../../shared/core/signal.ts';

const parse = (text: string): Config => parseConfig(text, 'firebreak.yml', Object.values(rooms).flat());
const page = parse('channels: {page: {approvers: [jo@example.com]}}');

/** What our rules say of an address that is made, and of the permission that lets everybody call it. */
function reasons(name: string, config: Config): readonly string[] {
  return ['created', 'statement'].flatMap((what) => said(`events/lambda/public-url/fires-${what}.json`, name, config));
}

function said(file: string, name: string, config: Config): readonly string[] {
  const event = JSON.parse(readFileSync(file, 'utf8')) as { detail: { requestParameters: { functionName: string } } };
  event.detail.requestParameters.functionName = name;
  const normalised = normalise(event);
  if ('unparsed' in normalised) throw new Error('no event');
  return normalised.signals.flatMap((signal) =>
    awakened([publicUrl, publicPermission], signal).flatMap((rule) => {
      const found = rule.detect(signal, config.baselines[rule.id] ?? {}, { account: null });
      return 'unreadable' in found ? [found.unreadable] : found.map(({ reason }) => reason);
    }),
  );
}

test('its own address is known by the stack’s name, and only where people may decide by it', () => {
  expect(reasons('acme-decide', knowing(page, 'acme'))).toEqual([]);
  expect(reasons('acme-decide', knowing(page, 'firebreak'))).toHaveLength(2);
  expect(reasons('firebreak-decide', knowing(parse('preset: guard'), 'firebreak'))).toHaveLength(2);
  expect(reasons('anything', knowing(page, 'acme'))).toHaveLength(2);
});

test('what the file says of other functions stays', () => {
  const open = parse(
    'channels: {page: {approvers: [jo@example.com]}}\nbaselines: {lambda/public-url: {open: [webhook]}}',
  );
  expect(knowing(open, 'acme').baselines['lambda/public-url']).toEqual({ open: ['webhook', 'acme-decide'] });
});

test('it is in the stack only where somebody may decide by it, and reads no more than its secret', () => {
  const of = (text: string) => decideOf(parse(text), 'acme', (name) => `${name}.zip`);
  expect(of('channels: {email: [jo@example.com]}')).toEqual({ functions: {}, resources: {} });
  expect(of('channels: {slack: {webhook: "ssm:/hook"}}')).toEqual({ functions: {}, resources: {} });
  const slack = of(
    'channels: {slack: {token: "ssm:/token", channel: C0123456789, signingSecret: "ssm:/signing", approvers: {U0123456789: jo}}}',
  );
  expect(Object.keys(slack.functions)).toEqual(['decide']);
  // Without a page there are no links, and nobody to send them to.
  expect(Object.keys(slack.resources)).not.toContain('Approvals');
  const role = JSON.stringify(slack.resources['DecideRole']);
  expect(role).toContain('parameter/signing');
  expect(role).not.toContain('/token');
  expect(slack.functions['decide']).toMatchObject({ reservedConcurrency: 5 });
});

test('its own topics and queues are told of, not changed; another stack’s are changed', () => {
  const stack = (name: string) => ({ account: '111122223333', stack: name });
  const open = JSON.stringify({ Statement: [{ Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' }] });
  const about = { baseline: { key: 'alias/other' }, learned: null };
  const wants = (stackName: string, part: string): readonly unknown[] => {
    const [topic, queue] = ['sns', 'sqs'].map((service) => `arn:aws:${service}:eu-west-1:111122223333:${part}`);
    const of = { topic: topic ?? '', queue: queue ?? '', named: false };
    const context = { ...about, home: stack(stackName), target: of };
    return [
      snsPolicy.fix?.desire(open, context),
      snsKey.fix?.desire('', context),
      sqsPolicy.fix?.desire(open, context),
      sqsKey.fix?.desire({ key: null, managed: false }, context),
    ];
  };
  const own = { unknown: expect.stringMatching(/^acme-alerts is Firebreak’s own.*npm run deploy/) };
  expect(wants('acme', 'acme-alerts')).toEqual([own, own, own, own]);
  const known = { unknown: expect.stringContaining('Firebreak’s own') };
  for (const wanted of [...wants('acme', 'acmes'), ...wants('firebreak', 'acme-alerts')])
    expect(wanted).not.toEqual(known);
  const closed = JSON.stringify({ Statement: [] });
  const home = stack('acme');
  const target = { queue: 'arn:aws:sqs:eu-west-1:111122223333:acme-dead-letters', named: false };
  expect(sqsPolicy.fix?.desire(closed, { ...about, home, target })).toBe(closed);
});

test('a stack of another name knows its own parts, and learns of its own rules', () => {
  const home = { account: '111122223333', stack: 'acme' };
  const signal = (name: string): Signal => {
    const event = { eventSource: 'events.amazonaws.com', eventName: 'PutRule', requestParameters: { name } };
    const normalised = normalise({ ...event, awsRegion: 'eu-west-1', recipientAccountId: '111122223333' });
    if ('unparsed' in normalised) throw new Error('no event');
    return normalised.signals[0];
  };
  for (const [name, ours] of [
    ['acme-s3-1', 1],
    ['firebreak-s3-1', 0],
  ] as const) {
    expect(tampering.detect(signal(name), {}, home)).toHaveLength(ours);
    expect(tampering.fix?.learns?.target(signal(name), home) ?? null).toEqual(
      ours ? expect.objectContaining({ rule: name }) : null,
    );
  }
  expect(tampering.detect(signal('firebreak-s3-1'), { stack: 'firebreak' }, home)).toHaveLength(1);
  const part = { rule: 'acme-s3-1', part: 'acme-s3-1', call: 'RemoveTargets', account: '1', region: 'eu-west-1' };
  const context = { target: part, baseline: {}, learned: null, home };
  expect(tampering.fix?.desire({ state: 'ENABLED', pattern: '{}', targets: {} }, context)).toMatchObject({
    targets: { function: { Arn: 'arn:aws:lambda:eu-west-1:1:function:acme-s3' } },
  });
});
