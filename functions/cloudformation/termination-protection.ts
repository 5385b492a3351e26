import { arn, parseArn } from '../../shared/aws/arn.ts';
import { member, told } from '../../shared/aws/telling.ts';
import { text } from '../../shared/core/json.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';

const page = 'https://docs.aws.amazon.com/securityhub/latest/userguide/cloudformation-controls.html';

export const terminationProtection = rule({
  id: 'cloudformation/termination-protection',
  title: 'Termination protection of a stack was turned off',
  severity: 'medium',
  why: 'The stack can now be deleted with everything in it, by one call or one wrong click. Somebody had found it worth protecting.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'customer data',
  controls: [{ framework: 'AWS Security Hub CSPM', id: 'CloudFormation.3', source: `${page}#cloudformation-3` }],
  // "CloudTrail captures all API calls for CloudFormation": AWS CloudFormation User Guide, "Logging CloudFormation API calls
  // with AWS CloudTrail", whose examples show members in camel case (`stackName`) and the answer's `stackId`. Members of this
  // call: API_UpdateTerminationProtection.
  triggers: calls('cloudformation.amazonaws.com', 'UpdateTerminationProtection'),
  detect(signal) {
    if (signal.kind !== 'call') return [];
    const stack = stackOf(signal);
    if (stack === undefined) return unreadable('requestParameters.stackName');
    const on = `${member(signal.request, 'enableTerminationProtection')}`.toLowerCase();
    if (on !== 'true' && on !== 'false') return unreadable('requestParameters.enableTerminationProtection');
    if (on === 'true') return [];
    const name = parseArn(stack)?.resource.split('/')[1] ?? stack;
    return told(stack, `the stack ${name} may be deleted: its termination protection was turned off`);
  },
});

/** The stack's ARN: CloudFormation answers with it, and may be asked by it or by the name alone. */
function stackOf(call: Call): string | undefined {
  const [answered, asked] = [text(call.response, 'stackId'), text(call.request, 'stackName')];
  const known = answered ?? asked;
  return known === undefined || parseArn(known) ? known : arn(call, 'cloudformation', `stack/${known}/*`);
}
