import { arn } from '../../shared/aws/arn.ts';
import { listed, member } from '../../shared/aws/telling.ts';
import { calls, rule } from '../../shared/core/rule.ts';

const hub = 'https://docs.aws.amazon.com/securityhub/latest/userguide/inspector-controls.html#inspector-1';

export const disabled = rule({
  id: 'inspector/disabled',
  title: 'Inspector was switched off, wholly or in part',
  severity: 'high',
  why: 'Vulnerable software on instances, in images and in functions is not found any more in this region. Once nothing is scanned, Inspector’s findings are deleted, too.',
  class: 'N',
  watcher: true,
  breaks: 'nothing',
  responsibility: 'operating system, network and firewall configuration',
  controls: [
    { framework: 'AWS Security Hub CSPM', id: 'Inspector.1', source: hub },
    { framework: 'PCI DSS v4.0.1', id: '11.3.1', source: hub },
  ],
  // "CloudTrail captures all API calls for Amazon Inspector as events": Amazon Inspector User Guide, "Logging Amazon
  // Inspector API calls using AWS CloudTrail". Members: Amazon Inspector API Reference, Disable.
  triggers: calls('inspector2.amazonaws.com', 'Disable'),
  unconfirmed:
    'No recorded event shows a call of Inspector: eventSource inspector2.amazonaws.com follows from the service’s prefix.',
  detect(signal) {
    if (signal.kind !== 'call') return [];
    // The answer lists the accounts for which it was done, and those for which it was refused.
    const [done, refused] = [member(signal.response, 'accounts'), member(signal.response, 'failedAccounts')];
    if (Array.isArray(done) && done.length === 0 && Array.isArray(refused) && refused.length > 0) return [];
    // Without types all of them are switched off; without accounts it is the caller's own.
    const types = listed(member(signal.request, 'resourceTypes'));
    const accounts = listed(member(signal.request, 'accountIds'));
    const others = accounts.filter((account) => account !== signal.account);
    const whose = others.length > 0 ? ` for the accounts ${accounts.join(', ')}` : '';
    const reason = `Inspector scans ${types.length > 0 ? `no more ${types.join(', ')}` : 'nothing any more'}${whose}`;
    const target = { region: signal.region, types, ours: accounts.length === 0 || others.length < accounts.length };
    return [{ target, resource: arn(signal, 'inspector2', '*'), reason, certainty: 'certain' }];
  },
});
