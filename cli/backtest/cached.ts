/** Where this command keeps what it may lose: `$XDG_CACHE_HOME/firebreak`, a folder of the caller's own. */
import { homedir } from 'node:os';
import { join } from 'node:path';

export const cached = (name: string): string =>
  join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'firebreak', name);
