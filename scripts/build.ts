/**
 * Bundles each room's handler into what Lambda runs: `.build/<room>/index.mjs` and `.build/<room>.zip`.
 *
 *     node scripts/build.ts
 *
 * The configuration is part of the bundle: handlers import it as `firebreak:config`, so a deployed function holds
 * exactly the configuration it was deployed with, parsed and checked beforehand.
 */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build as bundle, type Plugin } from 'esbuild';
import { zipSync } from 'fflate';
import { allRules, loadConfig } from '../functions/deployment.ts';
import { hasFix } from '../shared/core/rule.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** One built function: its room, the zip's path and size in bytes, and the bundle's size in bytes before compression. */
export type Built = { room: string; zip: string; zipBytes: number; bundleBytes: number };

/**
 * Builds the bundle and the zip of every `functions/<room>/handler.ts`. The same sources, configuration and package
 * versions give the same bytes, on any machine, so an unchanged function is not deployed again.
 *
 * @param o.config path of the configuration; default `FIREBREAK_CONFIG`, else `firebreak.yml`
 * @param o.out directory for the results; default `.build`, which serverless.yml expects
 * @returns one entry a room, in the rooms' alphabetical order
 * @throws Error when the configuration is wrong or a handler does not bundle
 */
export async function build(o: { config?: string; out?: string } = {}): Promise<Built[]> {
  const out = resolve(root, o.out ?? '.build');
  const path = o.config ?? process.env['FIREBREAK_CONFIG'] ?? 'firebreak.yml';
  const config = await loadConfig(resolve(root, path));
  const rooms = await roomsWithHandler();
  await mkdir(out, { recursive: true });
  return Promise.all(rooms.map((room) => buildRoom(room, out, config)));
}

async function buildRoom(room: string, out: string, config: unknown): Promise<Built> {
  const dir = join(out, room);
  const result = await bundle({
    entryPoints: [join(root, 'functions', room, 'handler.ts')],
    absWorkingDir: root,
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node24', // the Lambda runtime nodejs24.x; the SDK it brings is left unused, ours is pinned
    format: 'esm',
    mainFields: ['module', 'main'], // ES modules where a package has both: only they can be tree-shaken
    minify: true,
    keepNames: true, // errors are recognised and logged by their name
    treeShaking: true,
    legalComments: 'none',
    sourcemap: false,
    outfile: join(dir, 'index.mjs'),
    // CommonJS dependencies call require() for Node's own modules, which an ES module has not.
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
    plugins: [dataModule('config', config), dataModule('words', words()), plainSchemas],
    logLevel: 'silent', // failures are thrown, with the same text
  });
  const code = result.outputFiles[0];
  if (!code) throw new Error(`esbuild gave no output for functions/${room}/handler.ts`);
  const zip = zipSync({
    // A fixed time in the zip's own local-time fields, and modes that let Lambda's user read: the bytes depend on the code alone.
    'index.mjs': [code.contents, { mtime: new Date(1980, 0, 1), os: 3, attrs: 0o100644 << 16, level: 9 }],
  });
  await rm(dir, { recursive: true, force: true });
  await mkdir(dir, { recursive: true });
  const path = join(out, `${room}.zip`);
  await Promise.all([writeFile(join(dir, 'index.mjs'), code.contents), writeUnlessSame(path, zip)]);
  return { room, zip: path, zipBytes: zip.length, bundleBytes: code.contents.length };
}

/** Resolves `firebreak:NAME` to data: the parsed configuration, and what rules say of their fixes. */
function dataModule(what: 'config' | 'words', data: unknown): Plugin {
  const name = `firebreak:${what}`;
  return {
    name,
    setup(build) {
      build.onResolve({ filter: new RegExp(`^${name}$`) }, () => ({ path: name, namespace: name }));
      build.onLoad({ filter: /.*/, namespace: name }, () => ({ contents: JSON.stringify(data), loader: 'json' }));
    },
  };
}

/** For the page, which has no rules: they would bring the clients of all services along. */
const words = () =>
  Object.fromEntries(
    allRules()
      .filter(hasFix)
      .map(({ id, risk, mends, undoes }) => [id, { risk, mends, undoes }]),
  );

/**
 * The SDK's clients describe every request and answer of their service in one module. esbuild leaves out what no command
 * in use refers to, but for descriptions with a computed member, `{ [_xN]: _BDM }`, whose name might be anything as far as
 * it can tell. Each is a constant text of the same module: with that in its place EC2's bundle loses a third.
 */
const plainSchemas: Plugin = {
  name: 'plain-schemas',
  setup(build) {
    build.onLoad({ filter: /@aws-sdk[/\\]client-[^/\\]+[/\\]dist-es[/\\]schemas[/\\].+\.js$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      const constants = new Map(
        [...text.matchAll(/^const (\w+) = (".*");$/gm)].map(([, name, value]) => [name, value]),
      );
      const contents = text.replaceAll(/([{,]\s*)\[(\w+)\]:/g, (whole, before: string, name: string) =>
        constants.has(name) ? `${before}${constants.get(name)}:` : whole,
      );
      return { contents, loader: 'js' };
    });
  },
};

/** The folders of `functions/` that hold a handler.ts, in alphabetical order. */
async function roomsWithHandler(): Promise<string[]> {
  const folders = await readdir(join(root, 'functions'), { withFileTypes: true });
  const rooms: string[] = [];
  for (const folder of folders) {
    if (!folder.isDirectory()) continue;
    const files = await readdir(join(root, 'functions', folder.name));
    if (files.includes('handler.ts')) rooms.push(folder.name);
  }
  return rooms.sort();
}

/** Leaves the file, and its time, alone when it holds these bytes already. */
async function writeUnlessSame(path: string, bytes: Uint8Array): Promise<void> {
  const old = await readFile(path).catch(() => null);
  if (!old?.equals(bytes)) await writeFile(path, bytes);
}

if (import.meta.main) {
  const started = performance.now();
  const built = await build().catch((error: unknown) => {
    // A wrong configuration is the person's to mend: its message says where, a stack does not.
    if (!(error instanceof Error && error.name === 'ConfigError')) throw error;
    console.error(error.message);
    process.exit(2);
  });
  for (const { zip, zipBytes, bundleBytes } of built) {
    const sizes = `${(zipBytes / 1024).toFixed(0)} KB zipped, ${(bundleBytes / 1024).toFixed(0)} KB to load`;
    console.log(`${relative(root, zip)}  ${sizes}`);
  }
  console.log(`${built.length} functions built in ${((performance.now() - started) / 1000).toFixed(1)} s`);
}
