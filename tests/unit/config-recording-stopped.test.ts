import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { inventory } from '../../functions/config/lenses/inventory.ts';
import { recorder } from '../../functions/config/lenses/recorder.ts';
import { recordingStopped } from '../../functions/config/recording-stopped.ts';
import { context } from '../support/detecting.ts';

const target = { region: 'eu-west-1' };
const recorded = {
  recorder: { name: 'default', roleARN: 'arn:aws:iam::111122223333:role/config' },
  channel: { name: 'default', s3BucketName: 'config-111122223333' },
};
const gone = { recorder: null, channel: null, recording: null };
const desire = (
  state: Parameters<typeof inventory.desire>[0],
  baseline: Parameters<typeof inventory.desire>[1]['baseline'],
) => inventory.desire(state, context(target, baseline));

describe('what was deleted', () => {
  it('is told of where firebreak.yml does not record it: settings are not guessed', () => {
    expect(desire(gone, {})).toMatchObject({ unknown: expect.stringContaining('no recorder any more') });
    expect(desire(gone, { recorder: recorded.recorder })).toMatchObject({
      unknown: expect.stringContaining('no channel any more'),
    });
  });

  describe('is made anew as it was learned', () => {
    const arn = (service: string, account: string): string => `arn:aws:${service}:eu-west-1:${account}:a`;
    const wanted = (state: object, trusted: readonly string[] = [], baseline = {}): unknown => {
      const known = context(target, baseline, { state: state as never, by: 'lee', at: '2026-03-01T00:00:00Z' });
      return inventory.desire(gone, { ...known, home: { ...known.home, trusted } });
    };
    const learned = { ...recorded, recording: { name: 'default', recording: true } };

    it('and started; firebreak.yml comes first', () => {
      expect(wanted(learned)).toEqual(learned);
      const set = { ...recorded.channel, s3BucketName: 'another' };
      expect(wanted(learned, [], { channel: set })).toEqual({ ...learned, channel: set });
      expect(wanted({ recorder: recorded.recorder, channel: null })).toMatchObject({
        unknown: expect.stringContaining('no channel'),
      });
    });

    it.each([
      ['recorder', { recorder: { ...recorded.recorder, roleARN: arn('iam', '444455556666') } }],
      ['topic', { channel: { ...recorded.channel, snsTopicARN: arn('sns', '444455556666') } }],
      ['key', { channel: { ...recorded.channel, s3KmsKeyArn: arn('kms', '444455556666') } }],
    ])('but not with a stranger’s %s', (_, part) => {
      expect(wanted({ ...learned, ...part })).toMatchObject({ unknown: expect.stringContaining('444455556666') });
      expect(wanted({ ...learned, ...part }, ['444455556666'])).toEqual({ ...learned, ...part });
    });

    it('by the call that starts it, which comes last', () => {
      const names = inventory.learns?.triggers.map((one) => (one.kind === 'call' ? one.name : ''));
      expect(names).toContain('StartConfigurationRecorder');
    });
  });

  it('is made anew as recorded, and started', () => {
    expect(desire(gone, recorded)).toEqual({ ...recorded, recording: { name: 'default', recording: true } });
  });

  it('leaves alone what is there, whatever is recorded', () => {
    const there = {
      recorder: { name: 'teams', roleARN: 'arn:aws:iam::111122223333:role/other' },
      channel: { name: 'teams', s3BucketName: 'other' },
      recording: { name: 'teams', recording: false },
    };
    expect(desire(there, recorded)).toEqual({ ...there, recording: { name: 'teams', recording: true } });
  });

  it('is taken away on the way back in reverse: stopped first, the recorder last', () => {
    expect(Object.keys(inventory.lens.back?.(gone, recorded) ?? {})).toEqual(['recording', 'channel', 'recorder']);
    expect(inventory.lens.undo(gone, { ...recorded, recording: { name: 'default', recording: true } })).toBe(
      'operator',
    );
  });
});

describe('settings that Config spells out', () => {
  const group = (recordingGroup?: object) =>
    recorder.canon?.({ ...recorded.recorder, ...(recordingGroup && { recordingGroup }) });

  it('are those that left it to Config', () => {
    const all = {
      allSupported: true,
      includeGlobalResourceTypes: false,
      resourceTypes: [],
      exclusionByResourceTypes: { resourceTypes: [] },
      recordingStrategy: { useOnly: 'ALL_SUPPORTED_RESOURCE_TYPES' },
    };
    expect(group(all)).toEqual(group());
    expect(group({ allSupported: true })).toEqual(group());
  });

  it('are others where a type more or less is recorded', () => {
    const some = group({ resourceTypes: ['AWS::EC2::Instance', 'AWS::S3::Bucket'] });
    expect(group({ resourceTypes: ['AWS::S3::Bucket', 'AWS::EC2::Instance'] })).toEqual(some);
    expect(group({ resourceTypes: ['AWS::EC2::Instance'] })).not.toEqual(some);
    expect(
      group({ exclusionByResourceTypes: { resourceTypes: ['AWS::EC2::Instance', 'AWS::S3::Bucket'] } }),
    ).not.toEqual(some);
    expect(group({ allSupported: true, includeGlobalResourceTypes: true })).not.toEqual(group());
  });
});

describe('what firebreak.yml may record', () => {
  const read = (value: unknown) => recordingStopped.baseline && v.safeParse(recordingStopped.baseline, value);

  it('is nothing, or a recorder and a channel with their names left out', () => {
    expect(read({})).toMatchObject({ success: true, output: {} });
    const { name: _, ...unnamed } = recorded.channel;
    expect(read({ channel: unnamed })).toMatchObject({ success: true, output: { channel: recorded.channel } });
  });

  it.each([
    { recorder: { name: 'default' } },
    { recorder: { roleARN: 'config-role' } },
    { channel: { name: 'default' } },
    { channel: { s3BucketName: 'b', bucket: 'b' } },
    { recorders: [] },
  ])('is not %o', (value) => {
    expect(read(value)).toMatchObject({ success: false });
  });
});
