import { calls, rule } from '../../shared/core/rule.ts';
import { imageShares, type Shares } from './lenses/shares.ts';
import { anyImage, images, notPublic, opened, type Shared } from './lenses/sharing.ts';

export const imagePublic = rule<Shared, Shares>({
  id: 'ec2/image-public',
  title: 'An image is shared with everyone',
  severity: 'critical',
  why: 'Anybody with an AWS account can start an instance from the image and read all that is on its disks: code, configuration, keys that were left behind. Public images are listed and searched for secrets.',
  class: 'G',
  breaks: 'nothing',
  risk: 'None to this account: its own instances start from the image as before. Others who relied on a public image can start none any more; exempt what is published on purpose.',
  mends:
    'ends the share with everyone. Shares with single accounts and organisations stay; instances that strangers started from it go on running.',
  undoes: 'shares the image with everyone again. Block public access for images, where it is on, refuses that.',
  proof: 'emulator',
  responsibility: 'customer data',
  controls: [{ framework: 'MITRE ATT&CK', id: 'T1537', source: 'https://attack.mitre.org/techniques/T1537/' }],
  triggers: calls('ec2.amazonaws.com', 'ModifyImageAttribute'),
  permissions: {
    read: [{ actions: ['ec2:DescribeImageAttribute'], resources: [anyImage] }],
    write: [{ actions: ['ec2:ModifyImageAttribute'], resources: [anyImage] }],
  },
  detect: (signal) => opened(images, signal),
  fix: { kind: 'state', lens: imageShares, desire: notPublic },
});
