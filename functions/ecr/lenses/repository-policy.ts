import {
  DeleteRepositoryPolicyCommand,
  ECRClient,
  GetRepositoryPolicyCommand,
  SetRepositoryPolicyCommand,
} from '@aws-sdk/client-ecr';
import { client, orNull } from '../../../shared/aws/client.ts';
import { samePolicy } from '../../../shared/aws/closing.ts';
import type { Lens } from '../../../shared/core/rule.ts';
import { addressed, regionOf } from './repository.ts';

/** `repository`: its ARN. `named`: strangers are let in by name, and no statement is public. */
export type PolicyTarget = { readonly repository: string; readonly named: boolean };

// API_GetRepositoryPolicy, API_DeleteRepositoryPolicy: no policy, no repository.
const missing = ['RepositoryPolicyNotFoundException', 'RepositoryNotFoundException'];

// A repository is reached in its own region, which its ARN names.
const home = (repository: string): ECRClient => client(ECRClient, regionOf(repository));

/** A repository's policy: the text as GetRepositoryPolicy gives it. Null where it has none, or is gone. */
export const repositoryPolicy: Lens<PolicyTarget, string> = {
  id: 'ecr/repository-policy',
  key: ({ repository }) => repository,
  async read({ repository }) {
    const found = await orNull(missing, () =>
      home(repository).send(new GetRepositoryPolicyCommand(addressed(repository))),
    );
    return found?.policyText ?? null;
  },
  canon: samePolicy,
  async write({ repository }, _from, to) {
    const where = addressed(repository);
    // `force` stays unset: ECR then refuses a policy that would keep us from setting another.
    if (to !== null) await home(repository).send(new SetRepositoryPolicyCommand({ ...where, policyText: to }));
    else await orNull(missing, () => home(repository).send(new DeleteRepositoryPolicyCommand(where)));
  },
  undo: () => 'restore',
};
