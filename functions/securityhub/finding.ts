import { listed, told } from '../../shared/aws/telling.ts';
import { at, text } from '../../shared/core/json.ts';
import { rule } from '../../shared/core/rule.ts';
import { claimed } from './lenses/claimed.ts';

/** Products whose own events have a rule here, which decides what of them is worth telling. */
const elsewhere = /:product\/aws\/(guardduty|inspector|macie)$/;

/** What Firebreak itself imported (shared/notify/hub.ts): an incident that people were told of, as a finding of this account's. */
const isOurs = (body: unknown): boolean =>
  /:product\/\d{12}\/default$/.test(text(body, 'productArn') ?? '') &&
  (text(body, 'generatorId') ?? '').startsWith('firebreak/');

export const finding = rule({
  id: 'securityhub/finding',
  title: 'Security Hub reports a high or critical finding',
  severity: 'medium',
  why: 'A check failed, or another security product found something, and no rule of Firebreak takes it further. What Security Hub calls high or critical is open to attack now.',
  class: 'N',
  // A control is checked again every 12 or 24 hours, and the finding about one resource is sent again each time.
  folds: 1440,
  breaks: 'nothing',
  responsibility: 'platform, applications, identity and access management',
  controls: [],
  // Shape: recorded findings (asr), and "EventBridge event formats for Security Hub CSPM" in its user guide.
  triggers: [{ kind: 'finding', origin: 'securityhub', type: '*', severities: ['CRITICAL', 'HIGH'] }],
  detect(signal) {
    if (signal.kind !== 'finding' || claimed.has(signal.type)) return [];
    const { body } = signal;
    if (elsewhere.test(text(body, 'productArn') ?? '') || isOurs(body)) return [];
    // Nothing is wrong with what passed, nor known of what could not be checked (ASFF, Compliance.Status).
    if (['PASSED', 'NOT_AVAILABLE'].includes(text(body, 'compliance', 'status') ?? '')) return [];
    const affected = at(body, 'resources');
    const ids = listed((Array.isArray(affected) ? affected : []).map((one: unknown) => text(one, 'id')));
    const named = ids.length > 0 ? `, about ${ids.slice(0, 5).join(', ')}` : '';
    const label = (text(body, 'severity', 'label') ?? 'high').toLowerCase();
    // One resource may fail several checks: the finding's own id tells them apart, and stays when it is sent again.
    return told(signal.id ?? ids[0] ?? 'arn:aws:securityhub:::finding/*', `${label}: ${signal.title}${named}`);
  },
});
