import {
  AttachUserPolicyCommand,
  CreateAccessKeyCommand,
  CreatePolicyCommand,
  CreateUserCommand,
  DeleteAccessKeyCommand,
  DeletePolicyCommand,
  DeleteUserCommand,
  DetachUserPolicyCommand,
  IAMClient,
  type StatusType,
  UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam';
import { client, orNull } from '../../../shared/aws/client.ts';
import type { Stage } from '../../support/stage.ts';

const quarantine = (name: string): string => `arn:aws:iam::aws:policy/${name}`;

/** A user with a path, another key, a policy whose name looks like a quarantine, and these of AWS's. */
const stage = (name: string, user: string, status: StatusType, attached: readonly string[]): Stage => ({
  rule: 'iam/exposed-access-key',
  name,
  async set() {
    const iam = client(IAMClient);
    await iam.send(new CreateUserCommand({ UserName: user, Path: '/apps/' }));
    const look = await iam.send(
      new CreatePolicyCommand({
        PolicyName: `AWSCompromisedKeyQuarantine-${user}`,
        PolicyDocument: '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}',
      }),
    );
    const own = look.Policy?.Arn ?? '';
    for (const PolicyArn of [own, ...attached.map(quarantine)])
      await iam.send(new AttachUserPolicyCommand({ UserName: user, PolicyArn }));
    const keys: string[] = [];
    for (let n = 0; n < 2; n += 1) {
      const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: user }));
      keys.push(AccessKey?.AccessKeyId ?? '');
    }
    const key = keys[1] ?? '';
    if (status !== 'Active')
      await iam.send(new UpdateAccessKeyCommand({ UserName: user, AccessKeyId: key, Status: status }));
    return {
      target: { key, partition: 'aws', leave: null },
      report: { like: 'exposed', swap: { AKIAIOSFODNN7EXAMPLE: key } },
      after: {
        user,
        status: 'Inactive',
        quarantine: attached.length > 0 ? [...attached] : ['AWSCompromisedKeyQuarantineV3'],
      },
      async clear() {
        for (const PolicyArn of [own, ...attached.map(quarantine), quarantine('AWSCompromisedKeyQuarantineV3')])
          await orNull(['NoSuchEntityException'], () =>
            iam.send(new DetachUserPolicyCommand({ UserName: user, PolicyArn })),
          );
        await iam.send(new DeletePolicyCommand({ PolicyArn: own }));
        for (const AccessKeyId of keys) await iam.send(new DeleteAccessKeyCommand({ UserName: user, AccessKeyId }));
        await iam.send(new DeleteUserCommand({ UserName: user }));
      },
    };
  },
});

export const stages: readonly Stage[] = [
  stage('one of two keys of a user whom nobody put into quarantine', 'stage-exposed', 'Active', []),
  stage('a user whom AWS put into an older quarantine', 'stage-exposed-v2', 'Active', [
    'AWSCompromisedKeyQuarantineV2',
  ]),
  stage('a key that is inactive already, of a user without a quarantine', 'stage-exposed-off', 'Inactive', []),
];
