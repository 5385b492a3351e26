/** What is used of Auto Scaling's client, which few events need: imported when an instance is looked at. */
export {
  AttachInstancesCommand,
  AutoScalingClient,
  DescribeAutoScalingInstancesCommand,
  DetachInstancesCommand,
} from '@aws-sdk/client-auto-scaling';
