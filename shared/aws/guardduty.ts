/** What is used of GuardDuty's client, which few events need: imported when a finding is confirmed. */
export { GetFindingsCommand, GuardDutyClient } from '@aws-sdk/client-guardduty';
