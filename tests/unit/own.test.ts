/** The decisions' function has a public address on purpose: our own rules know it. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { publicPermission } from '../../functions/lambda/public-permission.ts';
import { publicUrl } from '../../functions/lambda/public-url.ts';
import { rooms } from '../../functions/rooms.ts';
import { decideOf } from '../../scripts/decide.ts';
import { parseConfig } from '../../shared/config/load.ts';
import { knowing } from '../../shared/config/own.ts';
import type { Config } from '../../shared/core/mode.ts';
import { awakened } from '../../shared/core/route.ts';
import { normalise } from '../../shared/core/signal.ts';

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
