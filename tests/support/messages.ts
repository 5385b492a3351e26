/** The messages that docs/messages.md shows, each made of an incident. */
import type { Incident } from '../../shared/core/incident.ts';
import { incidentOf } from './incident.ts';

const jo = {
  type: 'AssumedRole',
  name: 'AWSReservedSSO_Developer_0123456789abcdef/jo@example.com',
  person: 'jo@example.com',
  arn: 'arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Developer_0123456789abcdef/jo@example.com',
  ip: '198.51.100.7',
  userAgent: 'Mozilla/5.0',
} as const;
const note = 'mode approve: a person decides';
const { lens: _, lease: __, before: ___, plan: ____, after: _____, undo: ______, ...plain } = incidentOf();
const trail = 'arn:aws:cloudtrail:eu-west-1:111122223333:trail/main';

export const examples: { readonly [name: string]: Incident } = {
  fixed: incidentOf({ actor: jo }),
  'fixed, and not to be taken back by a role': incidentOf({
    rules: ['cloudtrail/logging-stopped'],
    title: 'A trail stopped logging',
    severity: 'critical',
    resource: trail,
    event: { id: '22222222-2222-4333-8444-555555555555', name: 'StopLogging' },
    actor: jo,
    reasons: ['StopLogging stopped the trail main'],
    lens: 'cloudtrail/logging',
    before: { state: false },
    plan: { state: true },
    after: { state: true },
    undo: 'operator',
  }),
  asked: incidentOf({ outcome: 'asked', actor: jo, note }),
  'asked, because somebody’s pipeline breaks it again and again': incidentOf({
    outcome: 'asked',
    note: 'fixed 2 times within 24 hours after the same actor, and broken again: somebody means it',
    fight: {
      actor: 'arn:aws:sts::111122223333:assumed-role/deploy',
      source: 'Terraform 1.9.5',
      fixes: [
        { incident: 'fb-1111111111111111', at: '2026-10-03T08:02:11.120Z' },
        { incident: 'fb-2222222222222222', at: '2026-10-03T14:01:57.000Z' },
      ],
    },
  }),
  'asked, with the safe state put first': incidentOf({
    outcome: 'asked',
    first: 'reverted',
    actor: jo,
    note: 'put right first: a person says whether it stays',
  }),
  rehearsed: incidentOf({ outcome: 'rehearsed', note: 'mode notify: this is what would have been changed' }),
  told: {
    ...plain,
    rules: ['root/console-login'],
    title: 'Sign-in as the root user',
    resource: 'arn:aws:iam::111122223333:root',
    region: 'us-east-1',
    event: { id: '33333333-2222-4333-8444-555555555555', name: 'ConsoleLogin' },
    actor: { type: 'Root', name: 'root', ip: '203.0.113.9', userAgent: 'Mozilla/5.0' },
    reasons: ['the root user signed in to the console (without MFA)'],
    outcome: 'told',
    note: 'this rule only tells',
  },
  'a flood': {
    ...plain,
    title: 'Many questions after one actor',
    resource: 'arn:aws:sts::111122223333:assumed-role/deploy/ci-4711',
    reasons: ['more than 3 questions within 60 minutes by s3/public-policy; the last of arn:aws:s3:::shop'],
    outcome: 'told',
    note: '412 were not told one by one; what else comes until 2026-10-03T21:54:20.100Z is told together then',
    flood: { of: 'asked', told: 412 },
    witnesses: ['shop', 'shop-images'].map((bucket, n) => ({
      id: `fb-${String(n + 1).repeat(16)}`,
      name: `arn:aws:s3:::${bucket}`,
      at: '2026-10-03T20:54:20.100Z',
    })),
    seen: 412,
  },
  failed: incidentOf({ outcome: 'failed', note: 'AccessDenied: not authorized to perform s3:PutBucketPolicy' }),
  undone: incidentOf({
    outcome: 'undone',
    note: 'taken back by arn:aws:iam::111122223333:user/ann',
    after: incidentOf().before ?? { state: null },
  }),
  'an exemption that ends': {
    ...plain,
    outcome: 'exempt',
    note: 'exempt until 2026-10-06, owner shop team: the campaign; it ends in 4 days: renew it, or take it out',
  },
  'the daily digest': {
    ...plain,
    rules: ['self/digest'],
    title: '42 rehearsals of 2 rules',
    severity: 'info',
    resource: 'Firebreak',
    event: { id: 'fb-0123456789abcdef', name: 'unknown' },
    actor: { type: 'Unknown', name: 'Firebreak' },
    reasons: [],
    outcome: 'told',
    note: 'the rules below only rehearse',
    digest: {
      from: '2026-10-02T06:55:00.000Z',
      to: '2026-10-03T06:55:00.000Z',
      rules: [
        { rule: 's3/public-policy', times: 39, resources: 4 },
        { rule: 'ec2/security-group-open', times: 3, resources: 3 },
      ],
      ending: [{ rule: 's3/public-policy', of: 'arn:aws:s3:::shop', owner: 'shop team', expires: '2026-10-06' }],
    },
  },
};
