/** One process at a time. */
import { open, readFile, rm, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Takes a lock file that holds the owner's process id; waits while its owner lives.
 * @param what the owner does meanwhile, for those who wait
 * @returns what gives it back
 */
export async function lock(
  path: string,
  what: string,
  log: (line: string) => void = () => {},
): Promise<() => Promise<void>> {
  let told = false;
  for (;;) {
    try {
      const file = await open(path, 'wx');
      await file.writeFile(String(process.pid));
      await file.close();
      return () => rm(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const owner = Number(await readFile(path, 'utf8').catch(() => '0'));
    const age = Date.now() - ((await stat(path).catch(() => null))?.mtimeMs ?? Date.now());
    // An empty file is one whose owner has not written its id yet, or never will.
    if (owner > 0 ? !isAlive(owner) : age > 5000) {
      await rm(path, { force: true });
      continue;
    }
    if (!told) log(`waiting for process ${owner || '?'}, which is ${what}`);
    told = true;
    await sleep(250);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
