/** The policies of a room's function as they are deployed, with nothing left out because of its mode. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { partsOf, type Room } from '../../scripts/serverless.ts';
import { standard } from './toys.ts';

const account = '123456789012';
const region = 'us-east-1';
const pseudo: Readonly<Record<string, string>> = {
  'AWS::Partition': 'aws',
  'AWS::AccountId': account,
  'AWS::Region': region,
  'AWS::StackName': 'firebreak',
};

export type Statement = {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: unknown;
};
export type Policy = {
  readonly name: string;
  readonly document: { readonly Version: string; readonly Statement: readonly Statement[] };
};

/** What the room's rules were given (`read`, `write`) and what no role may do (`never`), pseudo-parameters filled in. */
export function policiesOf(room: string): readonly Policy[] {
  const file = join(import.meta.dirname, '../../functions', room, 'function.yml');
  const parts = partsOf(
    [parse(readFileSync(file, 'utf8')) as Room],
    { ...standard, preset: 'strict', rooms: { [room]: 'on' } },
    'firebreak',
  );
  // The operator's role is in the same template.
  const role = Object.values(parts.resources.Resources).find(
    (one) =>
      one['Type'] === 'AWS::IAM::Role' && JSON.stringify(one['Properties']).includes(`\${AWS::StackName}-${room}-`),
  ) as {
    Properties: { Policies: readonly { PolicyName: string; PolicyDocument: unknown }[] };
  };
  return role.Properties.Policies.filter(({ PolicyName }) => PolicyName !== 'own').map(
    ({ PolicyName, PolicyDocument }) => ({
      name: PolicyName,
      document: filled(PolicyDocument) as Policy['document'],
    }),
  );
}

/** CloudFormation's `Fn::Sub` carried out, at every depth. */
function filled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(filled);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [only] = entries;
  if (entries.length === 1 && only?.[0] === 'Fn::Sub' && typeof only[1] === 'string')
    return only[1].replace(/\$\{(!?)([^}]+)\}/g, (_, kept: string, name: string) =>
      kept ? `\${${name}}` : (pseudo[name] ?? `\${${name}}`),
    );
  return Object.fromEntries(entries.map(([key, member]) => [key, filled(member)]));
}
