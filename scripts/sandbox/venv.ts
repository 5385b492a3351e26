/** The sandbox's Python environment: `.venv/` at the root of the repository, made from the hashed requirements.txt. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { lock } from './lock.ts';

const run = promisify(execFile);
const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(dirname(here));
const requirements = join(here, 'requirements.txt');

/** Oldest Python that MiniStack and moto run on. */
const oldest = [3, 10] as const;
const candidates = ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python3.10', 'python'];

/**
 * Makes sure that `.venv/` holds exactly what requirements.txt pins, and says where its programs are.
 *
 * The first call takes some 20 s and 340 MB and needs a package index; later ones take milliseconds. The environment
 * is made again when requirements.txt or the environment's Python is not the one it was made with. When two processes
 * call at once, one makes it and the other waits.
 *
 * @param log takes progress, one line a call, without a line end
 * @returns the absolute path of the environment's bin directory: `python`, `cfn-lint`, ...
 * @throws Error when no Python 3.10 or newer is found, or when making the environment fails; the message says what next
 */
export async function ensureVenv(log: (line: string) => void = () => {}): Promise<string> {
  const venv = join(root, '.venv');
  const bin = join(venv, 'bin');
  const wanted = createHash('sha256')
    .update(await readFile(requirements))
    .digest('hex');
  if (await isMadeFrom(venv, wanted)) return bin;
  await mkdir(venv, { recursive: true });
  const release = await lock(join(venv, '.lock'), 'making .venv', log);
  try {
    if (await isMadeFrom(venv, wanted)) return bin; // another process made it while this one waited
    await make(venv, wanted, log);
    return bin;
  } finally {
    await release();
  }
}

/** Whether the environment was finished, from requirements with this hash, and its Python still starts. */
async function isMadeFrom(venv: string, hash: string): Promise<boolean> {
  const stamp = await readFile(join(venv, '.requirements.sha256'), 'utf8').catch(() => '');
  // stat follows the link: false when the Python that the environment was made with is gone
  return stamp.trim() === hash && (await exists(join(venv, 'bin', 'python')));
}

async function make(venv: string, hash: string, log: (line: string) => void): Promise<void> {
  const python = await findPython();
  const started = performance.now();
  for (const name of await readdir(venv)) {
    if (name !== '.lock') await rm(join(venv, name), { recursive: true, force: true });
  }
  log(`making .venv with Python ${python.version}`);
  await runVisibly(python.path, ['-m', 'venv', venv], () => {}).catch((error: Error) => {
    throw new Error(
      `${python.path} -m venv .venv failed: ${error.message}\n` +
        'Expected: a Python with the venv and ensurepip modules. Next, on Debian and Ubuntu: apt install python3-venv',
    );
  });
  const names = (await readFile(requirements, 'utf8')).match(/^[A-Za-z0-9][^=\s]*(?===)/gm);
  const total = new Set(names).size; // some have another version on another Python
  log(`installing the sandbox's packages into .venv (once, about ${total}, in some 20 s)`);
  // The hashed list is complete, so nothing is resolved: --no-deps. It names no index: pip's own configuration does.
  const pip = ['-m', 'pip', 'install', '--no-deps', '--require-hashes', '--no-input', '--disable-pip-version-check'];
  let collected = 0;
  await runVisibly(join(venv, 'bin', 'python'), [...pip, '-r', requirements], (line) => {
    if (line.startsWith('Collecting ')) {
      collected += 1;
      if (collected % 15 === 0) log(`  ${collected} packages fetched`);
    }
    if (line.startsWith('Installing collected')) log('  unpacking them');
  }).catch((error: Error) => {
    throw new Error(
      `installing scripts/sandbox/requirements.txt failed: ${error.message}\n` +
        'Expected: a package index that pip can reach. Next: try again, or install by hand: ' +
        '.venv/bin/python -m pip install --no-deps --require-hashes -r scripts/sandbox/requirements.txt',
    );
  });
  await writeFile(join(venv, '.requirements.sha256'), `${hash}\n`);
  log(`.venv is ready after ${((performance.now() - started) / 1000).toFixed(0)} s`);
}

/** The first Python on the PATH that is new enough. */
export async function findPython(): Promise<{ path: string; version: string }> {
  const tried: string[] = [];
  for (const path of candidates) {
    try {
      const { stdout } = await run(path, ['-c', 'import platform; print(platform.python_version())']);
      const version = stdout.trim();
      const [major = 0, minor = 0] = version.split('.').map(Number);
      if (major === oldest[0] && minor >= oldest[1]) return { path, version };
      tried.push(`${path} is ${version}`);
    } catch {
      // not on the PATH, or not a Python: the next candidate
    }
  }
  throw new Error(
    `found no Python 3.10 or newer on the PATH (${tried.length > 0 ? tried.join(', ') : 'none at all'}). The sandbox ` +
      'account runs on it. Next: install one (apt install python3 python3-venv, brew install python) and try again',
  );
}

/** Runs a program, handing on its output line by line; throws with the last lines when it fails. */
async function runVisibly(path: string, args: string[], onLine: (line: string) => void): Promise<void> {
  const child: ChildProcess = spawn(path, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const last: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (!stream) continue;
    createInterface({ input: stream }).on('line', (line) => {
      last.push(line);
      if (last.length > 12) last.shift();
      onLine(line);
    });
  }
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`it ended with ${signal ?? `code ${code}`}\n${last.join('\n')}`));
    });
  });
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
