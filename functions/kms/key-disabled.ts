import { told } from '../../shared/aws/telling.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';
import { keyOf, nameless } from './lenses/key.ts';

export const keyDisabled = rule({
  id: 'kms/key-disabled',
  title: 'A key is disabled',
  severity: 'high',
  why: 'Nothing can be decrypted with it now: volumes do not attach, databases do not start, and applications fail on the next data key that they ask for. It is what comes before a key is deleted, and what blackmail looks like.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'encryption and network traffic protection',
  controls: [
    {
      framework: 'MITRE ATT&CK',
      id: 'T1485',
      source:
        'https://elastic.co/guide/en/security/8.16/aws-kms-customer-managed-key-disabled-or-scheduled-for-deletion.html',
    },
  ],
  // https://docs.aws.amazon.com/kms/latest/developerguide/ct-disablekey.html
  triggers: calls('kms.amazonaws.com', 'DisableKey'),
  detect(signal) {
    if (signal.kind !== 'call') return [];
    const key = keyOf(signal);
    return key === undefined ? unreadable(nameless) : told(key, 'the key encrypts and decrypts nothing any more');
  },
});
