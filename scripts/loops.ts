/**
 * Could one fix wake another, round and round? For each rule with a fix: the calls that its lens may make, by the names that
 * CloudTrail gives them, and every rule that listens to one of these. Drawn in docs/loops.md.
 *
 * The engine knows its own writes by their request ids and leaves their events alone. This check is for the day on which it
 * does not: then a circle of rules must come to rest by itself. It does so where
 * - the woken rule only tells, or
 * - all rules of the circle write the same lens. What was written is then what they want of it: by the lens laws each safe
 *   state wants nothing more (tests/support/laws.ts, "desire is idempotent", "fix twice writes once"), and several are
 *   composed before anything is written (`compose` in shared/core/work.ts), or
 * - the woken rule finds nothing in the event of that write, as `quiet` below says and the tests show.
 * Any other circle fails tests/unit/loops.test.ts. For the rules whose events show the whole state it also goes the way: it
 * makes the writes, gives their events to all rules, and must come to rest before it has been round the circle once.
 *
 * Not followed: findings and other events that a state, not a call, gives rise to.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hasFix, type Rule, type RuleId } from '../shared/core/rule.ts';

export type Called = { readonly service: string; readonly name: string };

export type Edge = {
  readonly from: RuleId;
  readonly to: RuleId;
  /** CloudTrail's names of the calls. */
  readonly names: readonly string[];
  /** Why it goes no further; `passes on` where it may. */
  readonly rests: 'only tells' | 'same lens' | 'quiet' | 'passes on';
};

/**
 * Rules of different lenses that write by the same call, each its own members: none of them finds anything in the event of
 * another's write. Shown by the writes themselves in tests/unit/loops.test.ts.
 */
export const quiet: readonly { readonly call: string; readonly rules: readonly RuleId[] }[] = [
  { call: 'ModifyDBInstance', rules: ['rds/deletion-protection', 'rds/public-instance'] },
  { call: 'SetTopicAttributes', rules: ['sns/public-policy', 'sns/unencrypted'] },
  { call: 'SetQueueAttributes', rules: ['sqs/public-policy', 'sqs/unencrypted'] },
];

/**
 * Actions that are not the name of an API call, and the calls that they allow; none for a permission that no event shows. By
 * the service authorization reference of each service.
 */
const apis: { readonly [action: string]: readonly string[] } = {
  'iam:PassRole': [],
  // Of the caller of wafv2:AssociateWebACL: AWS WAF Developer Guide, "Permissions for AssociateWebACL".
  'apigateway:SetWebACL': [],
  'appsync:SetWebACL': [],
  'cognito-idp:AssociateWebACL': [],
  'elasticloadbalancing:SetWebAcl': [],
  // Of the caller who has a service deliver logs: Amazon EC2 user guide, "Publish flow logs to CloudWatch Logs".
  'logs:CreateLogDelivery': [],
  'budgets:ModifyBudget': ['CreateBudget', 'UpdateBudget', 'DeleteBudget'],
  's3:PutAccountPublicAccessBlock': ['PutPublicAccessBlock', 'DeletePublicAccessBlock'],
  's3:PutBucketPublicAccessBlock': ['PutPublicAccessBlock', 'DeletePublicAccessBlock'],
  's3:PutObjectVersionAcl': ['PutObjectAcl'],
  's3:PutEncryptionConfiguration': ['PutBucketEncryption', 'DeleteBucketEncryption'],
  's3:PutReplicationConfiguration': ['PutBucketReplication'],
  's3:PutLifecycleConfiguration': ['PutBucketLifecycleConfiguration', 'DeleteBucketLifecycle'],
};

/**
 * Calls that CloudTrail names otherwise than the API. S3: Amazon S3 User Guide, "Amazon S3 CloudTrail events", and recorded
 * events (real-events). Lambda: AWS Lambda Developer Guide, "Logging AWS Lambda API calls using AWS CloudTrail".
 */
const trails: { readonly [action: string]: { readonly [api: string]: string } } = {
  's3:PutAccountPublicAccessBlock': {
    PutPublicAccessBlock: 'PutAccountPublicAccessBlock',
    DeletePublicAccessBlock: 'DeleteAccountPublicAccessBlock',
  },
  's3:PutBucketPublicAccessBlock': {
    PutPublicAccessBlock: 'PutBucketPublicAccessBlock',
    DeletePublicAccessBlock: 'DeleteBucketPublicAccessBlock',
  },
  's3:PutLifecycleConfiguration': { PutBucketLifecycleConfiguration: 'PutBucketLifecycle' },
  'lambda:AddPermission': { AddPermission: 'AddPermission20150331v2' },
  'lambda:RemovePermission': { RemovePermission: 'RemovePermission20150331v2' },
  'lambda:UpdateFunctionCode': { UpdateFunctionCode: 'UpdateFunctionCode20150331v2' },
  'lambda:UpdateFunctionConfiguration': { UpdateFunctionConfiguration: 'UpdateFunctionConfiguration20150331v2' },
};

/** CloudTrail's eventSource where it is not the prefix of the actions: CloudTrail User Guide, each service's own page. */
const sources: { readonly [prefix: string]: string } = { cloudwatch: 'monitoring' };

/** The SDK's packages whose name is not the prefix of the actions. */
const packages: { readonly [prefix: string]: readonly string[] } = {
  'access-analyzer': ['accessanalyzer'],
  autoscaling: ['auto-scaling'],
  cloudhsm: ['cloudhsm-v2'],
  'cognito-idp': ['cognito-identity-provider'],
  config: ['config-service'],
  cur: ['cost-and-usage-report-service'],
  elasticloadbalancing: ['elastic-load-balancing-v2'],
  es: ['opensearch'],
  events: ['eventbridge'],
  logs: ['cloudwatch-logs'],
  route53domains: ['route-53-domains'],
  s3: ['s3', 's3-control'],
  secretsmanager: ['secrets-manager'],
  sso: ['sso-admin'],
};

const commands = join(dirname(dirname(fileURLToPath(import.meta.url))), 'node_modules/@aws-sdk');

/** Whether the SDK has a command of this name for this prefix. */
const isCall = (prefix: string, name: string): boolean =>
  (packages[prefix] ?? [prefix]).some((one) =>
    existsSync(join(commands, `client-${one}/dist-types/commands/${name}Command.d.ts`)),
  );

/** The calls that an action allows, as CloudTrail names them, by the API's names. */
export function callsOf(action: string): ReadonlyMap<string, Called> {
  const [prefix = '', own = ''] = action.split(':');
  const names = apis[action] ?? [own];
  const service = `${sources[prefix] ?? prefix}.amazonaws.com`;
  return new Map(names.map((name) => [name, { service, name: trails[action]?.[name] ?? name }]));
}

/** Actions whose calls the SDK does not have: `apis` must say which they are. */
export const unnamed = (rules: readonly Rule[]): readonly string[] =>
  rules.filter(hasFix).flatMap(({ permissions: { write } }) =>
    write.flatMap(({ actions }) =>
      actions.filter((action) => {
        const [prefix = ''] = action.split(':');
        return [...callsOf(action).keys()].some((name) => !isCall(prefix, name));
      }),
    ),
  );

/** All that a rule's fix may call. */
const writesOf = (rule: Rule): readonly Called[] =>
  hasFix(rule)
    ? rule.permissions.write.flatMap(({ actions }) => actions.flatMap((action) => [...callsOf(action).values()]))
    : [];

const hears = (rule: Rule, { service, name }: Called): boolean =>
  rule.triggers.some((trigger) => trigger.kind === 'call' && trigger.service === service && trigger.name === name);

export function edgesOf(rules: readonly Rule[]): readonly Edge[] {
  const sorted = [...rules].sort((a, b) => (a.id < b.id ? -1 : 1));
  return sorted.filter(hasFix).flatMap((from) =>
    sorted.flatMap((to) => {
      const names = [...new Set(writesOf(from).flatMap((call) => (hears(to, call) ? [call.name] : [])))].sort();
      return names.length === 0 ? [] : [{ from: from.id, to: to.id, names, rests: restOf(from, to) }];
    }),
  );
}

function restOf(from: Rule, to: Rule): Edge['rests'] {
  if (!hasFix(to)) return 'only tells';
  if (from.fix?.lens.id === to.fix.lens.id) return 'same lens';
  return quiet.some(({ rules }) => rules.includes(from.id) && rules.includes(to.id)) ? 'quiet' : 'passes on';
}

/** From a rule all that can be woken, one after the other, by edges that pass on. */
function reached(edges: readonly Edge[], start: string): ReadonlySet<string> {
  const seen = new Set<string>();
  const todo = [start];
  for (let one = todo.pop(); one !== undefined; one = todo.pop())
    for (const { from, to } of edges)
      if (from === one && !seen.has(to)) {
        seen.add(to);
        todo.push(to);
      }
  return seen;
}

/**
 * Circles that nothing brings to rest: sets of rules each of which can wake all others. An edge within one lens is walked
 * too: a circle that leaves the lens and comes back is none that the lens settles.
 */
export function openCircles(edges: readonly Edge[]): readonly (readonly string[])[] {
  const walked = edges.filter(({ rests }) => rests === 'same lens' || rests === 'passes on');
  const ends = new Map<string, ReadonlySet<string>>(walked.map(({ from }) => [from, reached(walked, from)]));
  const circles = [...ends].flatMap(([id, far]) => {
    if (!far.has(id)) return [];
    return [[...far].filter((other) => ends.get(other)?.has(id)).sort()];
  });
  const distinct = [...new Map(circles.map((circle) => [circle.join(' '), circle])).values()];
  return distinct.filter((circle) =>
    walked.some(({ from, to, rests }) => rests === 'passes on' && circle.includes(from) && circle.includes(to)),
  );
}

const words: { readonly [rests in Edge['rests']]: string } = {
  'only tells': 'ends: it only tells',
  'same lens': 'comes to rest: both want the same lens to be as it is then',
  quiet: 'ends: it finds nothing in that event',
  'passes on': 'may go on from there',
};

/** How many there are, in a sentence or two. */
export function counted(pairs: number, ending: number, circles: number): string {
  const all = `${pairs} ${pairs === 1 ? 'pair' : 'pairs'}, of which ${ending} ${ending === 1 ? 'ends' : 'end'} at a rule that only tells.`;
  return `${all} ${circles === 0 ? 'No circle' : `${circles} ${circles === 1 ? 'circle' : 'circles'}`} that nothing brings to rest.`;
}

export function loopsPage(rules: readonly Rule[], banner: string): string {
  const edges = edgesOf(rules);
  const acting = edges.filter(({ rests }) => rests !== 'only tells');
  const ids = [...new Set(acting.flatMap(({ from, to }) => [from, to]))].sort();
  const node = (id: string): string => id.replace(/[^a-z0-9]/g, '_');
  return [
    `<!-- ${banner} -->`,
    '# Which fix can wake which rule',
    '',
    'Firebreak knows the events of its own writes by their request ids, and leaves them alone. This is what would happen if',
    'it did not: a fix’s calls, and the rules that listen to them. `scripts/loops.ts` works it out from the permissions and',
    'the triggers, and says when a circle comes to rest; a circle that does not fails the tests.',
    '',
    counted(edges.length, edges.length - acting.length, openCircles(edges).length),
    '',
    '## Among rules that act',
    '',
    '```mermaid',
    'flowchart LR',
    ...ids.map((id) => `  ${node(id)}["${id}"]`),
    ...acting.map(({ from, to, rests }) => `  ${node(from)} ${rests === 'passes on' ? '-->' : '-.->'} ${node(to)}`),
    '```',
    '',
    'A dashed arrow goes no further.',
    '',
    '## All pairs',
    '',
    '| the fix of | calls | wakes | and then |',
    '| --- | --- | --- | --- |',
    ...edges.map(
      ({ from, to, names, rests }) =>
        `| ${from} | ${names.map((name) => `\`${name}\``).join(', ')} | ${to === from ? 'itself' : to} | ${words[rests]} |`,
    ),
    '',
  ].join('\n');
}
