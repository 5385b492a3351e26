/** A role's statements as text, and as CloudFormation takes them: for rooms, and for the functions of people's side. */

export type Template = { readonly [key: string]: unknown };
export type Resources = { [logicalId: string]: Template };

/** What a role's statement says, as text: ARNs hold pseudo-parameters, and `${Key}` for what the template names. */
export type Grant = {
  readonly sid: string;
  readonly effect: 'Allow' | 'Deny';
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions: { readonly [test: string]: { readonly [key: string]: string | readonly string[] } };
  /** `own`: on Firebreak's own resources, or a limit that every function has. */
  readonly access: 'read' | 'write' | 'own';
  /** The rules for whose sake it is there; none where every function has it. */
  readonly for: readonly string[];
};

/** The statements as a policy of CloudFormation's. */
export const policy = (grants: readonly Grant[]): Template => ({
  Version: '2012-10-17',
  Statement: merged(grants).map(({ sid, effect, actions, resources, conditions }) => ({
    Sid: sid,
    Effect: effect,
    Action: actions,
    Resource: resources.map(sub),
    ...(Object.keys(conditions).length > 0 && { Condition: filled(conditions) }),
  })),
});

/** What rules are granted on the same resources under the same conditions is one statement: a role's policies have 10,240 characters. */
function merged(grants: readonly Grant[]): readonly Grant[] {
  const alike = Map.groupBy(grants, ({ sid, access, effect, resources, conditions }) =>
    JSON.stringify([access === 'own' ? sid : access, effect, resources, conditions]),
  );
  return [...alike.values()].flatMap(([first, ...others]) => {
    if (!first) return [];
    const actions = [...new Set([first, ...others].flatMap((one) => one.actions))];
    return [{ ...first, actions }];
  });
}

function filled(tests: Grant['conditions']): Template {
  const values = (value: string | readonly string[]) => (typeof value === 'string' ? sub(value) : value.map(sub));
  return Object.fromEntries(
    Object.entries(tests).map(([test, keys]) => [
      test,
      Object.fromEntries(Object.entries(keys).map(([name, value]) => [name, values(value)])),
    ]),
  );
}

/** An ARN in the deployment's own region and account. */
export const here = (service: string, resource: string): string =>
  `arn:\${AWS::Partition}:${service}:\${AWS::Region}:\${AWS::AccountId}:${resource}`;
export const ownGrant = (sid: string, actions: readonly string[], resource: string, conditions = {}): Grant => ({
  sid,
  effect: 'Allow',
  actions,
  resources: [resource],
  conditions,
  access: 'own',
  for: [],
});

/** A function's own log. */
export const logs = (functionName: string): Grant =>
  ownGrant(
    'Logs',
    ['logs:CreateLogStream', 'logs:PutLogEvents'],
    here('logs', `log-group:/aws/lambda/${functionName}:*`),
  );

// "Configuring AWS KMS permissions", Amazon SNS Developer Guide: the publisher needs both.
export const key = ownGrant('Key', ['kms:GenerateDataKey*', 'kms:Decrypt'], here('kms', 'key/${Key}'));

/**
 * A string as CloudFormation is to read it: `${AWS::…}` and the two keys' ids are filled in; any other `${…}`, such as
 * IAM's own variables, stays as it is.
 */
export function sub(text: string): string | Template {
  if (!text.includes('${')) return text;
  const kept = text.replaceAll(/\$\{(?!AWS::|(?:Key|RecordsKey)\})/g, '${!');
  return { 'Fn::Sub': kept };
}
