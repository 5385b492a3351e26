/**
 * The code of each function, as one bundle and what it imports only when it is needed. What does not depend on the
 * configuration is made once: until a source changes, the next build finds it in `.build/code`.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deserialize, serialize } from 'node:v8';
import { build as bundle, type Metafile, type Plugin } from 'esbuild';
import { allRules } from '../functions/deployment.ts';
import { hasFix } from '../shared/core/rule.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const cache = join(root, '.build/code');

/** A function's files, by name in alphabetical order, and how many bytes of them a cold start loads. */
export type Code = {
  readonly files: readonly { readonly name: string; readonly contents: Uint8Array }[];
  readonly loadedBytes: number;
};

/** Where the bundles expect the configuration: beside them. */
export const configFile = 'config.mjs';

/** @throws Error when a handler does not bundle */
export async function codeOf(rooms: readonly string[]): Promise<ReadonlyMap<string, Code>> {
  const folder = join(cache, await hashOfSources());
  const code = new Map<string, Code>();
  const left = [...rooms];
  // Few at once: each takes some hundred megabytes while it is made.
  const some = Array.from({ length: 4 }, async () => {
    for (let room = left.shift(); room !== undefined; room = left.shift()) code.set(room, await cached(folder, room));
  });
  await Promise.all(some);
  await forgetOthers(folder);
  return code;
}

async function cached(folder: string, room: string): Promise<Code> {
  const path = join(folder, room);
  const kept = await readFile(path).catch(() => null);
  if (kept !== null) return deserialize(kept) as Code;
  const code = await bundled(room);
  await mkdir(folder, { recursive: true });
  // Whole or not at all: another build may be reading.
  await writeFile(`${path}.${process.pid}`, serialize(code));
  await rename(`${path}.${process.pid}`, path);
  return code;
}

/** Of all that the bundles are made of; packages are pinned by the lockfile. */
async function hashOfSources(): Promise<string> {
  const hash = createHash('sha256').update(process.version);
  const folders = await Promise.all(
    ['functions', 'shared'].map((name) => readdir(join(root, name), { recursive: true, withFileTypes: true })),
  );
  const sources = folders
    .flat()
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name));
  for (const path of [...sources, join(root, 'scripts/bundle.ts'), join(root, 'package-lock.json')].sort())
    hash.update(`${relative(root, path)}\n`).update(await readFile(path));
  return hash.digest('hex').slice(0, 16);
}

async function forgetOthers(folder: string): Promise<void> {
  const kept = await readdir(cache).catch(() => []);
  const old = kept.map((name) => join(cache, name)).filter((path) => path !== folder);
  await Promise.all(old.map((path) => rm(path, { recursive: true, force: true })));
}

async function bundled(room: string): Promise<Code> {
  const out = join(root, '.build', room);
  const result = await bundle({
    entryPoints: [join(root, 'functions', room, 'handler.ts')],
    absWorkingDir: root,
    bundle: true,
    write: false,
    metafile: true,
    // What is imported when it is needed is a file of its own: a cold start does not read it. The SDK looks for
    // credentials in ways that Lambda has not, and has a client for each.
    splitting: true,
    platform: 'node',
    target: 'node24', // the Lambda runtime nodejs24.x; the SDK it brings is left unused, ours is pinned
    format: 'esm',
    mainFields: ['module', 'main'], // ES modules where a package has both: only they can be tree-shaken
    minify: true,
    keepNames: true, // errors are recognised and logged by their name
    treeShaking: true,
    legalComments: 'none',
    sourcemap: false,
    outdir: out, // not where it goes: the bytes depend on it
    entryNames: 'index',
    chunkNames: '[name]-[hash]',
    outExtension: { '.js': '.mjs' },
    // CommonJS dependencies call require() for Node's own modules, which an ES module has not.
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
    plugins: [besideConfig, ruleWords, plainSchemas],
    logLevel: 'silent', // failures are thrown, with the same text
  });
  const files = result.outputFiles
    .map(({ path, contents }) => ({ name: relative(out, path), contents }))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
  return { files, loadedBytes: loadedAtOnce(result.metafile, `.build/${room}/index.mjs`) };
}

/** The bytes of a bundle's entry, and of what it imports before anything is asked of it. */
function loadedAtOnce({ outputs }: Metafile, entry: string): number {
  const seen = new Set([entry]);
  // A set gives what is added while it is gone through, too.
  for (const file of seen)
    for (const { path, kind, external } of outputs[file]?.imports ?? [])
      if (kind === 'import-statement' && !external) seen.add(path);
  return [...seen].reduce((sum, file) => sum + (outputs[file]?.bytes ?? Number.NaN), 0);
}

/** The configuration is a file of its own, so that the code is the same under each. */
const besideConfig: Plugin = {
  name: 'beside-config',
  setup(build) {
    build.onResolve({ filter: /^firebreak:config$/ }, () => ({ path: `./${configFile}`, external: true }));
  },
};

/** For the page, which has no rules: they would bring the clients of all services along. */
const words = (): object =>
  Object.fromEntries(
    allRules()
      .filter(hasFix)
      .map(({ id, risk, mends, undoes }) => [id, { risk, mends, undoes }]),
  );

const ruleWords: Plugin = {
  name: 'rule-words',
  setup(build) {
    build.onResolve({ filter: /^firebreak:words$/ }, ({ path }) => ({ path, namespace: 'words' }));
    build.onLoad({ filter: /.*/, namespace: 'words' }, () => ({ contents: JSON.stringify(words()), loader: 'json' }));
  },
};

/**
 * The SDK's clients describe every request and answer of their service in one module. esbuild leaves out what no command
 * in use refers to, but for descriptions with a computed member, `{ [_xN]: _BDM }`, whose name might be anything as far as
 * it can tell. Each is a constant text of the same module: with that in its place EC2's bundle loses a third.
 */
const plainSchemas: Plugin = {
  name: 'plain-schemas',
  setup(build) {
    build.onLoad({ filter: /@aws-sdk[/\\]client-[^/\\]+[/\\]dist-es[/\\]schemas[/\\].+\.js$/ }, async ({ path }) => ({
      contents: plain(await readFile(path, 'utf8')),
      loader: 'js',
    }));
  },
};

function plain(text: string): string {
  const constants = new Map([...text.matchAll(/^const (\w+) = (".*");$/gm)].map(([, name, value]) => [name, value]));
  return text.replaceAll(/([{,]\s*)\[(\w+)\]:/g, (whole, before: string, name: string) =>
    constants.has(name) ? `${before}${constants.get(name)}:` : whole,
  );
}
