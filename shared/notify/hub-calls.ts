/** What is used of Security Hub's client, which knows a hundred kinds of resource: imported when a finding is sent. */
export {
  BatchImportFindingsCommand,
  BatchUpdateFindingsCommand,
  SecurityHubClient,
} from '@aws-sdk/client-securityhub';
