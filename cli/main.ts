#!/usr/bin/env node
/** The command line: which command, with what exit code. Exit codes: 0 done, 1 something failed or was unreadable, 2 wrong usage or configuration. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { keepCode } from './backtest/absent.ts';

type Module = {
  define(command: Command): Command;
  run(args: readonly string[], options: never): Promise<number>;
};

// Loaded only when asked for: the rules bring the SDK's clients along.
const commands: { readonly [name: string]: () => Promise<Module> } = {
  rules: () => import('./rules.ts'),
  classify: () => import('./classify.ts'),
  patterns: () => import('./patterns.ts'),
  invoke: () => import('./invoke.ts'),
  incidents: () => import('./incidents.ts'),
  approve: () => import('./approve.ts'),
  exempt: () => import('./exempt.ts'),
  leave: () => import('./leave.ts'),
  undo: () => import('./undo.ts'),
  redrive: () => import('./redrive.ts'),
  pause: () => import('./pause.ts'),
  resume: () => import('./resume.ts'),
  exemptions: () => import('./exemptions.ts'),
  roles: () => import('./roles.ts'),
  backtest: () => import('./backtest.ts'),
  promote: () => import('./promote.ts'),
};

const about = `
Exit codes:
  0  done
  1  something failed, or could not be read
  2  wrong usage, or a firebreak.yml that is not valid

Example:
  $ npx firebreak classify --json trail-logs/*.json.gz

DEBUG=1 shows the stack trace of an error. The reference is docs/cli.md.`;

async function main(argv: readonly string[]): Promise<number> {
  const wanted = argv.find((word) => Object.hasOwn(commands, word));
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  const program = new Command('firebreak')
    .description('Puts out fires in AWS accounts, proves it, and can take it back.')
    .version(version)
    .addHelpText('after', about)
    .showHelpAfterError('next: firebreak --help')
    .exitOverride();
  let exit = 0;
  for (const [name, load] of Object.entries(commands)) {
    if (wanted !== undefined && name !== wanted) continue;
    const { define, run } = await load();
    const command = define(program.command(name)).exitOverride().showHelpAfterError(`next: firebreak ${name} --help`);
    command.action(async () => {
      exit = await run(command.args, command.opts() as never);
    });
  }
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    // Commander has said it already; help and version end this way too.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
  return exit;
}

async function failed(error: unknown): Promise<number> {
  const { explain } = await import('./explain.ts');
  const { lines, exit } = explain(error, process.env['FIREBREAK_STACK'] || 'firebreak');
  for (const line of lines) process.stderr.write(`firebreak: ${line}\n`);
  if (process.env['DEBUG'] === '1') process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  return exit;
}

let over = false;
// `| head` closes the pipe before the end: nothing is wrong, and nobody is left to tell.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  over = true;
  process.exit(process.exitCode ?? 0);
});
// Where nothing is left to wait for, Node ends, whether the command was done or not: that must not pass for success.
process.on('exit', (code) => {
  if (over) return;
  process.stderr.write(
    'firebreak: ended before the command was done, perhaps for want of memory. Next: try it again\n',
  );
  if (code === 0) process.exitCode = 1;
});

keepCode();
process.exitCode = await main(process.argv.slice(2)).catch(failed);
over = true;
