import { publicStatements, type Statement } from '../../shared/aws/policy.ts';
import { short } from '../../shared/aws/statement.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';
import { functionOf, nameOf, ofUrl, statementsPut, unshown } from './lenses/called.ts';
import { closed, type FunctionTarget, permissions } from './lenses/permissions.ts';

const page = 'https://docs.aws.amazon.com/securityhub/latest/userguide/lambda-controls.html#lambda-1';

// Versions and aliases stand behind the name: `function:NAME:ALIAS`.
const functions = 'arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:*' as const;

export const publicPermission = rule<FunctionTarget, readonly Statement[]>({
  id: 'lambda/public-permission',
  title: 'Anybody may invoke a function',
  severity: 'critical',
  why: 'Any AWS account may now run the function, with whatever its role is allowed to do, and pay nothing for it. Intruders leave such a statement behind as a way back in.',
  class: 'A',
  breaks: 'access',
  risk: 'Whoever invoked the function by that statement is refused at once: partners who were never named, services of other accounts. All other statements stay.',
  mends:
    'removes the statements that let everybody in, unless an organisation, a source account or a source ARN holds them to known callers, and leaves the others.',
  undoes:
    'adds the removed statements again with your own credentials: the role that closes a function may not open one.',
  proof: 'emulator',
  responsibility: 'platform, applications, identity and access management',
  controls: [
    { framework: 'AWS Security Hub CSPM', id: 'Lambda.1', source: page },
    { framework: 'NIST SP 800-53 Rev. 5', id: 'AC-3', source: page },
    { framework: 'NIST SP 800-53 Rev. 5', id: 'AC-6', source: page },
    { framework: 'PCI DSS v4.0.1', id: '7.2.1', source: page },
  ],
  unconfirmed:
    'CloudTrail’s name for Lambda’s PutResourcePolicy is in no recorded event and no documentation; AddPermission20150331v2 is recorded.',
  // Both names of AddPermission: Stratus Red Team, aws.persistence.lambda-backdoor-function; the second is recorded there.
  triggers: calls('lambda.amazonaws.com', 'AddPermission20150331', 'AddPermission20150331v2', 'PutResourcePolicy'),
  permissions: {
    read: [{ actions: ['lambda:GetPolicy'], resources: [functions] }],
    write: [{ actions: ['lambda:RemovePermission'], resources: [functions] }],
    undo: ['lambda:AddPermission'],
  },
  detect: (signal) => (signal.kind === 'call' ? found(signal) : []),
  fix: {
    kind: 'state',
    lens: permissions,
    desire: (statements) => (statements === null ? null : closed(statements, (one) => !ofUrl(one))),
  },
});

function found(call: Call) {
  const target = functionOf(call);
  if (target === undefined) return unreadable('requestParameters.functionName');
  const put = statementsPut(call);
  if (put === null) return unshown(call);
  // What serves a function URL alone is lambda/public-url's.
  const open = publicStatements({ Statement: put.filter((statement) => !ofUrl(statement)) });
  if (open.length === 0) return [];
  const reason = `${short(nameOf(target))} may be invoked by ${open.map((one) => one.reason).join('; ')}`;
  return [{ target: { function: target }, resource: target, reason, certainty: 'certain' as const }];
}
