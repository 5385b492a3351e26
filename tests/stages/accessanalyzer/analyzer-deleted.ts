import { AccessAnalyzerClient, CreateAnalyzerCommand, DeleteAnalyzerCommand } from '@aws-sdk/client-accessanalyzer';
import { client, orNull } from '../../../shared/aws/client.ts';
import type { Stage } from '../../support/stage.ts';

const account = { type: 'ACCOUNT', rules: {}, tags: {}, configuration: null } as const;
const learned = {
  type: 'ACCOUNT_UNUSED_ACCESS',
  rules: { 'break glass': { resource: { contains: ['role/break-glass'] }, isPublic: { exists: false } } },
  tags: { team: 'security', Ümlaut: 'ä' },
  configuration: { unusedAccess: { unusedAccessAge: 180 } },
} as const;

/** An analyzer that was made and deleted, beside others. */
const stage = (name: string, o: { others?: readonly string[]; learned?: typeof learned; after: object }): Stage => ({
  rule: 'accessanalyzer/analyzer-deleted',
  name,
  ...(o.learned && { learned: { analyzer: o.learned, external: [] } }),
  async set() {
    const analyzers = client(AccessAnalyzerClient);
    for (const type of o.others ?? [])
      await analyzers.send(new CreateAnalyzerCommand({ analyzerName: `other ${type}`, type: type as 'ACCOUNT' }));
    const analyzerName = 'the-analyzer_1';
    await analyzers.send(new CreateAnalyzerCommand({ analyzerName, type: 'ACCOUNT_INTERNAL_ACCESS' }));
    await analyzers.send(new DeleteAnalyzerCommand({ analyzerName }));
    return {
      target: { name: analyzerName, region: 'us-east-1' },
      after: { analyzer: o.after as typeof account, external: [] },
      call: { name: 'DeleteAnalyzer', request: { analyzerName } },
      async clear() {
        for (const one of [...(o.others ?? []).map((type) => `other ${type}`), analyzerName])
          await orNull(['ResourceNotFoundException'], () =>
            analyzers.send(new DeleteAnalyzerCommand({ analyzerName: one })),
          );
      },
    };
  },
});

export const stages: readonly Stage[] = [
  stage('nothing was learned, and nobody else looks for access from outside', {
    others: ['ACCOUNT_UNUSED_ACCESS'],
    after: account,
  }),
  stage('one for unused access, with rules, tags and settings, beside one for access from outside', {
    others: ['ACCOUNT'],
    learned,
    after: learned,
  }),
];
