/**
 * npm test: types, lint, generated files, then all tests. What could not run is said plainly at the end; with
 * FIREBREAK_TEST_ALL=1 (CI) it is a failure. `--quick` (npm run check) leaves the emulators out.
 */
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findChromium } from './sandbox/chromium.ts';
import { findPython } from './sandbox/venv.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const quick = process.argv.includes('--quick');

type Step = { readonly name: string; readonly file: string; readonly args: readonly string[] };
const bin = (name: string): string => join(root, 'node_modules', name);
const vitest = (...projects: readonly string[]): Step => ({
  name: `tests: ${projects.join(', ')}`,
  file: bin('vitest/vitest.mjs'),
  args: ['run', ...projects.flatMap((project) => ['--project', project])],
});

/** One speaks while it runs; what another beside it printed comes whole when it ends. */
function start({ file, args }: Step, stdio: 'inherit' | 'pipe' = 'inherit'): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [file, ...args], { cwd: root, stdio: ['inherit', stdio, stdio] });
    const said: Buffer[] = [];
    child.stdout?.on('data', (chunk: Buffer) => void said.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => void said.push(chunk));
    child.on('error', () => resolve(false));
    child.on('close', (code) => {
      process.stdout.write(Buffer.concat(said));
      resolve(code === 0);
    });
  });
}

const missing: string[] = [];
const python = quick ? null : await findPython().catch(() => null);
if (!quick && python === null) missing.push('emulator and stack tests: they need Python 3.10 or newer on the PATH');
const chromium = python === null ? null : findChromium();
if (python !== null && chromium === null)
  missing.push('browser tests: they need Chromium on the PATH, or FIREBREAK_CHROMIUM to say where it is');

const tests: readonly Step[] =
  quick || python === null
    ? [vitest('unit')]
    : // Each with an account of its own, each as long as the other, and each waiting for emulators half of its time.
      [vitest('emulator', ...(chromium === null ? [] : ['browser'])), vitest('unit', 'stack')];
const steps: readonly Step[] = [
  { name: 'types', file: bin('typescript/bin/tsc'), args: ['-p', '.'] },
  { name: 'lint', file: bin('@biomejs/biome/bin/biome'), args: ['ci', '--colors=off', '.'] },
  { name: 'generated files', file: join(root, 'scripts/generate.ts'), args: ['--check'] },
];

const failed: string[] = [];
for (const step of steps) {
  console.log(`\n— ${step.name}`);
  if (!(await start(step))) failed.push(step.name);
}
console.log(`\n— ${tests.map(({ name }) => name).join('; beside it ')}`);
const passed = await Promise.all(tests.map((step, index) => start(step, index === 0 ? 'inherit' : 'pipe')));
failed.push(...tests.filter((_, index) => !passed[index]).map(({ name }) => name));
console.log();
for (const name of missing) console.log(`NOT RUN: ${name}`);
const bad = failed.length > 0 || (process.env['FIREBREAK_TEST_ALL'] === '1' && missing.length > 0);
console.log(
  `steps: ${steps.length + tests.length - failed.length} passed, ${failed.length} failed${failed.length > 0 ? ` (${failed.join('; ')})` : ''}`,
);
process.exitCode = bad ? 1 : 0;
