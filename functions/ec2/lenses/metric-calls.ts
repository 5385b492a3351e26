/** What is used of CloudWatch's client, which few events need: imported when calls without a token are counted. */
export { CloudWatchClient, GetMetricStatisticsCommand } from '@aws-sdk/client-cloudwatch';
