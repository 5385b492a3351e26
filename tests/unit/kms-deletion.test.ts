import {
  CancelKeyDeletionCommand,
  DescribeKeyCommand,
  type KeyState,
  KMSClient,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { deletionScheduled } from '../../functions/kms/deletion-scheduled.ts';
import { deletion } from '../../functions/kms/lenses/deletion.ts';
import { fault } from '../../shared/core/fault.ts';
import { type Call, normalise } from '../../shared/core/signal.ts';
import { context, detected } from '../support/detecting.ts';

const key = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const kms = mockClient(KMSClient);
const state = (KeyState: KeyState) => ({ KeyMetadata: { KeyId: key, KeyState } });
const refused = fault('KMSInvalidStateException', 'not in this state');

beforeEach(() => {
  kms.reset();
});

describe('the lens', () => {
  it('takes a key that is gone for absent', async () => {
    kms.on(DescribeKeyCommand).rejects(fault('NotFoundException', 'no such key'));
    expect(await deletion.read({ key })).toBe(null);
  });

  it('passes on what it may not read', async () => {
    kms.on(DescribeKeyCommand).rejects(fault('AccessDeniedException', 'the key policy says no'));
    await expect(deletion.read({ key })).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });

  it('schedules with the longest waiting period', async () => {
    await deletion.write({ key }, 'Disabled', 'PendingDeletion');
    const [call] = kms.commandCalls(ScheduleKeyDeletionCommand);
    expect(call?.args[0].input).toEqual({ KeyId: key, PendingWindowInDays: 30 });
  });

  const retries: readonly [KeyState, KeyState][] = [
    ['Disabled', 'Disabled'],
    // Somebody enabled it since: that, too, is not waiting for its deletion.
    ['Disabled', 'Enabled'],
    ['PendingDeletion', 'PendingReplicaDeletion'],
  ];
  it.each(retries)('finds its own earlier work done: %s wanted, %s found', async (wanted, found) => {
    kms.on(CancelKeyDeletionCommand).rejects(refused).on(ScheduleKeyDeletionCommand).rejects(refused);
    kms.on(DescribeKeyCommand).resolves(state(found));
    await deletion.write({ key }, 'PendingDeletion', wanted);
  });

  it('does not take a refusal for done', async () => {
    kms.on(CancelKeyDeletionCommand).rejects(refused).on(DescribeKeyCommand).resolves(state('PendingDeletion'));
    await expect(deletion.write({ key }, 'PendingDeletion', 'Disabled')).rejects.toBe(refused);
  });

  it.each(['Enabled', 'PendingImport', null] as const)('does not make a key %s', async (to) => {
    await expect(deletion.write({ key }, 'PendingDeletion', to)).rejects.toMatchObject({ name: 'NotWritable' });
    expect(kms.calls()).toEqual([]);
  });
});

describe('the rule', () => {
  const call = (request: object | null, responseElements: object | null): Call => {
    const record = { eventName: 'ScheduleKeyDeletion', eventSource: 'kms.amazonaws.com', awsRegion: 'eu-west-1' };
    const read = normalise({
      ...record,
      recipientAccountId: '111122223333',
      requestParameters: request,
      responseElements,
    });
    if ('unparsed' in read) throw new Error(read.unparsed);
    return read.signals[0] as Call;
  };
  const id = '1234abcd-12ab-34cd-56ef-1234567890ab';

  it.each([
    ['the answer’s ARN', { keyId: id }, { keyId: key }],
    ['the ARN that was asked for', { keyId: key }, null],
    ['the id, in the account and region of the call', { keyId: id }, null],
  ])('knows the key by %s', (_, request, response) => {
    expect(detected(deletionScheduled, call(request, response))).toMatchObject([{ target: { key }, resource: key }]);
  });

  it('says that it cannot tell where no key is named', () => {
    const found = deletionScheduled.detect(call(null, null), {}, { account: '111122223333' });
    expect(found).toEqual({ unreadable: 'requestParameters.keyId' });
  });

  it.each(['Enabled', 'Disabled', 'PendingImport', 'Unavailable', null])('leaves a key alone that is %s', (now) => {
    expect(deletionScheduled.fix?.desire(now, context({ key }, {}))).toBe(now);
  });
});
