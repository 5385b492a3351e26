import {
  AddPermissionCommand,
  type AddPermissionCommandInput,
  GetPolicyCommand,
  LambdaClient,
  RemovePermissionCommand,
} from '@aws-sdk/client-lambda';
import { parseArn } from '../../../shared/aws/arn.ts';
import { client, orNull } from '../../../shared/aws/client.ts';
import { conditionsOf } from '../../../shared/aws/condition.ts';
import { publicStatements } from '../../../shared/aws/policy.ts';
import { type Statement, scalar, statementsOf } from '../../../shared/aws/statement.ts';
import { fault } from '../../../shared/core/fault.ts';
import { canonical, isObject } from '../../../shared/core/json.ts';
import type { Lens, Unknown } from '../../../shared/core/rule.ts';
import { qualifierOf, unqualified } from './called.ts';

/** `function`: its ARN, ending in the version or alias whose policy is meant, where it is not the function's own. */
export type FunctionTarget = { readonly function: string };

// API_GetPolicy: where there is no policy, and where there is no function.
const missing = ['ResourceNotFoundException'];

/** A function is reached in its own region, which its ARN names. */
export const home = (functionArn: string): LambdaClient =>
  client(LambdaClient, parseArn(functionArn)?.region || undefined);

/** What calls name a function by: a version's or alias' policy is another than the function's. */
export const addressed = (functionArn: string): { FunctionName: string; Qualifier?: string } => {
  const qualifier = qualifierOf(functionArn);
  return { FunctionName: unqualified(functionArn), ...(qualifier !== undefined && { Qualifier: qualifier }) };
};

/** The statements of a function's policy, which Lambda adds and removes one by one. Null where there are none. */
export const permissions: Lens<FunctionTarget, readonly Statement[]> = {
  id: 'lambda/permissions',
  key: (target) => target.function,
  async read(target) {
    const found = await orNull(missing, () =>
      home(target.function).send(new GetPolicyCommand(addressed(target.function))),
    );
    const statements = statementsOf(found?.Policy ?? null);
    if (found && statements === null) throw fault('NotReadable', `${target.function}: its policy is no policy`);
    return statements === null || statements.length === 0 ? null : statements;
  },
  // Lambda keeps them in the order in which they were added, which means nothing.
  canon: (statements) => [...statements].sort((a, b) => canonical(a).localeCompare(canonical(b))),
  async write(target, from, to) {
    const [before, after] = [from ?? [], to ?? []];
    const lambda = home(target.function);
    const where = addressed(target.function);
    for (const one of before.filter((statement) => !holds(after, statement))) {
      const StatementId = scalar(one['Sid']);
      // Gone already, after an attempt that was cut short.
      await orNull(missing, () => lambda.send(new RemovePermissionCommand({ ...where, StatementId })));
    }
    for (const one of after.filter((statement) => !holds(before, statement))) {
      const asked = asAdded(one);
      if (asked === null) throw fault('NotWritable', `${target.function}: AddPermission can't say ${canonical(one)}`);
      // There already, for the same reason; that it is the same statement shows when it is read back.
      await orNull(['ResourceConflictException'], () => lambda.send(new AddPermissionCommand({ ...where, ...asked })));
    }
  },
  // The role that closes a function can't open one. What PutResourcePolicy put may be more than AddPermission can say.
  undo: (before, after) =>
    (before ?? []).every((statement) => holds(after ?? [], statement) || asAdded(statement) !== null)
      ? 'operator'
      : 'none',
};

const holds = (statements: readonly Statement[], one: Statement): boolean =>
  statements.some((other) => canonical(other) === canonical(one));

/**
 * The statements without those of these that are public; null where none is left. Lambda removes a statement by its Sid:
 * AddPermission gives every one a Sid, PutResourcePolicy need not.
 */
export function closed(
  statements: readonly Statement[],
  these: (statement: Statement) => boolean,
): readonly Statement[] | null | Unknown {
  const open = statements.filter((one) => these(one) && publicStatements({ Statement: [one] }).length > 0);
  if (open.some((one) => !scalar(one['Sid'])))
    return {
      unknown:
        'the statement that lets everybody in has no Sid, by which Lambda could remove it: put the policy without it by hand, aws lambda put-resource-policy',
    };
  const left = statements.filter((one) => !open.includes(one));
  return left.length === 0 ? null : left;
}

type Added = Omit<AddPermissionCommandInput, 'FunctionName' | 'Qualifier'>;

/** AddPermission's parameters by the condition that each makes: operator and key, in lower case. As recorded, and urls-auth.html. */
const parameters: Readonly<Record<string, keyof Added>> = {
  'arnlike aws:sourcearn': 'SourceArn',
  'stringequals aws:sourceaccount': 'SourceAccount',
  'stringequals aws:principalorgid': 'PrincipalOrgID',
  'stringequals lambda:functionurlauthtype': 'FunctionUrlAuthType',
  'stringequals lambda:eventsourcetoken': 'EventSourceToken',
  'bool lambda:invokedviafunctionurl': 'InvokedViaFunctionUrl',
};

/** The statement as AddPermission would be asked for it; null where it can't say all of it. */
function asAdded({ Sid, Effect, Principal, Action, Resource: _, Condition, ...more }: Statement): Added | null {
  const [service, account] = isObject(Principal) ? [scalar(Principal['Service']), scalar(Principal['AWS'])] : ['', ''];
  const names = isObject(Principal) ? Object.keys(Principal).length : 1;
  const [StatementId, Action_, Principal_] = [scalar(Sid), scalar(Action), service || account || scalar(Principal)];
  const given: Record<string, string | boolean> = {};
  for (const { operator, key, values } of conditionsOf(Condition)) {
    const parameter = parameters[`${operator} ${key}`.toLowerCase()];
    const [value, ...others] = values.map(scalar);
    if (parameter === undefined || !value || others.length > 0) return null;
    given[parameter] = parameter === 'InvokedViaFunctionUrl' ? value === 'true' : value;
  }
  if (Effect !== 'Allow' || Object.keys(more).length > 0 || names !== 1) return null;
  if (!StatementId || !Action_ || !Principal_) return null;
  return { StatementId, Action: Action_, Principal: Principal_, ...given };
}
