/**
 * Checks of Trusted Advisor that a rule of their own takes, by the names in its triggers: a test compares them with those of
 * all rooms. Names: AWS Support User Guide, "AWS Trusted Advisor check reference".
 */
export const claimed: readonly string[] = [
  'Amazon S3 Bucket Permissions',
  'Exposed Access Keys',
  'Security Groups - Specific Ports Unrestricted',
  'Security Groups - Unrestricted Access',
];
