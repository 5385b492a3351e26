import { randomUUID } from 'node:crypto';
import {
  CostAndUsageReportServiceClient,
  DeleteReportDefinitionCommand,
  PutReportDefinitionCommand,
  type ReportDefinition,
} from '@aws-sdk/client-cost-and-usage-report-service';
import type { Json } from '../../../shared/core/json.ts';
import type { Stage } from '../../support/stage.ts';

/** A report that was deleted; how it stood was learned. Another one is there all the while. */
function stage(name: string, more: Partial<ReportDefinition>): Stage {
  const ReportName = `stage-${randomUUID()}`;
  const definition = {
    ReportName,
    TimeUnit: 'DAILY',
    Format: 'textORcsv',
    Compression: 'GZIP',
    AdditionalSchemaElements: ['RESOURCES'],
    S3Bucket: 'example-costs',
    S3Prefix: 'costs',
    S3Region: 'us-east-1',
    ...more,
  };
  return {
    rule: 'billing/report-removed',
    name,
    learned: definition as Json,
    async set() {
      const costs = new CostAndUsageReportServiceClient({});
      const other = `other-${randomUUID()}`;
      const put = (one: ReportDefinition) => costs.send(new PutReportDefinitionCommand({ ReportDefinition: one }));
      await put(definition);
      await put({ ...definition, ReportName: other });
      await costs.send(new DeleteReportDefinitionCommand({ ReportName }));
      return {
        target: { watch: 'report', name: ReportName },
        after: definition as Json,
        call: { name: 'DeleteReportDefinition', request: { reportName: ReportName } },
        async clear() {
          for (const one of [ReportName, other])
            await costs.send(new DeleteReportDefinitionCommand({ ReportName: one }));
        },
      };
    },
  };
}

export const stages: readonly Stage[] = [
  stage('a report by the day', {}),
  stage('a report for Athena, whose lists are in another order', {
    Format: 'Parquet',
    Compression: 'Parquet',
    AdditionalSchemaElements: ['SPLIT_COST_ALLOCATION_DATA', 'RESOURCES'],
    AdditionalArtifacts: ['ATHENA'],
    RefreshClosedReports: true,
    ReportVersioning: 'OVERWRITE_REPORT',
  }),
];
