import { calls, rule } from '../../shared/core/rule.ts';
import { imageShares, type Shares } from './lenses/shares.ts';
import { anyImage, givenAway, images, notGivenAway, type Shared } from './lenses/sharing.ts';

export const imageForeign = rule<Shared, Shares>({
  id: 'ec2/image-foreign',
  title: 'An image is shared with strangers',
  severity: 'high',
  why: 'The account or organisation can start instances from the image and read all that is on its disks. To share an image is how data leaves an account without a byte crossing the network.',
  class: 'C',
  breaks: 'access',
  risk: 'Those accounts and organisations can start no instance from the image any more, and their Auto Scaling groups fail when they need one. An account of your own organisation counts as a stranger unless firebreak.yml names it under trusted.',
  mends:
    'ends the shares with accounts, organisations and units that are neither this account nor named in firebreak.yml. The others stay; instances that were started from it go on running.',
  undoes: 'shares the image with them again.',
  proof: 'emulator',
  responsibility: 'customer data',
  controls: [{ framework: 'MITRE ATT&CK', id: 'T1537', source: 'https://attack.mitre.org/techniques/T1537/' }],
  triggers: calls('ec2.amazonaws.com', 'ModifyImageAttribute'),
  permissions: {
    read: [{ actions: ['ec2:DescribeImageAttribute'], resources: [anyImage] }],
    write: [{ actions: ['ec2:ModifyImageAttribute'], resources: [anyImage] }],
  },
  detect: (signal, _baseline, home) => givenAway(images, signal, home),
  fix: { kind: 'state', lens: imageShares, desire: (shares, { home }) => notGivenAway(shares, home) },
});
