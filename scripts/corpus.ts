/**
 * A made-up account history, as S3 holds CloudTrail's logs: for trying and measuring `firebreak backtest`.
 * One record in so many carries a name that some rule wakes on; it is one of `events/`, dangerous or a quiet twin.
 *
 *     node scripts/corpus.ts DIR [--records 1000000] [--files 500] [--one-in 1000] [--days 31] [--seed 1]
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';

export type Wish = {
  readonly records: number;
  readonly files: number;
  /** One record in so many is interesting. */
  readonly oneIn: number;
  readonly days: number;
  readonly seed: number;
};

const account = '111122223333';
const region = 'eu-central-1';
const start = Date.UTC(2026, 6, 1);
const events = join(dirname(fileURLToPath(import.meta.url)), '../events');

type Random = (below: number) => number;

/** Mulberry32: small, and the same everywhere. */
function seeded(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4_294_967_296) * below);
  };
}

const hex = (random: Random, length: number): string => {
  let text = '';
  while (text.length < length) text += random(0x1000000).toString(16).padStart(6, '0');
  return text.slice(0, length);
};
const uuid = (random: Random): string =>
  `${hex(random, 8)}-${hex(random, 4)}-${hex(random, 4)}-${hex(random, 4)}-${hex(random, 12)}`;
const pick = <T>(random: Random, from: readonly T[]): T => from[random(from.length)] as T;

/** The CloudTrail records of `events/`, without their envelopes. */
function templates(): readonly Record<string, unknown>[] {
  const paths = readdirSync(events, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.json'));
  return paths.sort().flatMap((path) => {
    const event = JSON.parse(readFileSync(join(events, path), 'utf8')) as { detail?: Record<string, unknown> };
    const detail = event.detail ?? {};
    return 'eventName' in detail ? [detail] : [];
  });
}

const agents = [
  'aws-sdk-go-v2/1.30.4 ua/2.1 os/linux lang/go#1.22.5 md/GOOS#linux md/GOARCH#amd64 api/ec2#1.177.0',
  'APN/1.0 HashiCorp/1.0 Terraform/1.9.5 (+https://www.terraform.io) terraform-provider-aws/5.64.0 aws-sdk-go-v2/1.30.4',
  'Boto3/1.35.10 md/Botocore#1.35.10 ua/2.0 os/linux#5.10.223-212.873.amzn2.x86_64 md/arch#x86_64 lang/python#3.11.9',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Safari/537.36',
  'aws-cli/2.17.42 md/awscrt#0.21.2 ua/2.0 os/macos#23.6.0 md/arch#arm64 lang/python#3.11.9 cfg/retry-mode#standard',
];
const roles = ['app-orders', 'app-payments', 'ci-deployer', 'AWSReservedSSO_Admin_0123456789abcdef', 'eks-node', 'etl'];
const sessions = [
  'i-0a1b2c3d4e5f60718',
  'GitHubActions',
  'jo@example.com',
  'botocore-session-1720000000',
  'sam@example.com',
];

const quiet: readonly (readonly [service: string, name: string, readOnly: boolean])[] = [
  ['sts', 'AssumeRole', true],
  ['sts', 'GetCallerIdentity', true],
  ['ec2', 'DescribeInstances', true],
  ['ec2', 'DescribeSecurityGroups', true],
  ['ec2', 'DescribeNetworkInterfaces', true],
  ['ec2', 'CreateNetworkInterface', false],
  ['kms', 'Decrypt', true],
  ['kms', 'GenerateDataKey', true],
  ['s3', 'GetBucketAcl', true],
  ['s3', 'ListBuckets', true],
  ['s3', 'GetBucketPolicy', true],
  ['logs', 'CreateLogStream', false],
  ['logs', 'DescribeLogGroups', true],
  ['lambda', 'GetFunction20150331v2', true],
  ['ecr', 'BatchGetImage', true],
  ['dynamodb', 'DescribeTable', true],
  ['iam', 'GetRole', true],
  ['iam', 'ListAttachedRolePolicies', true],
  ['ssm', 'UpdateInstanceInformation', false],
  ['cloudtrail', 'DescribeTrails', true],
  ['elasticloadbalancing', 'DescribeTargetHealth', true],
  ['autoscaling', 'DescribeAutoScalingGroups', true],
];

function identity(random: Random): object {
  const role = pick(random, roles);
  const session = pick(random, sessions);
  const id = `AROA${hex(random, 17).toUpperCase()}`;
  return {
    type: 'AssumedRole',
    principalId: `${id}:${session}`,
    arn: `arn:aws:sts::${account}:assumed-role/${role}/${session}`,
    accountId: account,
    accessKeyId: `ASIA${hex(random, 16).toUpperCase()}`,
    sessionContext: {
      sessionIssuer: {
        type: 'Role',
        principalId: id,
        arn: `arn:aws:iam::${account}:role/${role}`,
        accountId: account,
        userName: role,
      },
      attributes: { mfaAuthenticated: 'false' },
    },
  };
}

const address = (random: Random): string => `198.51.${random(256)}.${random(256)}`;

function dull(random: Random, time: string): object {
  const [service, name, readOnly] = pick(random, quiet);
  const id = `0${hex(random, 16)}`;
  return {
    eventVersion: '1.09',
    userIdentity: identity(random),
    eventTime: time,
    eventSource: `${service}.amazonaws.com`,
    eventName: name,
    awsRegion: region,
    sourceIPAddress: address(random),
    userAgent: pick(random, agents),
    requestParameters: {
      ...(random(3) === 0 && {
        filterSet: { items: [{ name: 'vpc-id', valueSet: { items: [{ value: `vpc-${id}` }] } }] },
      }),
      encryptionContext: { 'aws:s3:arn': `arn:aws:s3:::data-${hex(random, 6)}/part-${random(9999)}.parquet` },
      ...(random(3) === 0 && { policy: '{"Statement":[{"Effect":"Allow","Action":"s3:GetObject"}]}' }),
    },
    responseElements: readOnly ? null : { requestId: uuid(random), networkInterfaceId: `eni-${id}` },
    requestID: uuid(random),
    eventID: uuid(random),
    readOnly,
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: account,
    eventCategory: 'Management',
    tlsDetails: {
      tlsVersion: 'TLSv1.3',
      cipherSuite: 'TLS_AES_128_GCM_SHA256',
      clientProvidedHostHeader: `${service}.${region}.amazonaws.com`,
    },
  };
}

const people = ['casey', 'maria', 'noor', 'ines', 'tomas', 'priya', 'anders', 'yuki'];

/** A template with an hour, a caller and names of its own: its trouble stays what it is. */
function interesting(random: Random, time: string, template: Record<string, unknown>): object {
  // Some resources and some callers come back far more often than others.
  const often = Math.min(random(40), random(40));
  const text = JSON.stringify(template)
    .replaceAll(/\bexample-([a-z]+)/g, (_, name: string) => `${name}-${often}`)
    .replaceAll(/\b(casey|maria)\b/g, () => people[often % people.length] ?? '')
    .replaceAll(/\bsg-[0-9a-f]{14}(?=[0-9a-f]{3})/g, `sg-0123456789ab${String(often).padStart(2, '0')}`);
  return {
    ...(JSON.parse(text) as object),
    eventTime: time,
    ...(random(2) === 0 && { userAgent: pick(random, agents), sourceIPAddress: address(random) }),
    requestID: uuid(random),
    eventID: uuid(random),
  };
}

/** The records of one file, in the order of their times. */
export function* records(wish: Wish, file: number, all = templates()): Generator<object> {
  const random = seeded(wish.seed * 1_000_003 + file);
  const each = Math.ceil(wish.records / wish.files);
  const length = (wish.days * 86_400_000) / wish.files;
  for (let index = 0; index < Math.min(each, wish.records - file * each); index += 1) {
    const at = new Date(start + file * length + (index / each) * length).toISOString();
    const time = `${at.slice(0, 19)}Z`;
    yield random(wish.oneIn) === 0 ? interesting(random, time, pick(random, all)) : dull(random, time);
  }
}

/** Writes the files as CloudTrail lays them out; gives their paths and the size of their text in bytes. */
export function writeCorpus(folder: string, wish: Wish): { paths: readonly string[]; bytes: number } {
  const paths: string[] = [];
  let bytes = 0;
  const all = templates();
  for (let file = 0; file < wish.files; file += 1) {
    const text = JSON.stringify({ Records: [...records(wish, file, all)] });
    const when = new Date(start + (file * wish.days * 86_400_000) / wish.files).toISOString();
    const [day = '', clock = ''] = when.split('T');
    const stamp = `${day.replaceAll('-', '')}T${clock.slice(0, 5).replace(':', '')}Z`;
    const place = join(folder, 'AWSLogs', account, 'CloudTrail', region, ...day.split('-'));
    const name = `${account}_CloudTrail_${region}_${stamp}_${hex(seeded(file), 16)}.json.gz`;
    mkdirSync(place, { recursive: true });
    paths.push(join(place, name));
    bytes += Buffer.byteLength(text);
    writeFileSync(paths.at(-1) as string, gzipSync(text));
  }
  return { paths, bytes };
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: Object.fromEntries(
      ['records', 'files', 'one-in', 'days', 'seed'].map((name) => [name, { type: 'string' as const }]),
    ),
  });
  const number = (name: string, usual: number): number => {
    const given = Number(values[name] ?? usual);
    if (!Number.isSafeInteger(given) || given < 1)
      throw new Error(`--${name} ${values[name]}: expected a number from 1 on`);
    return given;
  };
  const [folder] = positionals;
  if (folder === undefined) throw new Error('expected a folder: node scripts/corpus.ts DIR');
  const wish = { records: number('records', 1_000_000), files: number('files', 500), oneIn: number('one-in', 1000) };
  const { paths, bytes } = writeCorpus(folder, { ...wish, days: number('days', 31), seed: number('seed', 1) });
  console.log(`${wish.records} records in ${paths.length} files, ${Math.round(bytes / 1e6)} MB of text, in ${folder}`);
}
