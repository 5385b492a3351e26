/**
 * IAM Access Analyzer, which no emulator has: SDK models of CreateAnalyzer, GetAnalyzer, ListAnalyzers, DeleteAnalyzer,
 * ListArchiveRules and CreateArchiveRule. One external analyzer an account and region: "Quotas", IAM User Guide.
 */
import { AccessAnalyzerClient } from '@aws-sdk/client-accessanalyzer';
import { type Answer, awsError, type Fake } from '../support/fakes.ts';

type Rule = { readonly ruleName: string; readonly filter: object };
type Analyzer = { readonly type: string; readonly rules: Rule[]; readonly more: object };

const when = new Date('2026-03-01T00:00:00Z');

export const fake: Fake = {
  client: AccessAnalyzerClient,
  prefix: 'access-analyzer',
  fresh(): Answer {
    const all = new Map<string, Analyzer>();
    const named = (name: unknown): Analyzer => {
      const found = all.get(String(name));
      if (!found) throw awsError('ResourceNotFoundException', String(name), 404);
      return found;
    };
    const shown = (name: string, { type, more }: Analyzer) => ({
      arn: `arn:aws:access-analyzer:us-east-1:123456789012:analyzer/${name}`,
      name,
      type,
      createdAt: when,
      // "When an analyzer is created, its status is Creating": AnalyzerStatus.
      status: 'CREATING',
      ...more,
    });
    return (command, { analyzerName, type, archiveRules = [], tags = {}, configuration, ruleName, filter }) => {
      const name = String(analyzerName);
      switch (command) {
        case 'CreateAnalyzer': {
          if (all.has(name)) throw awsError('ConflictException', name, 409);
          const external = [...all.values()].some((one) => one.type === 'ACCOUNT');
          if (type === 'ACCOUNT' && external) throw awsError('ServiceQuotaExceededException', name, 402);
          const more = { tags, ...(configuration === undefined ? {} : { configuration }) };
          all.set(name, { type: String(type), rules: [...(archiveRules as unknown as Rule[])], more });
          return { arn: shown(name, named(name)).arn };
        }
        case 'GetAnalyzer':
          return { analyzer: shown(name, named(name)) };
        case 'ListAnalyzers':
          return { analyzers: [...all].map(([one, analyzer]) => shown(one, analyzer)) };
        case 'DeleteAnalyzer':
          named(name);
          all.delete(name);
          return {};
        case 'CreateArchiveRule':
          named(name).rules.push({ ruleName: String(ruleName), filter: filter ?? {} });
          return {};
        case 'ListArchiveRules':
          return { archiveRules: named(name).rules.map((one) => ({ ...one, createdAt: when, updatedAt: when })) };
        default:
          throw awsError('ValidationException', `the fake has no ${command}`);
      }
    };
  },
};
