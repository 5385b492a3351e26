import { DescribeKeyCommand, GetKeyRotationStatusCommand, type KeyState, KMSClient } from '@aws-sdk/client-kms';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { rotation } from '../../functions/kms/lenses/rotation.ts';
import { rotationOff } from '../../functions/kms/rotation-off.ts';
import { context } from '../support/detecting.ts';

const key = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const kms = mockClient(KMSClient);
const wanted = (state: Awaited<ReturnType<typeof rotation.read>>): unknown =>
  rotationOff.fix?.desire(state, context({ key }, {}));

beforeEach(() => {
  kms.reset();
});

describe('a key whose rotation is off', () => {
  const read = (KeyState: KeyState | undefined): ReturnType<typeof rotation.read> => {
    kms.on(GetKeyRotationStatusCommand).resolves({ KeyRotationEnabled: false });
    kms.on(DescribeKeyCommand).resolves({ KeyMetadata: { KeyId: key, ...(KeyState && { KeyState }) } });
    return rotation.read({ key });
  };

  it('is given it back while the key is enabled', async () => {
    for (const state of ['Enabled', undefined] as const) expect(wanted(await read(state))).toBe(365);
  });

  it.each(['Disabled', 'PendingDeletion', 'Unavailable'] as const)('is told of while it is %s', async (state) => {
    expect(wanted(await read(state))).toEqual({
      unknown: expect.stringMatching(new RegExp(`^rotation is off, ${state}: .*enable-key-rotation --key-id ${key}$`)),
    });
  });

  it('is left alone where it is on again, and no more is asked', async () => {
    kms.on(GetKeyRotationStatusCommand).resolves({ KeyRotationEnabled: true, RotationPeriodInDays: 180 });
    expect(wanted(await rotation.read({ key }))).toBe(180);
    expect(kms.commandCalls(DescribeKeyCommand)).toHaveLength(0);
  });
});
