import { arn, parseArn } from '../../shared/aws/arn.ts';
import { member } from '../../shared/aws/telling.ts';
import { text } from '../../shared/core/json.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';
import { nameOf, protection } from './lenses/protection.ts';

const stacks = 'arn:${AWS::Partition}:cloudformation:${AWS::Region}:${AWS::AccountId}:stack/*/*';
const page = 'https://docs.aws.amazon.com/securityhub/latest/userguide/cloudformation-controls.html';

export const terminationProtection = rule({
  id: 'cloudformation/termination-protection',
  title: 'Termination protection of a stack was turned off',
  severity: 'medium',
  why: 'The stack can now be deleted with everything in it, by one call or one wrong click. Somebody had found it worth protecting.',
  class: 'G',
  breaks: 'nothing',
  risk: 'None to what runs. Whoever meant to delete the stack finds it protected again: undo, an exemption, or the question that Firebreak asks when it is turned off for the third time within a day lets them.',
  mends: 'turns termination protection on again.',
  undoes: 'turns it off again.',
  responsibility: 'customer data',
  proof: 'emulator',
  controls: [{ framework: 'AWS Security Hub CSPM', id: 'CloudFormation.3', source: `${page}#cloudformation-3` }],
  // "CloudTrail captures all API calls for CloudFormation": AWS CloudFormation User Guide, "Logging CloudFormation API calls
  // with AWS CloudTrail", whose examples show members in camel case (`stackName`) and the answer's `stackId`. Members of this
  // call: API_UpdateTerminationProtection.
  triggers: calls('cloudformation.amazonaws.com', 'UpdateTerminationProtection'),
  permissions: {
    read: [{ actions: ['cloudformation:DescribeStacks'], resources: [stacks] }],
    write: [{ actions: ['cloudformation:UpdateTerminationProtection'], resources: [stacks] }],
  },
  detect(signal) {
    if (signal.kind !== 'call') return [];
    const stack = stackOf(signal);
    if (stack === undefined) return unreadable('requestParameters.stackName');
    const on = `${member(signal.request, 'enableTerminationProtection')}`.toLowerCase();
    if (on !== 'true' && on !== 'false') return unreadable('requestParameters.enableTerminationProtection');
    if (on === 'true') return [];
    const reason = `the stack ${nameOf(stack)} may be deleted: its termination protection was turned off`;
    const resource = parseArn(stack) ? stack : arn(signal, 'cloudformation', `stack/${stack}/*`);
    return [{ target: { stack }, resource, reason, certainty: 'certain' }];
  },
  fix: {
    kind: 'state',
    lens: protection,
    desire: (on) =>
      on === null ? { unknown: 'the stack is gone, or is being deleted: nothing protects it now' } : true,
  },
});

/** CloudFormation answers with the stack's ARN, and may be asked by it or by the name alone. */
const stackOf = ({ request, response }: Call): string | undefined =>
  text(response, 'stackId') ?? text(request, 'stackName');
