import { arn } from '../../shared/aws/arn.ts';
import { named } from '../../shared/aws/telling.ts';
import { calls, rule } from '../../shared/core/rule.ts';

const hub = 'https://docs.aws.amazon.com/securityhub/latest/userguide/macie-controls.html#macie-1';

export const disabled = rule({
  id: 'macie/disabled',
  title: 'Macie was switched off',
  severity: 'high',
  why: 'Nobody looks any more for personal data, or for buckets that are open, in this region. After DisableMacie its jobs, its settings and its findings are deleted for good; a paused Macie keeps them for ninety days.',
  class: 'N',
  watcher: true,
  breaks: 'nothing',
  responsibility: 'customer data',
  controls: [
    { framework: 'AWS Security Hub CSPM', id: 'Macie.1', source: hub },
    { framework: 'NIST SP 800-53 Rev. 5', id: 'SI-4', source: hub },
  ],
  // Amazon Macie User Guide, "Logging Macie API calls using AWS CloudTrail", shows DisableMacie with requestParameters
  // null. Member of UpdateMacieSession as in its API Reference.
  triggers: calls('macie2.amazonaws.com', 'DisableMacie', 'UpdateMacieSession'),
  detect(signal) {
    if (signal.kind !== 'call') return [];
    const gone = signal.name === 'DisableMacie';
    // Without a status only the frequency of publishing is changed.
    if (!gone && named(signal.request, 'status') !== 'PAUSED') return [];
    const reason = gone
      ? 'Macie was disabled in this region: its jobs, settings and findings are deleted'
      : 'Macie was paused in this region';
    return [{ target: { region: signal.region }, resource: arn(signal, 'macie2', '*'), reason, certainty: 'certain' }];
  },
});
