import * as v from 'valibot';
import { aboutRoot, isRootDevice } from '../../shared/aws/root.ts';
import { text } from '../../shared/core/json.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';
import { identityArn } from './lenses/identity.ts';
import { type Hold, hold, mfaHold, type OneFactor } from './lenses/mfa-hold.ts';
import { users } from './lenses/policies.ts';

const aWeek = 7;
const baseline = v.strictObject({
  days: v.optional(
    v.pipe(
      v.number(),
      v.integer(),
      v.minValue(1),
      v.maxValue(90),
      v.description('how long a user without a second factor is held'),
    ),
    aWeek,
  ),
});
type Baseline = { readonly days?: number };

export const userMfaRemoved = rule<OneFactor, Hold, Baseline>({
  id: 'iam/mfa-removed',
  title: 'A second factor of a user was removed',
  severity: 'medium',
  why: 'Unless the user has another device, the password alone opens the console from now on. Who took over a user removes the device that would keep them out next time.',
  class: 'C',
  function: 'iam-policies',
  breaks: 'access',
  risk: 'Until the hold ends the user’s access keys are refused, too, unless programs sign in with a second factor: whatever runs with them stops. A user whose policies let nobody set up a device of their own waits for an administrator.',
  mends:
    'where the user has a password and no other device: puts an inline policy on the user that denies everything but setting up a device, unless they are signed in with one. It is taken away by itself after a week, unless configured. Whoever has the password can set up a device of their own, where the user’s policies allow that: if this was not the user, change the password, too.',
  undoes: 'takes that policy away.',
  proof: 'emulator',
  responsibility: 'platform, applications, identity and access management',
  controls: [
    {
      framework: 'AWS Security Hub CSPM',
      id: 'IAM.5',
      source: 'https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html#iam-5',
    },
    {
      framework: 'CIS AWS Foundations v3.0.0',
      id: '1.10',
      source: 'https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html#iam-5',
    },
    {
      framework: 'PCI DSS v4.0.1',
      id: '8.4.2',
      source: 'https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html#iam-5',
    },
  ],
  // Members: userName and serialNumber, as in EnableMFADevice of the CloudTrail User Guide, "AWS Management Console
  // sign-in events", which calls the root user AWS ROOT USER: that is root/mfa-removed's.
  triggers: calls('iam.amazonaws.com', 'DeactivateMFADevice'),
  permissions: {
    read: [
      { actions: ['iam:ListMFADevices'], resources: [users] },
      { actions: ['iam:GetLoginProfile'], resources: [users] },
      { actions: ['iam:GetUserPolicy'], resources: [users] },
    ],
    write: [{ actions: ['iam:PutUserPolicy', 'iam:DeleteUserPolicy'], resources: [users] }],
  },
  baseline,
  detect(signal) {
    if (signal.kind !== 'call') return [];
    const asked = text(signal.request, 'userName');
    if (aboutRoot(signal) || isRootDevice(text(signal.request, 'serialNumber'))) return [];
    // Without a name the device is the caller's own (IAM API Reference, DeactivateMFADevice).
    const user = asked ?? (signal.actor.type === 'IAMUser' ? signal.actor.name : undefined);
    if (user === undefined) return unreadable('requestParameters.userName');
    return [
      {
        target: { user },
        resource: identityArn(signal, { kind: 'user', name: user }),
        reason: `a second factor of the user ${user} was removed; whether another is left is not told`,
        certainty: 'certain',
      },
    ];
  },
  fix: {
    kind: 'state',
    lens: mfaHold,
    until: ({ baseline: { days = aWeek } }) => days * 1440,
    desire: (state) => (state === null || state.devices > 0 || !state.password ? state : { ...state, policy: hold }),
  },
});
