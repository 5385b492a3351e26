/**
 * The sandbox account: MiniStack with IAM enforced, and moto for the services that it lacks, on the loopback.
 * What each stands in for, and what was mended, is in launch.py.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, openSync, rmSync } from 'node:fs';
import { mkdtemp, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ensureVenv } from './venv.ts';

const launcher = join(dirname(fileURLToPath(import.meta.url)), 'launch.py');
const account = '123456789012';
const region = 'us-east-1';
const adminUser = 'sandbox-admin';

/** How long a server may take to answer its first request, in milliseconds. */
const patience = 30_000;

/**
 * The services that MiniStack lacks, by the suffix that the SDKs and the CLI put behind AWS_ENDPOINT_URL_. What goes to
 * moto is not checked against IAM policies.
 */
const atMoto = [
  'EC2',
  'SSO_ADMIN',
  'AUTO_SCALING',
  'ELASTIC_LOAD_BALANCING_V2',
  'RDS',
  'REDSHIFT',
  'GUARDDUTY',
  'SECURITYHUB',
  'S3_CONTROL',
  'ORGANIZATIONS',
  'CONFIG_SERVICE',
  'ECR',
  'SSM',
] as const;

/** A running sandbox account. */
export type Sandbox = {
  /**
   * What a client process needs in its environment to work in this account as its administrator, an IAM user named
   * sandbox-admin: endpoints, region, credentials. Spread it over `process.env`; it also hides the person's own
   * profiles and the metadata service, so that no call can reach a real account.
   */
  env: Record<string, string>;
  /** MiniStack's URL: http://127.0.0.1:PORT, without a slash at its end. */
  endpoint: string;
  /** moto's URL, in the same form. */
  moto: string;
  account: '123456789012';
  region: string;
  /** Stops the servers and removes their state; resolves when they are gone; may be called twice. */
  stop(): Promise<void>;
  /** Process ids of the servers, MiniStack's first. */
  pids: number[];
};

type Server = { name: 'ministack' | 'moto'; url: string; child: ChildProcess; log: string };

/**
 * Starts a sandbox account of its own: free ports, an empty state in a temporary directory, nothing shared with others
 * that run at the same time.
 *
 * The servers end with `stop()`, and with this process, however that ends: each watches a pipe that this process holds.
 *
 * @param o.log takes progress, one line a call
 * @param o.retrySeconds wait before Lambda's first retry of a failed event, in seconds (AWS: 60, then 120); default 1,
 *   doubling
 * @throws Error when Python is missing or a server does not start; the message holds the end of its log
 */
export async function startSandbox(o: { log?: (line: string) => void; retrySeconds?: number } = {}): Promise<Sandbox> {
  const log = o.log ?? (() => {});
  const bin = await ensureVenv(log);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await start(bin, o.retrySeconds ?? 1, log);
    } catch (error) {
      // A port that was free when asked for can be taken before the server binds it.
      if (attempt === 3 || !/already in use/i.test(String(error))) throw error;
    }
  }
}

/**
 * The credentials that a function deployed to a sandbox works with, as MiniStack derives them: the very session of its
 * role, with the role's policies enforced. Lets a test or the demo make one call as that function.
 *
 * @param f what lambda:GetFunctionConfiguration answers: the function's and its role's ARN
 */
export function credentialsOf(f: { FunctionArn: string; Role: string }): {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
} {
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
  const digest = sha256(`${f.FunctionArn}:${f.Role}`);
  return {
    accessKeyId: `ASIA${digest.slice(0, 16).toUpperCase()}`,
    secretAccessKey: sha256(`secret:${digest}`),
    sessionToken: sha256(`token:${digest}`),
  };
}

async function start(bin: string, retrySeconds: number, log: (line: string) => void): Promise<Sandbox> {
  const started = performance.now();
  const dir = await mkdtemp(join(tmpdir(), 'firebreak-sandbox-'));
  const [port, motoPort] = await freePorts(2);
  const endpoint = `http://127.0.0.1:${port}`;
  const moto = `http://127.0.0.1:${motoPort}`;
  const key = `AKIA${randomBytes(8).toString('hex').toUpperCase()}`;
  const secret = randomBytes(20).toString('hex');
  const hidden = {
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: join(dir, 'no-config'),
    AWS_SHARED_CREDENTIALS_FILE: join(dir, 'no-credentials'),
    ...Object.fromEntries(atMoto.map((service) => [`AWS_ENDPOINT_URL_${service}`, moto])),
  };
  // The servers, and through MiniStack the Lambda workers, get this and nothing of the person's own environment.
  const serverEnv = {
    ...hidden,
    // MiniStack runs the first node on the PATH: this one, whose version package.json pins to that of nodejs24.x.
    PATH: [dirname(process.execPath), bin, '/usr/local/bin', '/usr/bin', '/bin'].join(delimiter),
    HOME: dir,
    TMPDIR: dir,
    LANG: 'C.UTF-8',
    PYTHONUNBUFFERED: '1',
    PYTHONDONTWRITEBYTECODE: '1',
    SANDBOX_DIR: dir,
  };
  const ministackEnv = {
    ...serverEnv,
    GATEWAY_PORT: String(port),
    BIND_HOST: '127.0.0.1', // every address otherwise
    MINISTACK_HOST: '127.0.0.1', // in queue URLs and the like
    MINISTACK_ACCOUNT_ID: account,
    MINISTACK_REGION: region,
    AUTH: 'true', // signatures and IAM policies are enforced
    LAMBDA_EXECUTOR: 'local',
    DOCKER_HOST: `unix://${join(dir, 'no-docker.sock')}`,
    STATE_DIR: join(dir, 'state'),
    S3_DATA_DIR: join(dir, 's3'),
    SFTP_ENABLED: '0',
    IOT_MTLS_ENABLED: '0',
    SANDBOX_ADMIN_USER: adminUser,
    SANDBOX_ADMIN_KEY: key,
    SANDBOX_ADMIN_SECRET: secret,
    SANDBOX_RETRY_SECONDS: String(retrySeconds),
  };
  const servers = [
    launch('ministack', endpoint, bin, dir, ministackEnv),
    launch('moto', moto, bin, dir, { ...serverEnv, SANDBOX_MOTO_PORT: String(motoPort) }),
  ];
  const onExit = () => {
    // Nothing can be awaited here. The pipes end the servers anyway; this only makes it immediate.
    for (const { child } of servers) if (child.exitCode === null) child.kill('SIGKILL');
    rmSync(dir, { recursive: true, force: true });
  };
  process.once('exit', onExit);
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= stopAll(servers, dir).finally(() => process.removeListener('exit', onExit));
    return stopping;
  };
  try {
    await Promise.all(servers.map(answers));
  } catch (error) {
    await stop();
    throw error;
  }
  log(`sandbox account ${account} is up at ${endpoint} after ${((performance.now() - started) / 1000).toFixed(1)} s`);
  return {
    env: {
      ...hidden,
      AWS_ENDPOINT_URL: endpoint,
      AWS_ACCESS_KEY_ID: key,
      AWS_SECRET_ACCESS_KEY: secret,
      ...emptied('AWS_SESSION_TOKEN', 'AWS_PROFILE', 'AWS_DEFAULT_PROFILE'),
      SLS_AWS_MONITORING_FREQUENCY: '200', // osls looks at the stack every 5 s otherwise, which is most of a deployment here
    },
    endpoint,
    moto,
    account,
    region,
    stop,
    pids: servers.flatMap(({ child }) => child.pid ?? []),
  };
}

function launch(name: Server['name'], url: string, bin: string, dir: string, env: Record<string, string>): Server {
  const log = join(dir, `${name}.log`);
  const out = openSync(log, 'a');
  // detached: an interrupt typed at the terminal reaches this process alone, which then stops the servers in order.
  const child = spawn(join(bin, 'python'), [launcher, name], {
    env,
    cwd: dir,
    detached: true,
    stdio: ['pipe', out, out],
  });
  closeSync(out);
  child.on('error', () => {}); // `answers` tells of it
  child.stdin?.on('error', () => {});
  // Neither the server nor the pipe keeps this process alive.
  child.unref();
  (child.stdin as unknown as { unref?(): void } | null)?.unref?.();
  return { name, url, child, log };
}

/** Resolves once the server answers HTTP; throws with the end of its log when it has ended or takes too long. */
async function answers(server: Server): Promise<void> {
  const until = performance.now() + patience;
  const path = server.name === 'ministack' ? '/_ministack/health' : '/moto-api/';
  for (;;) {
    const { exitCode, signalCode, pid } = server.child;
    const gone = pid === undefined || exitCode !== null || signalCode !== null;
    if (gone || performance.now() > until) {
      const tail = (await readFile(server.log, 'utf8').catch(() => '')).trimEnd().split('\n').slice(-20).join('\n');
      const what = gone ? `ended with ${signalCode ?? `code ${exitCode}`}` : `gave no answer in ${patience / 1000} s`;
      throw new Error(
        `the sandbox's ${server.name} ${what} instead of serving ${server.url}. The end of its log:\n${tail}`,
      );
    }
    const response = await fetch(server.url + path, { signal: AbortSignal.timeout(2000) }).catch(() => null);
    await response?.arrayBuffer();
    if (response && response.status < 500) return;
    await sleep(25);
  }
}

/** Closes the servers' pipes, which ends them; one that has not ended after five seconds is killed, by its id. */
async function stopAll(servers: Server[], dir: string): Promise<void> {
  await Promise.all(
    servers.map(async ({ child }) => {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.ref();
      child.stdin?.end();
      const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
      await ended;
      clearTimeout(timer);
    }),
  );
  rmSync(dir, { recursive: true, force: true });
}

/**
 * Those of these variables that the person has set, made empty: a session token would be sent with the sandbox's key,
 * and a profile makes SDK v3 pass the environment's credentials over. Not set where unset, since the AWS CLI looks even
 * for the profile with the empty name.
 */
function emptied(...names: string[]): Record<string, string> {
  return Object.fromEntries(names.filter((name) => process.env[name]).map((name) => [name, '']));
}

/** Ports of the loopback that nobody listens on. */
async function freePorts(count: number): Promise<number[]> {
  const open = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    }),
  );
  const ports = open.map((server) => (server.address() as { port: number }).port);
  await Promise.all(open.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
