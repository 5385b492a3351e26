/** npm run sandbox: an account with the stack deployed, up until Ctrl-C, and how to play with it. */
import { rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { configPath } from '../../shared/config/load.ts';
import { deployInto } from './deploy.ts';
import { startSandbox } from './sandbox.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const file = join(root, '.sandbox.env');
const config = process.env['FIREBREAK_CONFIG'] ? configPath() : join(root, 'scripts/demo/firebreak.yml');
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const sandbox = await startSandbox({ log: say });
// Nothing else keeps this process: the servers' pipes and the handlers do not.
const hold = setInterval(() => {}, 2 ** 30);
try {
  say(`deploying serverless.yml with ${config} …`);
  const env = await deployInto(sandbox, config, say);
  const exports = Object.entries(env).map(([name, value]) => `export ${name}='${value}'`);
  // Keys of an account that exists on this machine only, and ends with this process.
  writeFileSync(file, `${exports.join('\n')}\n`, { mode: 0o600 });
  say(`
The sandbox account ${sandbox.account} is up, with Firebreak deployed (configuration: ${config}).
In another terminal, in this folder:

  source .sandbox.env
  npm run light -- s3/public-policy     # a fire of the demo: real calls, and the event of it on the bus
  npx firebreak incidents
  npx firebreak undo ID

Any AWS CLI or SDK works here, too. No emulator makes CloudTrail events by itself: put one on the bus for the call that you
made, as scripts/demo/light.ts does.
Ctrl-C ends it and takes everything away.`);
  await new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
} finally {
  clearInterval(hold);
  rmSync(file, { force: true });
  await sandbox.stop();
}
say('the sandbox is gone');
