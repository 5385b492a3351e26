/** The CloudFormation template that osls makes of serverless.yml, under a configuration. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Built, build } from '../../scripts/build.ts';
import { osls } from '../../scripts/sandbox/deploy.ts';

export type Statement = {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: readonly string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
};
export type Template = {
  readonly Resources: {
    readonly [id: string]: {
      readonly Type: string;
      readonly Properties: Record<string, unknown>;
      readonly DeletionPolicy?: string;
    };
  };
};

/** Packages under the text of a firebreak.yml; `check` may look at the template's file before it goes, and at what was built. */
export async function packaged(
  config: string,
  check?: (file: string, built: readonly Built[]) => Promise<void>,
): Promise<Template> {
  const folder = mkdtempSync(join(tmpdir(), 'firebreak-package-'));
  try {
    const file = join(folder, 'firebreak.yml');
    writeFileSync(file, config);
    const built = await build({ config: file, out: join(folder, 'build') });
    const out = join(folder, 'package');
    mkdirSync(out);
    await osls(['package', '--package', out, '--region', 'us-east-1'], {
      FIREBREAK_CONFIG: file,
      FIREBREAK_BUILD: join(folder, 'build'),
      AWS_EC2_METADATA_DISABLED: 'true',
    });
    const template = join(out, 'cloudformation-template-update-stack.json');
    await check?.(template, built);
    return JSON.parse(readFileSync(template, 'utf8')) as Template;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What CloudFormation fills in, of a deployment named firebreak in us-east-1: `Fn::Sub`, and the queue's ARN, at every depth. */
export function filled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(filled);
  if (typeof value !== 'object' || value === null) return value;
  const [only, ...others] = Object.entries(value);
  if (others.length === 0 && only?.[0] === 'Fn::Sub' && typeof only[1] === 'string')
    return only[1].replace(/\$\{(!?)([^}]+)\}/g, (_, kept: string, name: string) =>
      kept ? `\${${name}}` : (pseudo[name] ?? name),
    );
  if (others.length === 0 && only?.[0] === 'Fn::GetAtt' && String(only[1]) === 'DeadLetters,Arn')
    return 'arn:aws:sqs:us-east-1:123456789012:firebreak-dead-letters';
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, filled(member)]));
}
const pseudo: Readonly<Record<string, string>> = {
  'AWS::Partition': 'aws',
  'AWS::AccountId': '123456789012',
  'AWS::Region': 'us-east-1',
  'AWS::StackName': 'firebreak',
};

/** All statements of a room's role. */
export function statementsOf(template: Template, room: string): readonly Statement[] {
  const role = Object.values(template.Resources).find(
    ({ Type, Properties }) =>
      Type === 'AWS::IAM::Role' && JSON.stringify(Properties['RoleName'] ?? '').includes(`-${room}-`),
  );
  const policies = (role?.Properties['Policies'] ?? []) as { PolicyDocument: { Statement: Statement[] } }[];
  return policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
}
