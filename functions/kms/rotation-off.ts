import { told } from '../../shared/aws/telling.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';
import { keyOf, nameless } from './lenses/key.ts';

const page = 'https://docs.aws.amazon.com/securityhub/latest/userguide/kms-controls.html#kms-4';

export const rotationOff = rule({
  id: 'kms/rotation-off',
  title: 'Automatic rotation of a key is off',
  severity: 'medium',
  why: 'The key goes on with the same key material for ever: whoever gets hold of it once reads all that is encrypted from now on, too.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'encryption and network traffic protection',
  controls: [
    { framework: 'AWS Security Hub CSPM', id: 'KMS.4', source: page },
    { framework: 'CIS AWS Foundations v3.0.0', id: '3.6', source: page },
    { framework: 'NIST SP 800-53 Rev. 5', id: 'SC-12', source: page },
    { framework: 'PCI DSS v4.0.1', id: '3.7.4', source: page },
  ],
  // "CloudTrail logs all AWS KMS operations": kms/latest/developerguide/logging-using-cloudtrail.html. Of the twins,
  // ct-enablekeyrotation.html shows the shape; API_DisableKeyRotation has the same one member.
  triggers: calls('kms.amazonaws.com', 'DisableKeyRotation'),
  detect(signal) {
    if (signal.kind !== 'call') return [];
    const key = keyOf(signal);
    return key === undefined ? unreadable(nameless) : told(key, 'its key material is not renewed by itself any more');
  },
});
