import { isService } from '../../shared/aws/person.ts';
import { short } from '../../shared/aws/statement.ts';
import { at, text } from '../../shared/core/json.ts';
import { type Finding, rule, type Unreadable, unreadable } from '../../shared/core/rule.ts';
import type { Call, Other } from '../../shared/core/signal.ts';

const page = 'https://docs.aws.amazon.com/securityhub/latest/userguide/acm-controls.html#acm-1';

export const certificateExpiring = rule({
  id: 'acm/certificate-expiring',
  title: 'A certificate is about to end, or has ended',
  severity: 'medium',
  why: 'When it ends, browsers and clients refuse whatever it serves. ACM renews what it issued and can still validate; imported certificates it never renews.',
  class: 'N',
  // ACM writes every day until it is renewed: once a week is enough.
  folds: 10_080,
  breaks: 'nothing',
  responsibility: 'encryption and network traffic protection',
  controls: [
    { framework: 'AWS Security Hub CSPM', id: 'ACM.1', source: page },
    { framework: 'PCI DSS v4.0.1', id: '4.2.1', source: page },
  ],
  // https://docs.aws.amazon.com/acm/latest/userguide/supported-events.html, and for the call
  // https://docs.aws.amazon.com/acm/latest/userguide/acm-supported-actions-in-cloudtrail.html
  triggers: [
    { kind: 'event', source: 'aws.acm', detailType: 'ACM Certificate Approaching Expiration' },
    { kind: 'event', source: 'aws.acm', detailType: 'ACM Certificate Expired' },
    { kind: 'event', source: 'aws.acm', detailType: 'ACM Certificate Renewal Action Required' },
    { kind: 'call', service: 'acm.amazonaws.com', name: 'DeleteCertificate' },
  ],
  detect(signal) {
    if (signal.kind === 'other') return ending(signal);
    return signal.kind === 'call' ? deleted(signal) : [];
  },
});

function ending({ detail, detailType, resources }: Other): readonly Finding[] | Unreadable {
  const [certificate] = resources;
  if (!certificate?.startsWith('arn:')) return unreadable('resources');
  const name = short(text(detail, 'CommonName') ?? certificate);
  const days = at(detail, 'DaysToExpiry');
  const left = typeof days === 'number' ? `in ${days} days` : 'soon';
  if (detailType === 'ACM Certificate Expired')
    return found(certificate, 'expired', `the certificate of ${name} has expired`);
  if (detailType === 'ACM Certificate Approaching Expiration')
    return found(certificate, 'expiring', `the certificate of ${name} expires ${left}`);
  const why = text(detail, 'RenewalStatusReason');
  const reason = `ACM can’t renew the certificate of ${name}, which expires ${left}${why === undefined ? '' : `: ${short(why)}`}`;
  return found(certificate, 'stuck', reason);
}

/** ACM refuses to delete a certificate that something uses (API_DeleteCertificate): services delete their own. */
function deleted(call: Call): readonly Finding[] | Unreadable {
  if (isService(call.actor)) return [];
  const certificate = text(call.request, 'certificateArn');
  if (!certificate?.startsWith('arn:')) return unreadable('requestParameters.certificateArn');
  return found(certificate, 'deleted', 'the certificate was deleted; nothing in AWS used it then');
}

/** What happened is part of the target: an expiry is told though the weeks before it were. */
const found = (certificate: string, what: string, reason: string): readonly Finding[] => [
  { target: { certificate, what }, resource: certificate, reason, certainty: 'certain' },
];
