/** What the stack holds for channels, by the configuration alone. */
import { afterEach, expect, test } from 'vitest';
import { voiceOf } from '../../scripts/people.ts';
import { parseConfig } from '../../shared/config/load.ts';

const parts = (channels: string) =>
  voiceOf(
    parseConfig(`preset: guard\nchannels: ${channels}`, 'firebreak.yml', []),
    'firebreak',
    (name) => `${name}.zip`,
  );
const slack = '{slack: {token: secretsmanager:a, channel: C0123456789}}';
afterEach(() => {
  delete process.env['FIREBREAK_SLACK_API'];
});

test('where no channel is asked for there is no function, no queue, no role', () => {
  for (const none of ['{}', '{email: [a@example.com]}', '{amazonQ: false, securityHub: false}'])
    expect(parts(none)).toEqual({ functions: {}, resources: {} });
});

test.each([slack, '{slack: {webhook: ssm:/a}}', '{securityHub: true}', '{eventBridge: true}', '{amazonQ: true}'])(
  '%s has a function, and a topic for Amazon Q only where that is asked for',
  (channels) => {
    const { functions, resources } = parts(channels);
    expect(Object.keys(functions)).toEqual(['voice']);
    expect(Object.keys(resources)).toContain('VoiceRole');
    expect('Chat' in resources).toBe(channels.includes('amazonQ'));
    expect(JSON.stringify(resources['VoiceRole'])).not.toContain('"Resource":"*"');
  },
);

test('only this machine can stand in for Slack', () => {
  const environment = (): unknown => parts(slack).functions['voice']?.['environment'];
  expect(environment()).toEqual({});
  process.env['FIREBREAK_SLACK_API'] = 'http://127.0.0.1:4711/api';
  expect(environment()).toEqual({ FIREBREAK_SLACK_API: 'http://127.0.0.1:4711/api' });
  for (const other of [
    'https://evil.example/api',
    'http://127.0.0.1:1@evil.example/',
    'http://127.0.0.1.evil.example/',
  ]) {
    process.env['FIREBREAK_SLACK_API'] = other;
    expect(environment).toThrow(/outside 127\.0\.0\.1 in FIREBREAK_SLACK_API/);
  }
});
