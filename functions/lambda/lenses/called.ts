/** What a call of Lambda's is about: its function, and the statement that it added. Nothing here calls AWS. */
import { arn } from '../../../shared/aws/arn.ts';
import { conditionsOf } from '../../../shared/aws/condition.ts';
import { actionsOf } from '../../../shared/aws/cover.ts';
import { parsed, type Statement, scalar, statementsOf } from '../../../shared/aws/statement.ts';
import { named } from '../../../shared/aws/telling.ts';
import { isObject, type Json, type JsonObject, text } from '../../../shared/core/json.ts';
import { type Unreadable, unreadable } from '../../../shared/core/rule.ts';
import type { Call } from '../../../shared/core/signal.ts';

/**
 * The function's ARN, ending in the version or alias where the call named one. FunctionName may be the name, the ARN, or the
 * ARN from the account on, each with `:version`: API_AddPermission. Recorded: name and ARN, Stratus Red Team.
 */
export function functionOf(call: Call): string | undefined {
  const name = named(call.request, 'functionName') ?? named(call.request, 'resourceArn');
  if (name === undefined) return undefined;
  const whole = name.startsWith('arn:') ? name : arn(call, 'lambda', `function:${name.replace(/^.*function:/s, '')}`);
  const qualifier = named(call.request, 'qualifier');
  return qualifier === undefined || whole.split(':').length > 7 ? whole : `${whole}:${qualifier}`;
}

/** Without its version or alias. */
export const unqualified = (functionArn: string): string => functionArn.split(':').slice(0, 7).join(':');

/** The version or alias. */
export const qualifierOf = (functionArn: string): string | undefined => functionArn.split(':')[7];

/** The name alone. */
export const nameOf = (functionArn: string): string => functionArn.split(':')[6] ?? functionArn;

/**
 * The statements that a call put, or null where it does not show them. AddPermission answers with its statement as text
 * (recorded, Stratus Red Team); where that is left out, the request says the same in other words.
 */
export function statementsPut(call: Call): readonly Statement[] | null {
  if (call.name.startsWith('PutResourcePolicy')) return statementsOf(named(call.request, 'policy') ?? null);
  const answered = parsed(text(call.response, 'statement') ?? '');
  if (isObject(answered)) return [answered];
  const asked = (name: string): string | undefined => named(call.request, name);
  const [principal, action] = [asked('principal'), asked('action')];
  if (principal === undefined || action === undefined) return null;
  // A service's principal is known by its dot; what is neither `*`, an account nor an ARN.
  const service = principal.includes('.') && !principal.startsWith('arn:');
  const [sourceArn, sourceAccount] = [asked('sourceArn'), asked('sourceAccount')];
  const [organization, auth] = [asked('principalOrgID'), asked('functionUrlAuthType')];
  const equals: JsonObject = {
    ...(sourceAccount !== undefined && { 'AWS:SourceAccount': sourceAccount }),
    ...(organization !== undefined && { 'aws:PrincipalOrgID': organization }),
    ...(auth !== undefined && { 'lambda:FunctionUrlAuthType': auth }),
  };
  const viaUrl = isObject(call.request) && call.request['invokedViaFunctionUrl'] === true;
  return [
    {
      Effect: 'Allow',
      Principal: service ? { Service: principal } : principal,
      Action: action,
      Condition: {
        ...(Object.keys(equals).length > 0 && { StringEquals: equals }),
        ...(sourceArn !== undefined && { ArnLike: { 'AWS:SourceArn': sourceArn } }),
        ...(viaUrl && { Bool: { 'lambda:InvokedViaFunctionUrl': 'true' } }),
      },
    },
  ];
}

/** What is missing where a call does not show what it put. */
export const unshown = ({ name }: Call): Unreadable =>
  unreadable(`requestParameters.${name.startsWith('PutResourcePolicy') ? 'policy' : 'principal'}`);

/**
 * Whether a statement serves a function URL alone: it allows InvokeFunctionUrl, or InvokeFunction as the URL does it.
 * https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
 */
export function ofUrl(statement: Statement): boolean {
  const actions = actionsOf(statement).map((action) => action.toLowerCase());
  if (actions.length === 0 || statement.NotAction !== undefined) return false;
  const through = conditionsOf(statement.Condition).some(
    ({ operator, key, values }) =>
      operator.toLowerCase() === 'bool' &&
      key.toLowerCase() === 'lambda:invokedviafunctionurl' &&
      values.every((value: Json | undefined) => scalar(value).toLowerCase() === 'true'),
  );
  return actions.every(
    (action) => action === 'lambda:invokefunctionurl' || (through && action === 'lambda:invokefunction'),
  );
}
