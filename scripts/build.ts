/**
 * Makes of each room's handler what Lambda runs: `.build/<room>/index.mjs`, with what is imported only when it is
 * needed beside it, and `.build/<room>.zip`.
 *
 *     node scripts/build.ts
 *
 * The configuration is beside the bundle: handlers import it as `firebreak:config`, so a deployed function holds
 * exactly the configuration it was deployed with, parsed and checked beforehand.
 */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { zipSync } from 'fflate';
import { loadConfig } from '../functions/deployment.ts';
import { type Code, codeOf, configFile } from './bundle.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** One built function: its room, the zip's path and size in bytes, and how many bytes of code a cold start loads. */
export type Built = { room: string; zip: string; zipBytes: number; loadedBytes: number };

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
  const code = [...(await codeOf(rooms))].sort(([one], [other]) => (one < other ? -1 : 1));
  return Promise.all(code.map(([room, of]) => buildRoom(room, of, out, config)));
}

async function buildRoom(room: string, code: Code, out: string, config: unknown): Promise<Built> {
  const dir = join(out, room);
  const settings = Buffer.from(`export default ${JSON.stringify(config)};`);
  const files = [{ name: configFile, contents: settings }, ...code.files];
  // A fixed time in the zip's own local-time fields, and modes that let Lambda's user read: the bytes depend on the code alone.
  const entry = { mtime: new Date(1980, 0, 1), os: 3, attrs: 0o100644 << 16, level: 9 } as const;
  const zip = zipSync(Object.fromEntries(files.map(({ name, contents }) => [name, [contents, entry] as const])));
  await rm(dir, { recursive: true, force: true });
  await mkdir(dir, { recursive: true });
  const path = join(out, `${room}.zip`);
  await Promise.all([
    ...files.map(({ name, contents }) => writeFile(join(dir, name), contents)),
    writeUnlessSame(path, zip),
  ]);
  return { room, zip: path, zipBytes: zip.length, loadedBytes: code.loadedBytes + settings.length };
}

/** The folders of `functions/` that hold a handler.ts, in alphabetical order. */
export async function roomsWithHandler(): Promise<string[]> {
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
  for (const { zip, zipBytes, loadedBytes } of built) {
    const sizes = `${(zipBytes / 1024).toFixed(0)} KB zipped, ${(loadedBytes / 1024).toFixed(0)} KB to load`;
    console.log(`${relative(root, zip)}  ${sizes}`);
  }
  console.log(`${built.length} functions built in ${((performance.now() - started) / 1000).toFixed(1)} s`);
}
