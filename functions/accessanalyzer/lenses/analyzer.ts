import {
  AccessAnalyzerClient,
  type AnalyzerConfiguration,
  CreateAnalyzerCommand,
  type Criterion,
  DeleteAnalyzerCommand,
  GetAnalyzerCommand,
  paginateListAnalyzers,
  paginateListArchiveRules,
  type Type,
} from '@aws-sdk/client-accessanalyzer';
import { client, orNull } from '../../../shared/aws/client.ts';
import type { Json, JsonObject } from '../../../shared/core/json.ts';
import type { Lens } from '../../../shared/core/rule.ts';

/** `region`: analyzers are regional; null for the function's own. */
export type Named = { readonly name: string; readonly region: string | null };

/** What CreateAnalyzer takes: `rules` by name, as the API has their filters; `configuration` of unused and internal access. */
export type Analyzer = {
  readonly type: Type;
  readonly rules: { readonly [name: string]: JsonObject };
  readonly tags: { readonly [key: string]: string };
  readonly configuration: JsonObject | null;
};

/** The analyzer, null where it is gone; `external`: names of all that look for access from outside in this region. */
export type Analysis = { readonly analyzer: Analyzer | null; readonly external: readonly string[] };

/** ACCOUNT and ORGANIZATION look for access from outside: API reference, CreateAnalyzer, type. */
const outside: readonly (string | undefined)[] = ['ACCOUNT', 'ORGANIZATION'];

// GetAnalyzer, ListArchiveRules and DeleteAnalyzer: errors documented by their SDK commands.
const missing = ['ResourceNotFoundException'];
const place = ({ region }: Named): AccessAnalyzerClient => client(AccessAnalyzerClient, region ?? undefined);
/** The SDK's answers hold members that are undefined, and dates nowhere in these. */
const plain = <T extends Json>(value: unknown): T => JSON.parse(JSON.stringify(value)) as T;

/** An analyzer of IAM Access Analyzer. Its findings are gone with it: a new one looks at everything anew. */
export const analyzer: Lens<Named, Analysis> = {
  id: 'accessanalyzer/analyzer',
  key: ({ name }) => name,
  async read(target) {
    const external: string[] = [];
    for await (const { analyzers } of paginateListAnalyzers({ client: place(target) }, {}))
      for (const { name, type } of analyzers ?? []) if (name && outside.includes(type)) external.push(name);
    return { analyzer: await orNull(missing, () => found(target)), external };
  },
  canon: ({ analyzer: one }) => one,
  async write(target, _from, to) {
    const wanted = to?.analyzer ?? null;
    if (wanted === null) {
      await orNull(missing, () => place(target).send(new DeleteAnalyzerCommand({ analyzerName: target.name })));
      return;
    }
    const archiveRules = Object.entries(wanted.rules).map(([ruleName, filter]) => ({
      ruleName,
      filter: filter as Record<string, Criterion>,
    }));
    await place(target).send(
      new CreateAnalyzerCommand({
        analyzerName: target.name,
        type: wanted.type,
        archiveRules,
        tags: { ...wanted.tags },
        ...(wanted.configuration && { configuration: wanted.configuration as unknown as AnalyzerConfiguration }),
      }),
    );
  },
  // The role that makes an analyzer must not be able to delete one.
  undo: (before, after) => (before?.analyzer === null && after?.analyzer ? 'operator' : 'none'),
};

async function found(target: Named): Promise<Analyzer | null> {
  const asked = { analyzerName: target.name };
  const { analyzer: one } = await place(target).send(new GetAnalyzerCommand(asked));
  if (!one?.type) return null;
  const rules: { [name: string]: JsonObject } = {};
  for await (const { archiveRules } of paginateListArchiveRules({ client: place(target) }, asked))
    for (const { ruleName, filter } of archiveRules ?? []) if (ruleName) rules[ruleName] = plain(filter ?? {});
  const configuration = one.configuration ? plain<JsonObject>(one.configuration) : null;
  return { type: one.type, rules, tags: plain(one.tags ?? {}), configuration };
}
