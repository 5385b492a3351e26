/** Buckets and databases that other services' findings name. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { publicInstance } from '../../functions/rds/public-instance.ts';
import { accessLoggingDisabled } from '../../functions/s3/access-logging-disabled.ts';
import { publicAccessBlock } from '../../functions/s3/public-access-block.ts';
import { publicAcl } from '../../functions/s3/public-acl.ts';
import { publicPolicy } from '../../functions/s3/public-policy.ts';
import { tlsOnly } from '../../functions/s3/tls-only.ts';
import { decide } from '../../shared/core/decide.ts';
import type { Json, JsonObject } from '../../shared/core/json.ts';
import { normalise, type Signal } from '../../shared/core/signal.ts';
import { detected } from '../support/detecting.ts';
import { standard } from '../support/toys.ts';

const events = new URL('../../events/', import.meta.url);
const read = (rule: string, file: string): JsonObject =>
  JSON.parse(readFileSync(new URL(`${rule}/${file}`, events), 'utf8')) as JsonObject;

function signalOf(event: Json): Signal {
  const normalised = normalise(event);
  if ('unparsed' in normalised) throw new Error(normalised.unparsed);
  return normalised.signals[0];
}

describe.each([publicAcl, publicPolicy, publicAccessBlock, tlsOnly, accessLoggingDisabled])('$id', (rule) => {
  const files = readdirSync(new URL(`${rule.id}/`, events)).filter((name) =>
    /^fires-(security-hub|guardduty|config|trusted-advisor)/.test(name),
  );

  it.each(files)('takes the bucket from %s, and leaves the rest to a read', (file) => {
    expect(detected(rule, signalOf(read(rule.id, file)))).toMatchObject([
      {
        target: { bucket: 'example-invoices' },
        resource: 'arn:aws:s3:::example-invoices',
        certainty: 'possible',
        reason: expect.stringMatching(/^(Security Hub|GuardDuty|AWS Config|Trusted Advisor) .* is read$/),
      },
    ]);
  });

  it.each(files)('can’t tell what %s is about without its resource', (file) => {
    const event = JSON.parse(
      JSON.stringify(read(rule.id, file)).replaceAll('example-invoices', '').replaceAll('AWS::S3::Bucket', 'AWS::X'),
    ) as Json;
    expect(() => detected(rule, signalOf(event))).toThrow('name of a bucket');
  });
});

it('a database is named as its ARN has it, and nothing else is taken for one', () => {
  const event = read('rds/public-instance', 'fires-security-hub.json');
  expect(detected(publicInstance, signalOf(event))).toMatchObject([
    { target: { instance: 'orders', id: null }, resource: 'arn:aws:rds:eu-west-1:111122223333:db:orders' },
  ]);
  const byConfig = 'db-ABCDEFGHIJKL01234567890MNO';
  expect(detected(publicInstance, signalOf(read('rds/public-instance', 'fires-config.json')))).toMatchObject([
    { target: { instance: byConfig, id: byConfig }, resource: `arn:aws:rds:eu-west-1:111122223333:db:${byConfig}` },
  ]);
  const cluster = JSON.parse(JSON.stringify(event).replaceAll(':db:orders', ':cluster:orders')) as Json;
  expect(() => detected(publicInstance, signalOf(cluster))).toThrow('ARN of an instance');
});

describe('a verdict', () => {
  const config = { ...standard, preset: 'strict' } as const;
  const way = (rule: typeof publicAcl, file: string) => {
    const signal = signalOf(read(rule.id, file));
    return decide(rule, signal, config, new Date(Date.parse(signal.time ?? '') + 1000)).map((one) => one.way);
  };

  it('is asked about, however young it is: what it is about may be old', () => {
    expect(way(publicAcl, 'fires-security-hub-s3-2.json')).toEqual(['approve']);
    expect(way(publicAcl, 'fires-config-s3-bucket-public-read-prohibited.json')).toEqual(['approve']);
  });

  it('is not what GuardDuty saw happen a moment ago', () => {
    expect(way(publicAcl, 'fires-guardduty-bucketpublicaccessgranted.json')).toEqual(['remediate']);
  });
});
