import { openedBy } from '../../shared/aws/opened.ts';
import { member } from '../../shared/aws/telling.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';
import { secretOf } from './lenses/secret.ts';

export const publicPolicy = rule({
  id: 'secrets/public-policy',
  title: 'The policy of a secret lets strangers in',
  severity: 'critical',
  why: 'Whoever the policy lets in may read the secret, or change it, as far as the key that encrypts it lets them. A secret that strangers may have read has to be replaced.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'customer data',
  controls: [],
  // secretsmanager/latest/userguide/cloudtrail_log_entries.html names the event; members: API_PutResourcePolicy. The
  // queries of github.com/DavidDikker/endgame, docs/risks/secretsmanager.md, find a text in `resourcePolicy`.
  triggers: calls('secretsmanager.amazonaws.com', 'PutResourcePolicy'),
  detect(signal, _baseline, home) {
    if (signal.kind !== 'call') return [];
    const opened = openedBy(member(signal.request, 'resourcePolicy'), home);
    if (opened === null) return [];
    const secret = secretOf(signal);
    if (secret === undefined) return unreadable('requestParameters.secretId');
    const { reason, certainty, named } = opened;
    return [{ target: { secret, named }, resource: secret, reason, certainty }];
  },
});
