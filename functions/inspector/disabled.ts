import { arn } from '../../shared/aws/arn.ts';
import { listed, member } from '../../shared/aws/telling.ts';
import { calls, rule } from '../../shared/core/rule.ts';
import { isOn, type Scanning, scanning } from './lenses/scanning.ts';

const hub = 'https://docs.aws.amazon.com/securityhub/latest/userguide/inspector-controls.html#inspector-1';
const reference = 'https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoninspector2.html';

export const disabled = rule({
  id: 'inspector/disabled',
  title: 'Inspector was switched off, wholly or in part',
  severity: 'high',
  why: 'Vulnerable software on instances, in images and in functions is not found any more in this region. Once nothing is scanned, Inspector’s findings are deleted, too.',
  class: 'G',
  watcher: true,
  breaks: 'nothing',
  risk: 'None to applications. The scans cost what they cost before.',
  mends:
    'switches on the scans that the call names; where it names none, those that were seen to be on for a day. Findings, suppression rules and settings of an Inspector that was switched off wholly are gone. For other accounts, and without such a state, the rule only tells.',
  undoes: 'switches the scans off again, with your own credentials: the role that switches them on may not.',
  responsibility: 'operating system, network and firewall configuration',
  proof: 'emulator',
  controls: [
    { framework: 'AWS Security Hub CSPM', id: 'Inspector.1', source: hub },
    { framework: 'PCI DSS v4.0.1', id: '11.3.1', source: hub },
  ],
  // "CloudTrail captures all API calls for Amazon Inspector as events": Amazon Inspector User Guide, "Logging Amazon
  // Inspector API calls using AWS CloudTrail". Members: Amazon Inspector API Reference, Disable.
  triggers: calls('inspector2.amazonaws.com', 'Disable'),
  unconfirmed:
    'No recorded event shows a call of Inspector: eventSource inspector2.amazonaws.com follows from the service’s prefix.',
  permissions: {
    read: [{ actions: ['inspector2:BatchGetAccountStatus'], resources: { noArn: `${reference}: no resource types` } }],
    write: [{ actions: ['inspector2:Enable'], resources: { noArn: `${reference}: no resource types` } }],
    undo: ['inspector2:Disable'],
  },
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
  fix: {
    kind: 'state',
    lens: scanning,
    learns: {
      triggers: calls('inspector2.amazonaws.com', 'Enable'),
      target: ({ region }) => (region === null ? null : { region, types: [], ours: true }),
    },
    desire(state, { target: { types }, learned }) {
      if (state === null || state === 'elsewhere')
        return {
          unknown: 'it was switched off for other accounts: aws inspector2 enable --account-ids … --resource-types …',
        };
      const before = learned === null || learned.state === 'elsewhere' ? {} : learned.state;
      // What an earlier call switched off, and somebody left so, is none of this one's.
      const on = new Set(types.length > 0 ? types : Object.keys(before).filter((type) => isOn(before[type])));
      if (on.size === 0)
        return { unknown: 'which scans were on before is not known: aws inspector2 enable --resource-types …' };
      return allOn(state, on);
    },
  },
});

const allOn = (state: Exclude<Scanning, string>, on: ReadonlySet<string>): Scanning => ({
  ...state,
  ...Object.fromEntries([...on].filter((type) => !isOn(state[type])).map((type) => [type, 'ENABLED' as const])),
});
