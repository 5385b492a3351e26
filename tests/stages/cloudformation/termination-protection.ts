import { randomUUID } from 'node:crypto';
import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  UpdateTerminationProtectionCommand,
  waitUntilStackCreateComplete,
} from '@aws-sdk/client-cloudformation';
import type { Stage } from '../../support/stage.ts';

const template = JSON.stringify({ Resources: { Topic: { Type: 'AWS::SNS::Topic' } } });

/** A stack whose protection is off: it was turned off, or never on. */
const stage = (name: string, o: { byName?: true; neverOn?: true }): Stage => ({
  rule: 'cloudformation/termination-protection',
  name,
  async set() {
    const cloudformation = new CloudFormationClient({});
    const StackName = `stage-${randomUUID()}`;
    const protect = async (EnableTerminationProtection: boolean): Promise<void> =>
      void (await cloudformation.send(
        new UpdateTerminationProtectionCommand({ StackName, EnableTerminationProtection }),
      ));
    const { StackId = '' } = await cloudformation.send(
      new CreateStackCommand({ StackName, TemplateBody: template, EnableTerminationProtection: !o.neverOn }),
    );
    await waitUntilStackCreateComplete({ client: cloudformation, maxWaitTime: 30, minDelay: 1 }, { StackName });
    if (!o.neverOn) await protect(false);
    const asked = { stackName: StackName, enableTerminationProtection: false };
    return {
      target: { stack: o.byName ? StackName : StackId },
      after: true,
      call: {
        name: 'UpdateTerminationProtection',
        request: asked,
        ...(!o.byName && { response: { stackId: StackId } }),
      },
      async clear() {
        await protect(false);
        await cloudformation.send(new DeleteStackCommand({ StackName }));
      },
    };
  },
});

export const stages: readonly Stage[] = [
  stage('a stack that was protected', {}),
  stage('a stack that is known by its name alone', { byName: true }),
  stage('a stack that was never protected', { neverOn: true }),
];
