/** An incident as the engine stores one, for what is made of it. */
import type { Incident } from '../../shared/core/incident.ts';

const open = {
  Version: '2012-10-17',
  Statement: [
    { Sid: 'Everyone', Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: 'arn:aws:s3:::shop/*' },
  ],
};

export const incidentOf = (change: Partial<Incident> = {}): Incident => ({
  id: 'fb-0123456789abcdef',
  room: 's3',
  rules: ['s3/public-policy'],
  title: 'A bucket policy opened a bucket to everyone',
  severity: 'high',
  account: '111122223333',
  region: 'eu-west-1',
  resource: 'arn:aws:s3:::shop',
  event: { id: '11111111-2222-4333-8444-555555555555', name: 'PutBucketPolicy' },
  actor: {
    type: 'AssumedRole',
    name: 'deploy/ci-4711',
    arn: 'arn:aws:sts::111122223333:assumed-role/deploy/ci-4711',
    ip: '198.51.100.7',
    userAgent: 'aws-cli/2.31.0',
  },
  reasons: ['the statement Everyone allows s3:GetObject to anyone'],
  mode: 'remediate',
  outcome: 'fixed',
  note: 'mode remediate',
  lens: 's3/bucket-policy',
  lease: '111122223333/eu-west-1/s3/bucket-policy/shop',
  before: { state: JSON.stringify(open) },
  plan: { state: JSON.stringify({ ...open, Statement: [] }) },
  after: { state: JSON.stringify({ ...open, Statement: [] }) },
  undo: 'restore',
  writes: [],
  witnesses: [],
  timeline: [],
  times: { event: '2026-10-03T20:54:12Z', received: '2026-10-03T20:54:20.100Z', verified: '2026-10-03T20:54:21.600Z' },
  attempts: 1,
  at: '2026-10-03T20:54:20.100Z',
  version: 3,
  ...change,
});
