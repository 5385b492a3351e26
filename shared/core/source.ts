/**
 * What made a call, as far as it tells: the tool behind a pipeline's role, and its stack. Likely, never certain: a caller
 * writes its user agent as it likes.
 */
import type { Actor } from './signal.ts';

/**
 * Words that tools write into the user agent: Terraform "APN/1.0 HashiCorp/1.0 Terraform/1.7.5 … terraform-provider-aws/5.40"
 * (hashicorp/aws-sdk-go-base, and as CloudTrail records it), Pulumi "APN/1.0 Pulumi/1.0 PulumiAws/6" (pulumi/pulumi-aws).
 */
const tools: readonly (readonly [RegExp, string])[] = [
  [/\bOpenTofu\/([\d.]+)?/, 'OpenTofu'],
  [/\bPulumi(?:Aws|AwsNative)?\/([\d.]+)?/, 'Pulumi'],
  [/\bTerraform\/([\d.]+)?/, 'Terraform'],
];

/** `CloudFormation, stack shop`, `Terraform 1.7.5`; null where nothing tells. */
export function likelySource({ invokedBy, userAgent = '', arn = '', stack }: Actor): string | null {
  if (stack !== undefined) return `CloudFormation, stack ${stack}`;
  // Its calls come from "cloudformation.amazonaws.com"; a stack with a service role takes that up as session AWSCloudFormation.
  const session = /:assumed-role\/[^/]+\/AWSCloudFormation$/.test(arn);
  if (session || [invokedBy, userAgent].includes('cloudformation.amazonaws.com')) return 'CloudFormation';
  for (const [word, name] of tools) {
    const [found, version] = word.exec(userAgent.slice(0, 1000)) ?? [];
    if (found !== undefined) return version === undefined ? name : `${name} ${version}`;
  }
  return null;
}
