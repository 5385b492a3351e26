import { arn, parseArn } from '../../shared/aws/arn.ts';
import { short } from '../../shared/aws/statement.ts';
import { at, text } from '../../shared/core/json.ts';
import { rule, unreadable } from '../../shared/core/rule.ts';
import type { Other } from '../../shared/core/signal.ts';
import { claimed } from './lenses/claimed.ts';

export const securityNotice = rule({
  id: 'health/security-notice',
  title: 'AWS has a security notice for this account',
  severity: 'high',
  why: 'AWS writes when it was told of an abuse by something in the account, when it found it open or compromised, and when a vulnerability on its own side needs something done here. Left unanswered, an abuse report ends in suspension.',
  class: 'N',
  // One event of AWS Health comes again for each change, each page of what it affects, and as a copy in the backup region.
  folds: 24 * 60,
  breaks: 'nothing',
  responsibility: 'platform, applications, identity and access management',
  controls: [],
  // AWS Health User Guide, "Reference: AWS Health events Amazon EventBridge schema"; recorded: real-events/aws-health-tools.
  triggers: [
    { kind: 'event', source: 'aws.health', detailType: 'AWS Health Abuse Event' },
    {
      kind: 'event',
      source: 'aws.health',
      detailType: 'AWS Health Event',
      // A planned change is no notice. Codes are told apart below: EventBridge can't look into the middle of a text.
      where: { eventTypeCategory: ['accountNotification', 'investigation', 'issue'] },
    },
  ],
  detect(signal) {
    if (signal.kind !== 'other') return [];
    const code = text(signal.detail, 'eventTypeCode');
    if (code === undefined) return unreadable('detail.eventTypeCode');
    const isAbuse = signal.detailType === 'AWS Health Abuse Event';
    if (!isAbuse && !isSecurity(code, text(signal.detail, 'service') ?? '')) return [];
    if (text(signal.detail, 'statusCode') === 'closed') return [];
    const event = text(signal.detail, 'eventArn') ?? arn(signal, 'health', `event/*/${code}/*`);
    return [
      { target: { event }, resource: event, reason: `${code}${about(signal)}${said(signal)}`, certainty: 'certain' },
    ];
  },
});

/**
 * What Security Hub takes for critical or high among AWS Health's events (AWS Security Hub User Guide, "AWS Health (Sends
 * findings)"), and the service SECURITY of the user guide's examples.
 */
const isSecurity = (code: string, service: string): boolean =>
  !claimed.includes(code) &&
  (['ABUSE', 'RISK', 'SECURITY'].includes(service) ||
    /SECURITY_NOTIFICATION|ABUSE_DETECTION/.test(code) ||
    code === 'AWS_S3_OPEN_ACCESS_BUCKET_NOTIFICATION');

/** What it is about; the whole of it stands on the account's health dashboard. */
function about({ detail, resources }: Other): string {
  const entities = at(detail, 'affectedEntities');
  const named = (Array.isArray(entities) ? entities.slice(0, 5) : []).flatMap((one) => text(one, 'entityValue') ?? []);
  const all = (named.length > 0 ? named : resources.slice(0, 5)).map((one) => parseArn(one)?.resource ?? one);
  return all.length === 0 ? '' : `, about ${short(all.join(', '))}`;
}

function said({ detail }: Other): string {
  const descriptions = at(detail, 'eventDescription');
  const words = text(Array.isArray(descriptions) ? descriptions[0] : descriptions, 'latestDescription');
  return words === undefined ? '' : `: ${short(words.replace(/\s+/g, ' '))}`;
}
