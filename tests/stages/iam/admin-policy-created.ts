import {
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  DeletePolicyVersionCommand,
  IAMClient,
} from '@aws-sdk/client-iam';
import { client } from '../../../shared/aws/client.ts';
import type { Json } from '../../../shared/core/json.ts';
import type { Stage } from '../../support/stage.ts';

const document = (Statement: Json): string => JSON.stringify({ Version: '2012-10-17', Statement });
const reads = document([{ Sid: 'Ümlaut', Effect: 'Allow', Action: ['s3:GetObject'], Resource: 'arn:aws:s3:::a/*' }]);
const writes = document({ Effect: 'Allow', Action: 's3:PutObject', Resource: 'arn:aws:s3:::a/*' });
const everything = document({ Effect: 'Allow', Action: '*', Resource: '*' });
const rights = document([{ Effect: 'Allow', Action: 'iam:*', Resource: '*' }]);

/** Versions v1, v2 and so on, of which those named were deleted since, and the last is in force. */
const stage = (
  name: string,
  documents: readonly [string, ...string[]],
  o: { gone?: readonly string[]; learned?: string; after: string },
): Stage => {
  const all = Object.fromEntries(documents.map((one, index) => [`v${index + 1}`, one]));
  const left = Object.fromEntries(Object.entries(all).filter(([id]) => !o.gone?.includes(id)));
  return {
    rule: 'iam/admin-policy-created',
    name,
    ...(o.learned !== undefined && { learned: { version: o.learned, documents: all } }),
    async set() {
      const iam = client(IAMClient);
      const [first, ...others] = documents;
      const made = await iam.send(
        new CreatePolicyCommand({ PolicyName: `stage ${name}`, Path: '/teams/', PolicyDocument: first }),
      );
      const policy = made.Policy?.Arn ?? '';
      for (const PolicyDocument of others)
        await iam.send(new CreatePolicyVersionCommand({ PolicyArn: policy, PolicyDocument, SetAsDefault: true }));
      for (const VersionId of o.gone ?? [])
        await iam.send(new DeletePolicyVersionCommand({ PolicyArn: policy, VersionId }));
      return {
        target: { policy, first: false, region: 'us-east-1' },
        after: { version: o.after, documents: left },
        call: {
          name: 'CreatePolicyVersion',
          request: { policyArn: policy, policyDocument: documents.at(-1) ?? '', setAsDefault: true },
        },
        async clear() {},
      };
    },
  };
};

export const stages: readonly Stage[] = [
  stage('the second version; the first is the only other one', [reads, everything], { after: 'v1' }),
  stage('the last of five, and which one was in force was learned', [reads, everything, writes, reads, rights], {
    learned: 'v3',
    after: 'v3',
  }),
  stage('what was learned is gone, and one other is left', [reads, writes, rights], {
    gone: ['v2'],
    learned: 'v2',
    after: 'v1',
  }),
];
