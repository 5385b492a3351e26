/**
 * A decision by link in a real Chromium, on the deployed stack in the sandbox: by keyboard alone, without JavaScript, checked
 * for accessibility. Its pictures are made by `npm run pictures`.
 */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import {
  CreateBucketCommand,
  DeletePublicAccessBlockCommand,
  GetBucketPolicyCommand,
  PutBucketPolicyCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { GetTopicAttributesCommand, SetTopicAttributesCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, ReceiveMessageCommand, SetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { findChromium } from '../../scripts/sandbox/chromium.ts';
import { deployInto } from '../../scripts/sandbox/deploy.ts';
import type { Sandbox } from '../../scripts/sandbox/sandbox.ts';
import type { Incident } from '../../shared/core/incident.ts';
import { dynamoIncidents } from '../../shared/incidents/dynamo.ts';
import { until } from '../support/until.ts';

const executablePath = findChromium();
if (executablePath === null) console.error('NOT RUN: no Chromium was found: on the PATH, or by FIREBREAK_CHROMIUM');

const sandbox = inject('sandbox');
const { account, region, endpoint } = sandbox;
const store = dynamoIncidents('firebreak-incidents', 400);
const s3 = new S3Client({});
const sqs = new SQSClient({});
const jo = 'jo@example.com';
const config = `preset: standard
modes: [{rule: s3/*, mode: approve}]
channels: {page: {approvers: [${jo}, sam@example.com]}}
`;

describe.skipIf(executablePath === null)('a decision in the browser', () => {
  let browser: Browser;
  let inbox = '';

  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'firebreak-browser-'));
    try {
      writeFileSync(join(folder, 'firebreak.yml'), config);
      await deployInto(sandbox as unknown as Sandbox, join(folder, 'firebreak.yml'), () => {});
    } finally {
      rmSync(folder, { recursive: true });
    }
    // Jo's mailbox: a subscription like the one that the stack makes.
    inbox = (await sqs.send(new CreateQueueCommand({ QueueName: 'jo' }))).QueueUrl ?? '';
    const arn = `arn:aws:sqs:${region}:${account}:jo`;
    const allowed = { Effect: 'Allow', Principal: { Service: 'sns.amazonaws.com' }, Action: 'sqs:SendMessage' };
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [{ ...allowed, Resource: arn }] });
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl: inbox, Attributes: { Policy } }));
    const sns = new SNSClient({});
    const TopicArn = `arn:aws:sns:${region}:${account}:firebreak-approvals`;
    // Nobody but approvers' addresses may be subscribed (tests/stack/decide.test.ts): for a queue that is lifted here.
    const { Attributes = {} } = await sns.send(new GetTopicAttributesCommand({ TopicArn }));
    const topic = JSON.parse(Attributes['Policy'] ?? '{}') as { Statement: { Sid: string }[] };
    topic.Statement = topic.Statement.filter(({ Sid }) => Sid !== 'ApproversAlone');
    await sns.send(
      new SetTopicAttributesCommand({ TopicArn, AttributeName: 'Policy', AttributeValue: JSON.stringify(topic) }),
    );
    await sns.send(
      new SubscribeCommand({
        TopicArn,
        Protocol: 'sqs',
        Endpoint: arn,
        Attributes: { FilterPolicy: JSON.stringify({ approver: [jo] }) },
      }),
    );
    browser = await chromium.launch({
      executablePath: executablePath ?? '',
      args: ['--no-sandbox', '--no-proxy-server', '--disable-gpu'],
    });
  }, 300_000);
  afterAll(() => browser?.close());

  /** The personal link of the next message, as it is reached in the sandbox. */
  const link = (): Promise<string> =>
    until(async () => {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl: inbox, MaxNumberOfMessages: 1, VisibilityTimeout: 3600 }),
      );
      const { Message = '' } = JSON.parse(Messages[0]?.Body ?? '{}') as { Message?: string };
      const [, id, query] = /^https?:\/\/([a-z0-9]+)\.lambda-url\.\S+?\/(\?t=\S+)$/m.exec(Message) ?? [];
      return id && `${endpoint}/_aws/lambda-url/${id}/${query}`;
    }, 'a link');

  /** Opens a bucket to everybody; gives the link that Jo gets for it. */
  async function asked(bucket: string): Promise<string> {
    await s3.send(new CreateBucketCommand({ Bucket: bucket }));
    await s3.send(new DeletePublicAccessBlockCommand({ Bucket: bucket }));
    const open = { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: `arn:aws:s3:::${bucket}/*` };
    const team = { ...open, Sid: 'Team', Principal: { AWS: `arn:aws:iam::${account}:root` } };
    const policy = { Version: '2012-10-17', Statement: [team, { ...open, Sid: 'Everyone' }] };
    const { $metadata } = await s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: JSON.stringify(policy) }));
    const text = readFileSync('events/s3/public-policy/fires-everyone.json', 'utf8');
    const event = JSON.parse(text.replaceAll('111122223333', account)) as Record<'source' | 'detail-type', string> & {
      detail: object;
    };
    const detail = {
      ...event.detail,
      eventID: randomUUID(),
      eventTime: new Date().toISOString(),
      requestID: $metadata.requestId,
      requestParameters: { bucketName: bucket, bucketPolicy: policy },
    };
    await new EventBridgeClient({}).send(
      new PutEventsCommand({
        Entries: [{ Source: event.source, DetailType: event['detail-type'], Detail: JSON.stringify(detail) }],
      }),
    );
    return link();
  }

  const incidentOf = async (bucket: string): Promise<Incident | undefined> =>
    (await store.list(2, new Date())).find(
      ({ resource, outcome }) => resource === `arn:aws:s3:::${bucket}` && outcome !== 'witness',
    );
  const isOpen = async (bucket: string): Promise<boolean> =>
    ((await s3.send(new GetBucketPolicyCommand({ Bucket: bucket }))).Policy ?? '').includes('Everyone');

  async function opened(url: string, options: BrowserContextOptions = {}): Promise<Page> {
    const page = await (await browser.newContext({ viewport: { width: 760, height: 860 }, ...options })).newPage();
    await page.goto(url);
    return page;
  }

  /** Tabs until the focus is on a field or button of this name; fails where it never gets there. */
  async function tabTo(page: Page, name: RegExp): Promise<void> {
    for (let tabs = 0; tabs < 30; tabs += 1) {
      await page.keyboard.press('Tab');
      const focused = page.locator(':focus');
      if ((await focused.count()) === 0) continue;
      const label = (await focused.getAttribute('id')) ?? (await focused.textContent()) ?? '';
      if (name.test(label)) return;
    }
    throw new Error(`the keyboard does not reach ${name}`);
  }

  async function isAccessible(page: Page): Promise<void> {
    const { violations, incomplete, passes } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
    expect(incomplete.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
    expect(passes.map(({ id }) => id)).toContain('color-contrast');
  }

  test('from the link to the fix, by keyboard alone and without JavaScript', async () => {
    const bucket = `fix-${randomUUID()}`;
    const page = await opened(await asked(bucket), { javaScriptEnabled: false });
    const sent: string[] = [];
    page.on('request', (request) => void sent.push(request.url()));
    expect(await page.locator('h1').textContent()).toContain('A bucket policy');
    expect(await page.locator('.diff').textContent()).toContain('Everyone');
    // Shown twice, as a mail program that looks at links does: nothing is decided by that.
    await page.reload();
    expect(await incidentOf(bucket)).toMatchObject({ outcome: 'asked' });
    expect(await isOpen(bucket)).toBe(true);
    await tabTo(page, /^Fix now$/);
    await page.keyboard.press('Enter');
    await page.waitForSelector('h1:text-is("Fixed")');
    expect(await isOpen(bucket)).toBe(false);
    expect(await incidentOf(bucket)).toMatchObject({ outcome: 'fixed', decision: { by: `${jo} (page)` } });
    // Nothing but the page itself was asked for.
    for (const url of sent) expect(new URL(url).pathname).toMatch(/^\/_aws\/lambda-url\/[a-z0-9]+\/$|^\/favicon\.ico$/);
    // Nothing is kept by the browser: what was asked is not there to be answered again.
    await page.goBack();
    await page.waitForSelector('h1:text-is("This link was used")');
  });

  test('an exemption by keyboard: days, reason, and what the browser itself asks for', async () => {
    const bucket = `exempt-${randomUUID()}`;
    const page = await opened(await asked(bucket), { javaScriptEnabled: false });
    await tabTo(page, /^days$/);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await tabTo(page, /^Exempt$/);
    await page.keyboard.press('Enter');
    // Without a reason the form stays where it is, at the field.
    expect(await page.locator(':focus').getAttribute('id')).toBe('reason');
    await page.keyboard.type('a public website, for the fair');
    await page.keyboard.press('Enter');
    await page.waitForSelector('h1:text-is("Exempt")');
    const incident = await incidentOf(bucket);
    expect(incident).toMatchObject({ outcome: 'exempt', decision: { reason: 'a public website, for the fair' } });
    expect(Date.parse(incident?.until ?? '') - Date.now()).toBeGreaterThan(2.9 * 86_400_000);
    expect(await isOpen(bucket)).toBe(true);
  });

  test('each page is accessible: light, dark, on a phone; question, answer, refusal', async () => {
    const url = await asked(`shop-uploads-${randomUUID().slice(0, 8)}`);
    const looks: readonly (readonly [name: string, options: BrowserContextOptions])[] = [
      ['approve-light', { colorScheme: 'light' }],
      ['approve-dark', { colorScheme: 'dark' }],
      [
        'approve-phone',
        { colorScheme: 'light', viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true },
      ],
    ];
    for (const [name, options] of looks) {
      const page = await opened(url, options);
      await isAccessible(page);
      const width = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
      expect(width, `${name} needs no scrolling sideways`).toBeLessThanOrEqual(0);
      await page.context().close();
    }
    const forged = await opened(url.replace(/.{5}$/, 'aaaaa'), { colorScheme: 'dark' });
    expect(await forged.locator('h1').textContent()).toBe('This link is not one of ours');
    await isAccessible(forged);
    const page = await opened(url);
    await page.getByRole('button', { name: 'Leave it' }).click();
    await page.waitForSelector('h1:text-is("Left as it is")');
    await isAccessible(page);
    await page.goto(url);
    expect(await page.locator('h1').textContent()).toBe('This link was used');
    await isAccessible(page);
  });
});
