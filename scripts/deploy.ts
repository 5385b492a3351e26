/**
 * Deploys this checkout to an AWS account: says where to and what it may do there, builds, and hands over to osls.
 *
 *     npm run deploy -- --region eu-west-1             needs the permissions of docs/deploy-policy.json
 *     npm run deploy -- --region eu-west-1 --dry-run   builds and packages, and changes nothing in AWS
 */
import { spawnSync } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CloudTrailClient, DescribeTrailsCommand, GetTrailStatusCommand } from '@aws-sdk/client-cloudtrail';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { deafWarnings } from '../cli/deaf.ts';
import { allRules, loadConfig, mayWrite } from '../functions/deployment.ts';
import { client } from '../shared/aws/client.ts';
import { speaks } from '../shared/config/own.ts';
import { type Config, modeOf } from '../shared/core/mode.ts';
import { hasFix } from '../shared/core/rule.ts';
import { plain } from '../shared/notify/plain.ts';
import { build } from './build.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const usage = `usage: npm run deploy -- --region REGION [--dry-run]

  --region   where to deploy, such as eu-west-1; without it AWS_REGION
  --dry-run  build and package into .serverless, change nothing in AWS

FIREBREAK_STACK names another stack than firebreak, FIREBREAK_CONFIG another configuration than firebreak.yml.`;

type Asked = { readonly region: string; readonly dryRun: boolean };

function asked(words: readonly string[]): Asked | { readonly exit: number; readonly says: string } {
  try {
    const { values } = parseArgs({
      args: [...words],
      options: { region: { type: 'string' }, 'dry-run': { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
    });
    if (values.help) return { exit: 0, says: usage };
    const region = values.region ?? process.env['AWS_REGION'];
    if (region && /^[a-z]{2,4}(-[a-z]+)+-\d+$/.test(region)) return { region, dryRun: values['dry-run'] === true };
    return {
      exit: 2,
      says: `deploy: found ${region ? JSON.stringify(region) : 'no region'}, expected one such as eu-west-1\n\n${usage}`,
    };
  } catch (error) {
    return { exit: 2, says: `deploy: ${(error as Error).message}\n\n${usage}` };
  }
}

/** The lines that say what the stack may do once it is deployed. */
function powers(config: Config, stack: string, region: string): readonly string[] {
  const rules = allRules();
  const acting = rules.filter((rule) => mayWrite(config, rule.id));
  const rest = rules.filter((rule) => !acting.includes(rule));
  return [
    `stack     ${stack}, preset ${config.preset}`,
    ...acting.map((rule, index) => `${index === 0 ? 'may write ' : '          '}${rule.id} (${modeOf(config, rule)})`),
    ...(acting.length === 0 ? ['may write nothing: no role holds a permission to change anything'] : []),
    `tells     ${rest.length} rules; ${rest.filter(hasFix).length} of them say what they would do`,
    `people    ${
      config.operators.length > 0 ? config.operators.join(', ') : 'whom IAM in the account lets'
    } may assume ${stack}-operator-${region}, to read, approve and pause`,
  ];
}

async function whoAmI(region: string): Promise<{ readonly account: string; readonly arn: string }> {
  const { Account = 'unknown', Arn = 'unknown' } = await client(STSClient, region).send(
    new GetCallerIdentityCommand({}),
  );
  return { account: Account, arn: Arn };
}

/**
 * Whether events will arrive: EventBridge gets management events only while a trail logs them ("AWS service events
 * delivered via AWS CloudTrail", Amazon EventBridge User Guide). Says nothing where one does.
 */
async function trailWarning(region: string): Promise<readonly string[]> {
  try {
    const trails = client(CloudTrailClient, region);
    const { trailList = [] } = await trails.send(new DescribeTrailsCommand({}));
    for (const { TrailARN } of trailList) {
      const status = await trails.send(new GetTrailStatusCommand({ Name: TrailARN })).catch(() => null);
      if (status?.IsLogging) return [];
    }
    return [`warning: no trail logs in ${region}: without one EventBridge gets no events, and no rule can fire`];
  } catch (error) {
    return [
      `warning: whether a trail logs in ${region} could not be seen (${(error as Error).name}); without one no rule can fire`,
    ];
  }
}

function osls(words: readonly string[]): number {
  const bin = join(root, 'node_modules/.bin/osls');
  // The osls of this checkout, on the Node that runs this: serverless.cjs needs 24.
  const path = `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`;
  const { status, error } = spawnSync(bin, words, { cwd: root, stdio: 'inherit', env: { ...process.env, PATH: path } });
  if (error) console.error(`deploy: osls did not start (${error.message}). Next: npm ci`);
  return status ?? 1;
}

async function deploy({ region, dryRun }: Asked): Promise<number> {
  const stack = process.env['FIREBREAK_STACK'] || 'firebreak';
  // The same file as build.ts and serverless.ts take, wherever this is run.
  const config = loadConfig(resolve(root, process.env['FIREBREAK_CONFIG'] || 'firebreak.yml'));
  if (!dryRun) {
    const { account, arn } = await whoAmI(region);
    console.log(`account   ${plain(account, 20)}, as ${plain(arn, 200)}`);
  }
  console.log([`region    ${region}`, ...powers(config, stack, region)].join('\n'));
  for (const warning of [...deafWarnings(allRules(), region), ...(dryRun ? [] : await trailWarning(region))])
    console.warn(warning);
  const built = await build();
  console.log(`built     ${built.length} functions\n`);
  const status = osls(dryRun ? ['package', '--region', region] : ['deploy', '--region', region]);
  if (status !== 0) return status;
  console.log(dryRun ? `\nNothing was changed. Next: npm run deploy -- --region ${region}` : next(config, region));
  return 0;
}

const next = ({ channels }: Config, region: string): string => `
Deployed. Next:
  ${told(channels)}
  AWS_REGION=${region} npx firebreak incidents    what has happened
  npx firebreak rules                         what is watched, and what may act`;

function told(channels: Config['channels']): string {
  const { email, amazonQ } = channels;
  const said = [
    ...(email.length > 0
      ? [`${email.length} addresses were asked to confirm: until they do, they are told nothing`]
      : []),
    ...(amazonQ ? ['subscribe Amazon Q to the topic that ends in -chat: docs/channels.md'] : []),
  ];
  if (said.length > 0) return said.join('\n  ');
  return speaks({ channels })
    ? 'the channels of firebreak.yml are told: docs/channels.md'
    : 'nobody is told yet: name channels in firebreak.yml (docs/channels.md), and deploy again';
}

/** A fault that the person at the keyboard can mend. */
function explained(error: unknown): { readonly says: string; readonly exit: number } | null {
  if (!(error instanceof Error)) return null;
  if (error.name === 'ConfigError') return { says: error.message, exit: 2 };
  if (/Credential|ExpiredToken|InvalidClientToken|SSO|SignatureDoesNotMatch/.test(error.name))
    return {
      says: `deploy: AWS does not know you (${error.name}: ${error.message}). Next: aws sso login, or set AWS_PROFILE`,
      exit: 1,
    };
  return null;
}

const request = asked(process.argv.slice(2));
if ('exit' in request) {
  (request.exit === 0 ? console.log : console.error)(request.says);
  process.exit(request.exit);
}
try {
  process.exit(await deploy(request));
} catch (error) {
  const told = explained(error);
  if (!told) throw error;
  console.error(told.says);
  process.exit(told.exit);
}
