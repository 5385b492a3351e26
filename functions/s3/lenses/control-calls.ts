/** What is used of S3 Control's client, which few events need: imported when the account's guard is looked at. */
export {
  DeletePublicAccessBlockCommand,
  GetPublicAccessBlockCommand,
  PutPublicAccessBlockCommand,
  S3ControlClient,
} from '@aws-sdk/client-s3-control';
