import * as v from 'valibot';
import { conditionsOf } from '../../shared/aws/condition.ts';
import { actionsOf } from '../../shared/aws/cover.ts';
import { publicStatements, type Statement } from '../../shared/aws/policy.ts';
import { short } from '../../shared/aws/statement.ts';
import { named } from '../../shared/aws/telling.ts';
import type { Json } from '../../shared/core/json.ts';
import { covers } from '../../shared/core/mode.ts';
import { calls, rule, type Unreadable, unreadable } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';
import { step, steps } from '../../shared/core/steps.ts';
import { functionOf, nameOf, ofUrl, statementsPut, unshown } from './lenses/called.ts';
import { closed, type FunctionTarget, permissions } from './lenses/permissions.ts';
import { type Auth, urlAuth } from './lenses/url-auth.ts';

const baseline = v.strictObject({
  open: v.optional(
    v.pipe(
      v.array(v.pipe(v.string(), v.minLength(1))),
      v.description(
        'Names of functions whose URL is meant for everybody, as it asks for a sign-in itself; `*` for any text',
      ),
    ),
    [],
  ),
});
type Baseline = v.InferOutput<typeof baseline>;

const functions = 'arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:*' as const;

export const publicUrl = rule<FunctionTarget, { readonly [step: string]: Json }, Baseline>({
  id: 'lambda/public-url',
  title: 'A function can be called from the internet without signing in',
  severity: 'high',
  why: 'The function’s URL asks nobody who they are: whoever learns or guesses it runs the code with its role’s rights, as often as they like. Some are made so on purpose; name those under open in this rule’s settings.',
  class: 'C',
  breaks: 'access',
  risk: 'Every caller that does not sign its requests with AWS credentials is refused at once: browsers, webhooks, partners. The address stays.',
  mends:
    'sets AuthType AWS_IAM, and removes from the function’s policy what would still let any AWS account in through the URL. Permissions that count with AuthType NONE alone stay.',
  undoes:
    'sets AuthType NONE again; removed permissions are added with your own credentials, as the role that closes a function may not open one.',
  proof: 'emulator',
  responsibility: 'platform, applications, identity and access management',
  controls: [],
  unconfirmed:
    'AWS documents that CloudTrail logs CreateFunctionUrlConfig and UpdateFunctionUrlConfig; whether the names end in the API’s date, 20211031, as other names of Lambda’s do, no recorded event shows: both are watched. Nor does one show the name of PutResourcePolicy.',
  // https://docs.aws.amazon.com/lambda/latest/dg/urls-monitoring.html; members: Lambda API reference. The function's policy,
  // too, must let callers in: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
  triggers: calls(
    'lambda.amazonaws.com',
    'CreateFunctionUrlConfig',
    'CreateFunctionUrlConfig20211031',
    'UpdateFunctionUrlConfig',
    'UpdateFunctionUrlConfig20211031',
    'AddPermission20150331',
    'AddPermission20150331v2',
    'PutResourcePolicy',
  ),
  permissions: {
    read: [
      { actions: ['lambda:GetPolicy'], resources: [functions] },
      { actions: ['lambda:GetFunctionUrlConfig'], resources: [functions] },
    ],
    write: [
      { actions: ['lambda:RemovePermission'], resources: [functions] },
      { actions: ['lambda:UpdateFunctionUrlConfig'], resources: [functions] },
    ],
    undo: ['lambda:AddPermission'],
  },
  baseline,
  detect(signal, { open = [] }) {
    if (signal.kind !== 'call') return [];
    const target = functionOf(signal);
    if (target === undefined) return unreadable('requestParameters.functionName');
    const told = signal.name.includes('FunctionUrlConfig') ? withoutSignIn(signal) : letsIn(signal);
    if (told === undefined || open.some((pattern) => covers(pattern, nameOf(target)))) return [];
    if (typeof told !== 'string') return told;
    const reason = `${short(nameOf(target))} ${told}`;
    return [{ target: { function: target }, resource: target, reason, certainty: 'certain' }];
  },
  fix: steps('lambda/public-url', (target) => target.function, [
    step<FunctionTarget, Auth, Baseline>({
      name: 'auth',
      lens: urlAuth,
      desire: (auth) => (auth === 'NONE' ? 'AWS_IAM' : auth),
    }),
    step<FunctionTarget, readonly Statement[], Baseline>({
      name: 'policy',
      lens: permissions,
      desire: (statements) => statements && closed(statements, (one) => ofUrl(one) && !withoutSignInOnly(one)),
    }),
  ]),
});

/** InvokeFunction through the URL lets nobody in who may not call the URL. */
const withoutSignInOnly = (statement: Statement): boolean =>
  actionsOf(statement).every((action) => action.toLowerCase() !== 'lambda:invokefunctionurl') ||
  conditionsOf(statement.Condition).some(
    ({ operator, key, values }) =>
      operator.toLowerCase() === 'stringequals' &&
      key.toLowerCase() === 'lambda:functionurlauthtype' &&
      values.every((value) => value === 'NONE'),
  );

/** An update that does not speak of it leaves it as it was; a URL is not made without a word about it. */
function withoutSignIn(call: Call): string | Unreadable | undefined {
  const asked = named(call.request, 'authType');
  if (call.name.startsWith('Create') && asked === undefined) return unreadable('requestParameters.authType');
  return asked === 'NONE' ? 'has a URL that asks nobody to sign in (AuthType NONE)' : undefined;
}

function letsIn(call: Call): string | Unreadable | undefined {
  const put = statementsPut(call);
  if (put === null) return unshown(call);
  const open = publicStatements({ Statement: put.filter(ofUrl) });
  return open.length > 0 ? 'lets anybody call its URL, as far as its policy decides' : undefined;
}
