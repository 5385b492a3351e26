/** The CloudFormation template that osls makes of serverless.yml, under a configuration. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from '../../scripts/build.ts';
import { run } from '../../scripts/sandbox/deploy.ts';

export type Statement = {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: readonly string[];
  readonly Resource: unknown;
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

/** Packages under the text of a firebreak.yml; `check` may look at the template's file before it goes. */
export async function packaged(config: string, check?: (file: string) => Promise<void>): Promise<Template> {
  const folder = mkdtempSync(join(tmpdir(), 'firebreak-package-'));
  try {
    const file = join(folder, 'firebreak.yml');
    writeFileSync(file, config);
    await build({ config: file });
    const out = join(folder, 'package');
    mkdirSync(out);
    await run('node', ['node_modules/osls/bin/serverless.js', 'package', '--package', out, '--region', 'us-east-1'], {
      FIREBREAK_CONFIG: file,
      AWS_EC2_METADATA_DISABLED: 'true',
    });
    const template = join(out, 'cloudformation-template-update-stack.json');
    await check?.(template);
    return JSON.parse(readFileSync(template, 'utf8')) as Template;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** All statements of a room's role. */
export function statementsOf(template: Template, room: string): readonly Statement[] {
  const role = Object.values(template.Resources).find(
    ({ Type, Properties }) =>
      Type === 'AWS::IAM::Role' && JSON.stringify(Properties['RoleName'] ?? '').includes(`-${room}-`),
  );
  const policies = (role?.Properties['Policies'] ?? []) as { PolicyDocument: { Statement: Statement[] } }[];
  return policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
}
