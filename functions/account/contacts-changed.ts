import { arn } from '../../shared/aws/arn.ts';
import { told } from '../../shared/aws/telling.ts';
import { text } from '../../shared/core/json.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';

export const contactsChanged = rule({
  id: 'account/contacts-changed',
  title: 'A contact of the account was changed',
  severity: 'medium',
  why: 'AWS writes to these people about abuse, exposed keys and bills. Who changes them reads the warnings, or sees to it that nobody does.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'platform, applications, identity and access management',
  controls: [],
  // AWS Account Management Reference Guide, "Logging AWS Account Management API calls": its examples 2 and 3, and "all
  // Account Management API operations" for the third. Names and addresses in the request are nobody's business here.
  triggers: calls('account.amazonaws.com', 'PutAlternateContact', 'DeleteAlternateContact', 'PutContactInformation'),
  detect(signal) {
    if (signal.kind !== 'call') return [];
    const alternate = text(signal.request, 'alternateContactType')?.toLowerCase();
    const isPrimary = signal.name === 'PutContactInformation';
    if (!isPrimary && alternate === undefined) return unreadable('requestParameters.alternateContactType');
    const type = isPrimary ? 'primary' : alternate;
    // For a member of the organisation the request names its account.
    const account = text(signal.request, 'accountId') ?? signal.account;
    const resource = arn({ ...signal, account }, 'account', 'account', { regional: false, owned: true });
    const how = signal.name.startsWith('Delete') ? 'removed' : 'changed';
    return told(resource, `the ${type} contact of the account was ${how}`);
  },
});
