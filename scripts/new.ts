/**
 * The scaffold of a new rule: its file, an event that fires it and a quiet twin, and all that is generated from it. It
 * runs in its room's function, or in `watch` as long as the room's rules only tell.
 *
 *     npm run new -- s3/versioning-suspended
 *
 * The rule compiles and tells. Its words are empty, and until they are written the registry test fails.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const name = /^[a-z][a-z0-9]*(-[a-z0-9]+)*\/(?!(handler|rules)$)[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

const camel = (words: string): string => words.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** What the rule is called in code: a single word, which might be JavaScript's own, with its room before it. */
const called = (room: string, rule: string): string => camel(rule.includes('-') ? rule : `${room}-${rule}`);

const ruleTs = (room: string, rule: string): string => `import { arn } from '../../shared/aws/arn.ts';
import { text } from '../../shared/core/json.ts';
import { calls, rule } from '../../shared/core/rule.ts';

export const ${called(room, rule)} = rule({
  id: '${room}/${rule}',
  // A few words, from a capital to no full stop: what happened.
  title: '',
  severity: 'medium',
  // A sentence or two: why it matters.
  why: '',
  // N only tells. With a fix: G breaks nothing, A may act, C asks, 1 is one-way; then the compiler asks for the rest.
  class: 'N',
  breaks: 'nothing',
  responsibility: 'platform, applications, identity and access management',
  // None is better than one without a page that maps it to this trouble.
  controls: [],
  // CloudTrail's eventSource and eventName, from a recorded event: the name is not always the API's.
  triggers: calls('${room}.amazonaws.com', 'WriteMe'),
  detect(signal) {
    if (signal.kind !== 'call') return [];
    const name = text(signal.request, 'name');
    if (name === undefined) return [];
    const resource = arn(signal, '${room}', name);
    return [{ target: { name }, resource, reason: \`\${signal.name} on \${name}\`, certainty: 'certain' }];
  },
});
`;

function event(room: string, refused: boolean): string {
  const detail = {
    eventVersion: '1.11',
    userIdentity: {
      type: 'AssumedRole',
      principalId: 'AROAEXAMPLEADMIN:lee',
      arn: 'arn:aws:sts::111122223333:assumed-role/Admin/lee',
      accountId: '111122223333',
      accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
    },
    eventTime: '2026-03-02T08:31:07Z',
    eventSource: `${room}.amazonaws.com`,
    eventName: 'WriteMe',
    awsRegion: 'eu-west-1',
    sourceIPAddress: '198.51.100.23',
    userAgent: 'aws-cli/2.31.0',
    ...(refused && { errorCode: 'AccessDenied' }),
    requestParameters: { name: 'example' },
    responseElements: null,
    requestID: 'c3d36ca9-49ce-5f02-b1ac-e7438301d9e2',
    eventID: '64a3a997-b66b-5e9b-a095-d556429d5cff',
    readOnly: false,
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: '111122223333',
    eventCategory: 'Management',
  };
  const envelope = {
    version: '0',
    id: '24b1b53d-e393-5589-bdfb-24f7c731bf01',
    'detail-type': 'AWS API Call via CloudTrail',
    source: `aws.${room}`,
    account: '111122223333',
    time: '2026-03-02T08:31:07Z',
    region: 'eu-west-1',
    resources: [],
    detail,
  };
  return `${JSON.stringify(envelope, null, 2)}\n`;
}

/** What to write, by path, or why not. */
function scaffold(words: readonly string[]): ReadonlyMap<string, string> | string {
  const [id, ...more] = words;
  const usage =
    'expected one rule as room/what-happened, in small letters, such as: npm run new -- s3/versioning-suspended';
  if (id === undefined) return `found no name, ${usage}`;
  if (more.length > 0) return `found ${words.length} names, ${usage}`;
  if (!name.test(id)) return `found ${JSON.stringify(id)}, ${usage}`;
  const [room = '', rule = ''] = id.split('/');
  const file = `functions/${id}.ts`;
  const taken = [file, `events/${id}`].find((path) => existsSync(join(root, path)));
  if (taken !== undefined) return `found ${taken}, expected a rule that does not exist yet`;
  if (room === 'watch') return `found ${JSON.stringify(id)}, which is the function of rooms that only tell, ${usage}`;
  return new Map([
    [file, ruleTs(room, rule)],
    [`events/${id}/fires-1.json`, event(room, false)],
    [`events/${id}/quiet-1.json`, event(room, true)],
  ]);
}

const files = scaffold(process.argv.slice(2));
if (typeof files === 'string') {
  console.error(`new: ${files}`);
  process.exit(2);
}
for (const [path, text] of files) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text, { flag: 'wx' });
  console.log(`written: ${path}`);
}
const generated = spawnSync(process.execPath, [join(root, 'scripts/generate.ts')], { stdio: 'inherit' });
if (generated.status !== 0) {
  console.error('new: the files are written, but generating the rest failed. Next: npm run generate');
  process.exit(1);
}
console.log(`
Next: write the empty words, the trigger and detect in ${[...files.keys()][0]};
      put recorded shapes with synthetic ids into the two events; then: npm run generate && npm run check`);
