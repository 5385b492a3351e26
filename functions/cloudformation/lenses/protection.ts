import {
  CloudFormationClient,
  DescribeStacksCommand,
  UpdateTerminationProtectionCommand,
} from '@aws-sdk/client-cloudformation';
import { parseArn } from '../../../shared/aws/arn.ts';
import { client } from '../../../shared/aws/client.ts';
import type { Lens } from '../../../shared/core/rule.ts';

/** `stack`: its ARN, or its name where the event tells no more. */
export type Stack = { readonly stack: string };

/** The name of a stack that is given by its ARN or its name. */
export const nameOf = (stack: string): string => parseArn(stack)?.resource.split('/')[1] ?? stack;

/** Whether a stack is protected from deletion. Null where there is none, or it is being deleted: then nothing can be set. */
export const protection: Lens<Stack, boolean> = {
  id: 'cloudformation/protection',
  key: ({ stack }) => nameOf(stack),
  async read({ stack }) {
    try {
      const { Stacks } = await client(CloudFormationClient).send(new DescribeStacksCommand({ StackName: stack }));
      const [found] = Stacks ?? [];
      // Asked by its ARN, CloudFormation still knows a stack for 90 days after its deletion (API_DescribeStacks).
      if (!found || found.StackStatus?.startsWith('DELETE_IN') || found.StackStatus === 'DELETE_COMPLETE') return null;
      return found.EnableTerminationProtection === true;
    } catch (error) {
      // "If the stack doesn't exist, a ValidationError is returned" (API_DescribeStacks), as for much else.
      if (error instanceof Error && error.name === 'ValidationError' && /does not exist/.test(error.message))
        return null;
      throw error;
    }
  },
  async write({ stack }, _from, to) {
    const asked = { StackName: stack, EnableTerminationProtection: to === true };
    await client(CloudFormationClient).send(new UpdateTerminationProtectionCommand(asked));
  },
  undo: (before) => (before === null ? 'none' : 'restore'),
};
