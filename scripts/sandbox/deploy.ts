/** Builds, packages and deploys the real serverless.yml into a running sandbox account. */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from '../build.ts';
import { lock } from './lock.ts';
import type { Sandbox } from './sandbox.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** What a client of the deployed stack needs in its environment. */
export async function deployInto(
  sandbox: Sandbox,
  config: string,
  log: (line: string) => void,
): Promise<Record<string, string>> {
  const env = { ...sandbox.env, FIREBREAK_CONFIG: config, FIREBREAK_STACK: 'firebreak' };
  // A folder of its own: two that deploy at once must not get each other's configuration.
  const folder = await mkdtemp(join(tmpdir(), 'firebreak-deploy-'));
  try {
    await build({ config, out: folder });
    log('built: one bundle a function');
    const built = { ...env, FIREBREAK_BUILD: folder };
    const args = ['--package', join(folder, 'package'), '--region', sandbox.region];
    await osls(['package', ...args], built);
    await osls(['deploy', ...args], built);
  } finally {
    await rm(folder, { recursive: true });
  }
  return env;
}

/** osls works in `.serverless/` of the repository, whatever it is told: two at once would take each other's templates. */
export async function osls(args: readonly string[], env: Record<string, string>): Promise<void> {
  await mkdir(join(root, '.build'), { recursive: true });
  const release = await lock(join(root, '.build/osls.lock'), `running osls ${args[0]}`);
  try {
    await run('node', [join(root, 'node_modules/osls/bin/serverless.js'), ...args], env);
  } finally {
    await release();
  }
}

/** Runs a program in the repository; gives its standard output, or throws with the end of what it said. */
export function run(command: string, args: readonly string[], env: Record<string, string>): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command === 'node' ? process.execPath : command, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const said: Buffer[] = [];
    const out: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => {
      said.push(chunk);
      out.push(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => void said.push(chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(Buffer.concat(out).toString());
      else
        reject(
          new Error(
            `${[command, ...args].join(' ')} ended with ${code}:\n${Buffer.concat(said).toString().split('\n').slice(-25).join('\n')}`,
          ),
        );
    });
  });
}
