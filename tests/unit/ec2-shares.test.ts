/** Whom snapshots and images are shared with: what the role may do about it, and whose an organisation is. */
import { describe, expect, it } from 'vitest';
import { imageForeign } from '../../functions/ec2/image-foreign.ts';
import { imageShares, snapshotShares } from '../../functions/ec2/lenses/shares.ts';
import type { Home } from '../../shared/core/mode.ts';
import { hasFix } from '../../shared/core/rule.ts';
import { context } from '../support/detecting.ts';
import { allows } from '../support/iam.ts';
import { policiesOf } from '../support/roles.ts';

describe('the role', () => {
  const asked = { action: 'ec2:ModifySnapshotAttribute', resource: 'arn:aws:ec2:us-east-1::snapshot/snap-1' };
  const may = (context: Readonly<Record<string, string>>): Promise<boolean> =>
    allows(policiesOf('ec2'), { ...asked, context });

  it('may end shares of snapshots, and add none', async () => {
    expect(await may({ 'ec2:Remove/group': 'all' })).toBe(true);
    expect(await may({ 'ec2:Remove/userId': '444455556666' })).toBe(true);
    expect(await may({ 'ec2:Add/group': 'all' })).toBe(false);
    expect(await may({ 'ec2:Add/userId': '444455556666' })).toBe(false);
  });

  it('leaves the way back to a person there', () => {
    expect(snapshotShares.undo(['all'], [])).toBe('operator');
    expect(imageShares.undo(['all'], [])).toBe('restore');
  });
});

describe('what stays', () => {
  const ours = 'arn:aws:organizations::111122223333:organization/o-exampleorgid';
  const unit = 'arn:aws:organizations::111122223333:ou/o-exampleorgid/ou-ab12-c3d4e5f6';
  const theirs = 'arn:aws:organizations::444455556666:organization/o-anotherorgid';
  const shares = ['all', '111122223333', '444455556666', '777788889999', ours, unit, theirs];
  const left = (home: Home): unknown =>
    hasFix(imageForeign) && imageForeign.fix.desire(shares, { ...context({ id: 'ami-1' }, {}), home });

  it('is our own, and the share with everyone, which is another rule’s', () => {
    const home = { account: '111122223333', organization: 'o-exampleorgid', trusted: ['777788889999'] };
    expect(left(home)).toEqual(['all', '111122223333', '777788889999', ours, unit]);
    expect(left({ account: '111122223333' })).toEqual(['all', '111122223333']);
  });

  it('is nothing of an image that is gone', async () => {
    expect(hasFix(imageForeign) && imageForeign.fix.desire(null, context({ id: 'ami-1' }, {}))).toBeNull();
    await expect(imageShares.write({ id: 'ami-1' }, ['all'], null)).rejects.toThrow(/what is gone/);
  });
});
