/**
 * Asks EventBridge's own engine (github.com/aws/event-ruler) which deployed pattern matches which event of `events/`,
 * and writes its verdicts to tests/verdicts/patterns.json, with hashes of what it was asked about.
 *
 *     npm run verdicts              needs Java 17 or newer and Maven on the PATH; Maven fetches the engine
 *     npm run verdicts -- --check   writes nothing, fails where the engine says something else than the file
 *
 * Only renewing needs Java: tests/unit/verdicts.test.ts reads the file, and fails when it is stale.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rooms } from '../functions/rooms.ts';
import { type Pattern, patternsOf } from '../shared/core/route.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const pom = 'scripts/ruler/pom.xml';
const program = 'scripts/ruler/Verdicts.java';
export const verdictsFile = 'tests/verdicts/patterns.json';

/** A deployed pattern: the function that it wakes and that one's rules, its text as deployed, and the text's SHA-256. */
export type Deployed = Pattern & {
  readonly function: string;
  readonly rules: readonly string[];
  readonly text: string;
  readonly sha256: string;
};
/** An event file: its path from the root of the repository, its text, and the text's SHA-256. */
export type EventText = { readonly path: string; readonly text: string; readonly sha256: string };

/** The functions that a pattern wakes, by the pattern's hash. */
type Woken = { readonly [sha256: string]: string };

/** Every pattern was put to every event; `matches` holds those that matched. */
export type Verdicts = {
  readonly generated: string;
  /** Maven's coordinates of the engine. */
  readonly engine: string;
  readonly patterns: Woken;
  readonly events: { readonly [path: string]: { readonly sha256: string; readonly matches: Woken } };
};

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The patterns of every function, in the order of the functions. */
export const deployedPatterns = (): readonly Deployed[] =>
  Object.entries(rooms).flatMap(([name, rules]) =>
    patternsOf(rules).map((one) => {
      const text = JSON.stringify(one.pattern);
      return { ...one, function: name, rules: rules.map(({ id }) => id), text, sha256: hash(text) };
    }),
  );

/** Two functions may be woken by the same pattern. */
export const wokenBy = (patterns: readonly Deployed[]): Woken =>
  Object.fromEntries(
    [...Map.groupBy(patterns, ({ sha256 }) => sha256)].map(([sha256, alike]) => [
      sha256,
      alike.map((one) => one.function).join(', '),
    ]),
  );

/** Every `fires-*.json` and `quiet-*.json`, in the order of their paths. */
export const eventTexts = (): readonly EventText[] =>
  readdirSync(join(root, 'events'), { recursive: true, encoding: 'utf8' })
    .map((path) => posix.join('events', path.replaceAll('\\', '/')))
    .filter((path) => /\/(fires|quiet)-[^/]*\.json$/.test(path))
    .sort()
    .map((path) => {
      const text = readFileSync(join(root, path), 'utf8');
      return { path, text, sha256: hash(text) };
    });

/** The engine that pom.xml names. */
export function engineOf(): string {
  const text = readFileSync(join(root, pom), 'utf8');
  const [, group, artifact, version] =
    /<dependency>\s*<groupId>(.+?)<\/groupId>\s*<artifactId>(.+?)<\/artifactId>\s*<version>(.+?)<\/version>/.exec(
      text,
    ) ?? [];
  if (!version) throw new Error(`${pom}: found no dependency, expected the engine with its version`);
  return `${group}:${artifact}:${version}`;
}

/** Runs a program to its end with this input. Throws with what it complained of. */
function run(file: string, args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd: root, stdio: ['pipe', 'pipe', 'pipe'] });
    const heard = { out: '', err: '' };
    child.stdout.setEncoding('utf8').on('data', (part: string) => (heard.out += part));
    child.stderr.setEncoding('utf8').on('data', (part: string) => (heard.err += part));
    child.stdin.on('error', () => {}); // a program that ends early says why by its exit code
    child.on('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'ENOENT'
          ? new Error(
              `found no ${file} on the PATH, expected Java 17 or newer and Maven. The committed verdicts stay as they are`,
            )
          : error,
      ),
    );
    child.on('close', (code) =>
      code === 0 ? resolve(heard.out) : reject(new Error(`${file} ended with ${code}:\n${heard.err || heard.out}`)),
    );
    child.stdin.end(input);
  });
}

/** The engine's verdicts on all patterns and events as they are now. Throws where Java or Maven is missing. */
export async function renewed(): Promise<Verdicts> {
  const [patterns, events, engine] = [deployedPatterns(), eventTexts(), engineOf()];
  await run('java', ['--version']);
  const jars = join('.build/ruler', engine.replaceAll(':', '-'));
  mkdirSync(join(root, jars), { recursive: true });
  await run('mvn', [
    ...['--quiet', '--batch-mode', '--file', pom],
    ...['dependency:copy-dependencies', `-DoutputDirectory=${join(root, jars)}`],
  ]);
  const asked = JSON.stringify({ patterns: patterns.map(({ text }) => text), events: events.map(({ text }) => text) });
  const paths = readdirSync(join(root, jars)).map((jar) => join(jars, jar));
  const answer = JSON.parse(await run('java', ['-cp', paths.join(delimiter), program], asked)) as number[][];
  return {
    generated: 'by scripts/ruler.ts, from the engine’s answers. Do not edit: npm run verdicts',
    engine,
    patterns: wokenBy(patterns),
    events: Object.fromEntries(
      events.map(({ path, sha256 }, index) => {
        const matched = answer[index];
        if (!matched) throw new Error(`found no answer on ${path}, expected one`);
        return [path, { sha256, matches: wokenBy(patterns.filter((_, number) => matched.includes(number))) }];
      }),
    ),
  };
}

if (import.meta.main) {
  const path = join(root, verdictsFile);
  const old = existsSync(path) ? readFileSync(path, 'utf8') : '';
  try {
    const verdicts = await renewed();
    const text = `${JSON.stringify(verdicts, null, 2)}\n`;
    const counted = `${Object.keys(verdicts.patterns).length} patterns on ${Object.keys(verdicts.events).length} events, by ${verdicts.engine}`;
    if (text === old) console.log(`nothing to write: ${verdictsFile} is what the engine says; ${counted}`);
    else if (process.argv.includes('--check'))
      throw new Error(`${verdictsFile} is not what the engine says. Next: npm run verdicts`);
    else {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
      console.log(`written: ${verdictsFile}; ${counted}`);
    }
  } catch (error) {
    console.error(`verdicts: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
