import { arn } from '../../shared/aws/arn.ts';
import { failedControls, nonCompliant, witness } from '../../shared/aws/noticed.ts';
import { calls, rule } from '../../shared/core/rule.ts';
import { defaultEncryption, type Setting } from './lenses/default-encryption.ts';
import { anywhere } from './lenses/grants.ts';
import { regionOf } from './lenses/record.ts';

const page = 'https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-7';

export const ebsDefaultEncryption = rule<Setting, boolean>({
  id: 'ec2/ebs-default-encryption',
  title: 'New volumes are no longer encrypted by default',
  severity: 'medium',
  why: 'From now on every volume and snapshot copy that does not ask for encryption is made without it, and nobody notices: a volume can’t be encrypted later, only copied.',
  class: 'G',
  breaks: 'nothing',
  risk: 'None to volumes that exist. Whoever makes a volume or copies a snapshot needs the right to use the default key again, as before.',
  mends: 'turns encryption by default on again in that region. Which key it uses is not changed.',
  undoes: 'turns it off again, with your own credentials: the role that turns it on can’t turn it off.',
  responsibility: 'encryption and network traffic protection',
  proof: 'emulator',
  controls: [
    { framework: 'AWS Security Hub CSPM', id: 'EC2.7', source: page },
    { framework: 'CIS AWS Foundations v3.0.0', id: '2.2.1', source: page },
    { framework: 'NIST SP 800-53 Rev. 5', id: 'SC-28', source: page },
  ],
  // The event's name: Sigma's "AWS EC2 Disable EBS Encryption" and Panther's AWS.EC2.EBS.Encryption.Disabled. The region is
  // all that has to be known of it.
  triggers: [
    ...calls('ec2.amazonaws.com', 'DisableEbsEncryptionByDefault'),
    ...failedControls('EC2.7'),
    // https://docs.aws.amazon.com/config/latest/developerguide/ec2-ebs-encryption-by-default.html
    nonCompliant('ec2-ebs-encryption-by-default'),
  ],
  permissions: {
    read: [anywhere('ec2:GetEbsEncryptionByDefault')],
    write: [anywhere('ec2:EnableEbsEncryptionByDefault')],
    undo: ['ec2:DisableEbsEncryptionByDefault'],
  },
  detect(signal) {
    const region = regionOf(signal);
    const where = region === null ? '' : ` in ${region}`;
    const about = {
      target: { region },
      resource: arn({ ...signal, region }, 'iam', 'root', { regional: false, owned: true }),
    };
    return signal.kind === 'call'
      ? [{ ...about, reason: `new volumes are no longer encrypted by default${where}`, certainty: 'certain' }]
      : [
          {
            ...about,
            reason: `${witness(signal)}: new volumes are not encrypted by default${where}`,
            certainty: 'possible',
          },
        ];
  },
  fix: { kind: 'state', lens: defaultEncryption, desire: () => true },
});
