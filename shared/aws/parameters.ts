/** What is used of Systems Manager's client, which is not in use everywhere: imported when a parameter is read. */
export { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
