/** npm run light -- RULE: lights one of the demo's fires in a sandbox that npm run sandbox keeps up. */
import { fires, put } from './fires.ts';

const [wanted] = process.argv.slice(2);
const fire = fires.find(({ rule }) => rule === wanted);
// Never by mistake in a real account: the sandbox's environment names its endpoint.
const endpoint = process.env['AWS_ENDPOINT_URL'] ?? '';
if (!fire || !endpoint.startsWith('http://127.0.0.1:')) {
  const names = fires.map(({ rule }) => rule).join(', ');
  console.error(
    fire
      ? 'found no sandbox in the environment; next: npm run sandbox, and in this terminal: source .sandbox.env'
      : `expected one of ${names}; found ${wanted ?? 'nothing'}`,
  );
  process.exit(2);
}
console.log(fire.what);
await put(await fire.light());
console.log('its event is on the bus; next: npx firebreak incidents');
