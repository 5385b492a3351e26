import { arn } from '../../shared/aws/arn.ts';
import { named } from '../../shared/aws/telling.ts';
import { calls, rule } from '../../shared/core/rule.ts';
import { type Session, session } from './lenses/session.ts';

const hub = 'https://docs.aws.amazon.com/securityhub/latest/userguide/macie-controls.html#macie-1';
const reference = 'https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonmacie.html';

export const disabled = rule({
  id: 'macie/disabled',
  title: 'Macie was switched off',
  severity: 'high',
  why: 'Nobody looks any more for personal data, or for buckets that are open, in this region. After DisableMacie its jobs, its settings and its findings are deleted for good; a paused Macie keeps them for ninety days.',
  class: 'G',
  watcher: true,
  breaks: 'nothing',
  risk: 'None to applications. Macie costs what it cost before.',
  mends:
    'switches Macie on again. A paused one goes on as it was; after DisableMacie it begins anew: its jobs, allow lists, identifiers, suppression rules and findings are gone and have to be made again.',
  undoes:
    'pauses Macie again; one that was enabled anew is disabled with your own credentials: the role that enables it may not.',
  responsibility: 'customer data',
  proof: 'fake',
  controls: [
    { framework: 'AWS Security Hub CSPM', id: 'Macie.1', source: hub },
    { framework: 'NIST SP 800-53 Rev. 5', id: 'SI-4', source: hub },
  ],
  // Amazon Macie User Guide, "Logging Macie API calls using AWS CloudTrail", shows DisableMacie with requestParameters
  // null. Member of UpdateMacieSession as in its API Reference.
  triggers: calls('macie2.amazonaws.com', 'DisableMacie', 'UpdateMacieSession'),
  permissions: {
    read: [{ actions: ['macie2:GetMacieSession'], resources: { noArn: `${reference}: no resource types` } }],
    write: [
      {
        actions: ['macie2:EnableMacie', 'macie2:UpdateMacieSession'],
        resources: { noArn: `${reference}: no resource types` },
      },
    ],
    undo: ['macie2:DisableMacie'],
  },
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
  fix: {
    kind: 'state',
    lens: session,
    // What EnableMacie sets where nothing else is asked for.
    desire: (state): Session => ({ status: 'ENABLED', frequency: state?.frequency ?? 'FIFTEEN_MINUTES' }),
  },
});
