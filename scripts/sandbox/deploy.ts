/** Builds, packages and deploys the real serverless.yml into a running sandbox account. */
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from '../build.ts';
import type { Sandbox } from './sandbox.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** What a client of the deployed stack needs in its environment. */
export async function deployInto(
  sandbox: Sandbox,
  config: string,
  log: (line: string) => void,
): Promise<Record<string, string>> {
  const env = { ...sandbox.env, FIREBREAK_CONFIG: config, FIREBREAK_STACK: 'firebreak' };
  await build({ config });
  log('built: one bundle a function');
  await run('node', [join(root, 'node_modules/osls/bin/serverless.js'), 'deploy', '--region', sandbox.region], env);
  return env;
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
    child.stdout.on('data', (chunk: Buffer) => void (said.push(chunk), out.push(chunk)));
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
