import { GetFunctionUrlConfigCommand, UpdateFunctionUrlConfigCommand } from '@aws-sdk/client-lambda';
import { orNull } from '../../../shared/aws/client.ts';
import { fault } from '../../../shared/core/fault.ts';
import type { Lens } from '../../../shared/core/rule.ts';
import { addressed, type FunctionTarget, home } from './permissions.ts';

export type Auth = 'NONE' | 'AWS_IAM';

/** Whom a function's URL asks to sign in. Null where the function, or its alias, has no URL: API_GetFunctionUrlConfig. */
export const urlAuth: Lens<FunctionTarget, Auth> = {
  id: 'lambda/url-auth',
  key: (target) => target.function,
  async read(target) {
    const found = await orNull(['ResourceNotFoundException'], () =>
      home(target.function).send(new GetFunctionUrlConfigCommand(addressed(target.function))),
    );
    return found?.AuthType ?? null;
  },
  async write(target, _from, to) {
    if (to === null)
      throw fault('NotWritable', `${target.function}: a URL is neither made nor taken away by its AuthType`);
    // What is left out stays: API_UpdateFunctionUrlConfig has no member but the name that is required.
    await home(target.function).send(
      new UpdateFunctionUrlConfigCommand({ ...addressed(target.function), AuthType: to }),
    );
  },
  undo: () => 'restore',
};
