import type { ReportDefinition } from '@aws-sdk/client-cost-and-usage-report-service';
import { client, orNull } from '../../../shared/aws/client.ts';
import type { Json, JsonObject } from '../../../shared/core/json.ts';
import type { Lens } from '../../../shared/core/rule.ts';

/** What was deleted: a Cost and Usage Report by its name, or another watch, which no lens here can make again. */
export type Watch = { readonly watch: 'report' | 'export' | 'budget' | 'monitor'; readonly name: string };

async function costs() {
  const { CostAndUsageReportServiceClient, ...commands } = await import('./calls.ts');
  return { ...commands, reports: client(CostAndUsageReportServiceClient) };
}

/** The definition of a report, as DescribeReportDefinitions gives it. Null where there is no such report. */
export const report: Lens<Watch, JsonObject> = {
  id: 'billing/report',
  key: ({ watch, name }) => `${watch} ${name}`,
  async read({ watch, name }) {
    if (watch !== 'report') return null;
    const { reports, DescribeReportDefinitionsCommand } = await costs();
    let NextToken: string | undefined;
    do {
      const page = await reports.send(new DescribeReportDefinitionsCommand({ ...(NextToken && { NextToken }) }));
      const found = page.ReportDefinitions?.find(({ ReportName }) => ReportName === name);
      if (found) return defined(found);
      NextToken = page.NextToken;
    } while (NextToken);
    return null;
  },
  canon: (state) => Object.fromEntries(Object.entries(state).map(([key, value]) => [key, sorted(value ?? null)])),
  async write({ name }, _from, to) {
    const { reports, DeleteReportDefinitionCommand, PutReportDefinitionCommand } = await costs();
    if (to === null) await reports.send(new DeleteReportDefinitionCommand({ ReportName: name }));
    // An attempt that was cut short may have made it already: API_cur_PutReportDefinition, Errors.
    else
      await orNull(['DuplicateReportNameException'], () =>
        reports.send(new PutReportDefinitionCommand({ ReportDefinition: to as unknown as ReportDefinition })),
      );
  },
  // The role that makes reports must not be able to delete one.
  undo: (before) => (before === null ? 'operator' : 'none'),
};

/** What it was told, without what AWS adds: how its last delivery went. */
const defined = ({ ReportStatus: _, ...rest }: ReportDefinition & { ReportStatus?: unknown }): JsonObject =>
  JSON.parse(JSON.stringify(rest)) as JsonObject;

const sorted = (value: Json): Json => (Array.isArray(value) ? [...value].sort() : value);
