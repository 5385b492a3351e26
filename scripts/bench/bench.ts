/**
 * npm run bench [-- --json FILE]: what one remediation costs, and a cold start of each function, against named yardsticks
 * measured in the same run, over the sandbox. A ratio travels between machines, a time does not. With --cold the cold
 * starts alone, without a sandbox.
 */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  CreateBucketCommand,
  DeletePublicAccessBlockCommand,
  PutBucketPolicyCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { build as bundle } from 'esbuild';
import { startWire } from '../../tests/support/wire.ts';
import { build } from '../build.ts';
import { deployInto } from '../sandbox/deploy.ts';
import { credentialsOf, startSandbox } from '../sandbox/sandbox.ts';
import { coldStarts } from './cold.ts';
import { line, median, type Row, row } from './row.ts';

type Ran = { seconds: number; peak: number; warm?: number[]; outcomes?: string[] };

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const runs = 7;
const warmEvents = 20;
const folder = mkdtempSync(join(tmpdir(), 'firebreak-bench-'));
const config = join(folder, 'firebreak.yml');
writeFileSync(config, 'preset: standard\nbreaker: {actor: 1000}\n');

function run(args: readonly string[], env: Record<string, string>): Promise<Ran> {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      args,
      { env: { PATH: process.env['PATH'] ?? '', ...env }, maxBuffer: 1 << 26 },
      (error, stdout, stderr) => {
        const seconds = (performance.now() - began) / 1000;
        if (error) return reject(new Error(`${args.join(' ')}: ${stderr || error.message}`));
        resolve({ seconds, ...(JSON.parse(stdout.trim().split('\n').at(-1) || '{}') as { peak: number }) });
      },
    );
  });
}

const { values } = parseArgs({ options: { json: { type: 'string' }, cold: { type: 'boolean' } } });

function report(rows: readonly Row[]): void {
  for (const one of rows) console.log(line(one));
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(rows, null, 2)}\n`);
}

if (values.cold) {
  report(await coldStarts(await build({ config, out: folder })));
  rmSync(folder, { recursive: true });
  process.exit();
}

const sandbox = await startSandbox({ log: console.error });
try {
  Object.assign(process.env, sandbox.env);
  await deployInto(sandbox, config, console.error);
  const s3 = new S3Client({});
  const {
    FunctionArn = '',
    Role = '',
    Environment,
  } = await new LambdaClient({}).send(new GetFunctionConfigurationCommand({ FunctionName: 'firebreak-s3' }));
  const keys = credentialsOf({ FunctionArn, Role });
  const wire = await startWire(sandbox.endpoint);
  const env = {
    ...sandbox.env,
    ...(Environment?.Variables ?? {}),
    BENCH_ARN: FunctionArn,
    AWS_ACCESS_KEY_ID: keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
    AWS_SESSION_TOKEN: keys.sessionToken,
  };
  // What was deployed was built aside: here is the bundle to run.
  const zips = await build({ config });
  const bareFile = join(folder, 'bare.mjs');
  await bundle({
    entryPoints: [join(root, 'scripts/bench/bare.ts')],
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    minify: true,
    splitting: true,
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
    logLevel: 'silent',
  });

  let made = 0;
  /** Opens a bucket of its own and gives the event that tells of it. */
  async function lit(): Promise<{ bucket: string; event: object }> {
    made += 1;
    const bucket = `bench-${made}`;
    const statement = (Sid: string, Principal: unknown) => ({
      Sid,
      Effect: 'Allow',
      Principal,
      Action: 's3:GetObject',
      Resource: `arn:aws:s3:::${bucket}/*`,
    });
    const policy = {
      Version: '2012-10-17',
      Statement: [
        statement('open', '*'),
        statement('ours', { AWS: `arn:aws:iam::${sandbox.account}:root` }),
        // One remediation is to be measured: s3/tls-only finds nothing to ask about.
        {
          Sid: 'tls',
          Effect: 'Deny',
          Principal: '*',
          Action: 's3:*',
          Resource: [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`],
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        },
      ],
    };
    await s3.send(new CreateBucketCommand({ Bucket: bucket }));
    await s3.send(new DeletePublicAccessBlockCommand({ Bucket: bucket }));
    await s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: JSON.stringify(policy) }));
    const detail = {
      eventVersion: '1.11',
      eventTime: new Date().toISOString(),
      eventSource: 's3.amazonaws.com',
      eventName: 'PutBucketPolicy',
      awsRegion: sandbox.region,
      eventType: 'AwsApiCall',
      eventID: randomUUID(),
      requestID: randomUUID(),
      recipientAccountId: sandbox.account,
      userIdentity: {
        type: 'IAMUser',
        arn: `arn:aws:iam::${sandbox.account}:user/bench-${made}`,
        userName: `bench-${made}`,
      },
      requestParameters: { bucketName: bucket, bucketPolicy: policy },
    };
    return {
      bucket,
      event: { version: '0', id: randomUUID(), source: 'aws.s3', 'detail-type': 'AWS API Call via CloudTrail', detail },
    };
  }
  const eventsFile = join(folder, 'events.json');
  async function remediate(count: number, endpoint: string): Promise<Ran> {
    const events = [];
    for (let n = 0; n < count; n += 1) events.push((await lit()).event);
    writeFileSync(eventsFile, JSON.stringify(events));
    const ran = await run([join(root, 'scripts/bench/function.ts'), join(root, '.build/s3/index.mjs'), eventsFile], {
      ...env,
      AWS_ENDPOINT_URL: endpoint,
    });
    if (ran.outcomes?.length !== count || ran.outcomes.some((one) => one !== 'fixed'))
      throw new Error(`expected ${count} fixed, found ${ran.outcomes}`);
    return ran;
  }

  // Interleaved, so that what else the machine does falls on all of them.
  const fresh: Ran[] = [];
  const bare: Ran[] = [];
  const nothing: Ran[] = [];
  for (let n = 0; n < runs; n += 1) {
    nothing.push(await run(['-e', '0'], {}));
    bare.push(await run([bareFile, (await lit()).bucket, String(n)], env));
    fresh.push(await remediate(1, sandbox.endpoint));
  }
  await remediate(1, wire.url);
  const requests = wire.log.map(({ service, operation }) => `${service} ${operation}`);
  const warm = await remediate(warmEvents, sandbox.endpoint);
  await wire.stop();

  const seconds = (all: readonly Ran[]): number => median(all.map((one) => one.seconds));
  const peak = (all: readonly Ran[]): number => median(all.map((one) => one.peak)) / 2 ** 20;
  const rows: Row[] = [
    row('node -e 0', seconds(nothing), 's'),
    row('the same calls by bare SDK, fresh process', seconds(bare), 's', 'node -e 0', seconds(nothing)),
    row('one remediation, fresh process', seconds(fresh), 's', 'node -e 0', seconds(nothing)),
    row(
      'one remediation, fresh process',
      seconds(fresh),
      's',
      'the same calls by bare SDK, fresh process',
      seconds(bare),
    ),
    row('one remediation, warm', median(warm.warm ?? []) / 1000, 's', 'one remediation, fresh process', seconds(fresh)),
    row('peak memory of one remediation', peak(fresh), 'MiB', 'the same calls by bare SDK, fresh process', peak(bare)),
    row('HTTP requests of one remediation', requests.length, 'requests', 'aim: 10', 10),
    ...zips.map(({ room, zipBytes }) => row(`zip of ${room}`, zipBytes / 1024, 'KB', 'aim: 350 KB', 350)),
  ];
  report([...rows, ...(await coldStarts(zips))]);
  console.log(`\nthe requests: ${requests.join(', ')}`);
} finally {
  await sandbox.stop();
  rmSync(folder, { recursive: true });
}
