/**
 * AWS Cost and Usage Report, as far as its definitions go. https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/
 * API_Operations_AWS_Cost_and_Usage_Report_Service.html. MiniStack has the service, but the SDK's client in the version that
 * package.json names takes no endpoint from the environment.
 */
import { CostAndUsageReportServiceClient } from '@aws-sdk/client-cost-and-usage-report-service';
import { awsError, type Fake } from '../support/fakes.ts';

type Definition = { readonly ReportName: string; readonly [member: string]: unknown };

export const fake: Fake = {
  client: CostAndUsageReportServiceClient as never,
  prefix: 'cur',
  fresh() {
    const reports = new Map<string, Definition>();
    return (command, input: { ReportName?: string; ReportDefinition?: Definition; NextToken?: string }) => {
      switch (command) {
        case 'PutReportDefinition': {
          const { ReportDefinition } = input;
          const required = ['ReportName', 'TimeUnit', 'Format', 'Compression', 'AdditionalSchemaElements', 'S3Bucket'];
          if (!ReportDefinition || required.some((member) => ReportDefinition[member] === undefined))
            throw awsError('ValidationException');
          if (reports.has(ReportDefinition.ReportName)) throw awsError('DuplicateReportNameException');
          reports.set(ReportDefinition.ReportName, ReportDefinition);
          return {};
        }
        // "If the report does not exist" is no error of this call (Errors: InternalError, Validation).
        case 'DeleteReportDefinition':
          reports.delete(input.ReportName ?? '');
          return { ResponseMessage: 'Deleted' };
        // One a page: a caller that reads only the first sees too little. The lists come in an order of their own.
        case 'DescribeReportDefinitions': {
          const all = [...reports.values()];
          const at = Number(input.NextToken ?? 0);
          const [one] = all.slice(at, at + 1);
          const elements = one && [...(one['AdditionalSchemaElements'] as string[])].reverse();
          return {
            ReportDefinitions: one
              ? [{ ...one, AdditionalSchemaElements: elements, ReportStatus: { LastStatus: 'SUCCESS' } }]
              : [],
            ...(at + 1 < all.length && { NextToken: `${at + 1}` }),
          };
        }
        default:
          throw awsError('UnknownOperationException', command);
      }
    };
  },
};
