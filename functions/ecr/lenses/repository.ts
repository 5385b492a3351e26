/** Which repository a call of ECR's is about, and how calls name it. */
import { arn, parseArn } from '../../../shared/aws/arn.ts';
import { text } from '../../../shared/core/json.ts';
import type { Call } from '../../../shared/core/signal.ts';

/** Its ARN: the answer to CreateRepository holds it, else its name and registry, which is an account's id, make it. */
export function repositoryOf(call: Call): string | undefined {
  const answered = text(call.response, 'repository', 'repositoryArn');
  const name = text(call.request, 'repositoryName') ?? text(call.response, 'repositoryName');
  if (answered !== undefined || name === undefined) return answered;
  const account = text(call.request, 'registryId') ?? text(call.response, 'registryId') ?? call.account;
  return arn({ account, region: call.region }, 'ecr', `repository/${name}`);
}

/** Without a registry a call means the caller's own: an ARN of another account must not be read as ours. */
export function addressed(repository: string): { registryId?: string; repositoryName: string } {
  const { account, resource = '' } = parseArn(repository) ?? {};
  return { ...(account && { registryId: account }), repositoryName: resource.replace(/^repository\//, '') };
}

export const regionOf = (repository: string): string | undefined => parseArn(repository)?.region || undefined;
