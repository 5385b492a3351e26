import * as v from 'valibot';
import { arn } from '../../shared/aws/arn.ts';
import { told } from '../../shared/aws/telling.ts';
import { at, text } from '../../shared/core/json.ts';
import { rule, unreadable } from '../../shared/core/rule.ts';
import { claimed } from './lenses/claimed.ts';

/** GuardDuty's own ranges: Low 1.0 to 3.9, Medium 4.0 to 6.9, High 7.0 to 8.9, Critical 9.0 to 10.0. */
const ranges = 'https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings-severity.html';
const baseline = v.strictObject({
  severity: v.optional(
    v.pipe(v.number(), v.minValue(1), v.maxValue(10), v.description(`The least severity: ${ranges}`)),
    4,
  ),
});

export const finding = rule({
  id: 'guardduty/finding',
  title: 'GuardDuty found something',
  severity: 'high',
  why: 'GuardDuty reports what looks like somebody at work who should not be there. No rule of Firebreak takes findings of this kind further, so a person has to look.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'platform, applications, identity and access management',
  controls: [],
  // Shape: recorded findings (guardduty-soar), and "GuardDuty finding format" in the Amazon GuardDuty User Guide.
  triggers: [{ kind: 'finding', origin: 'guardduty', type: '*' }],
  baseline,
  detect(signal, { severity }) {
    // What its own rule takes is told there; what a filter has archived was judged by somebody.
    if (signal.kind !== 'finding' || claimed.has(signal.type)) return [];
    if (at(signal.body, 'service', 'archived') === true) return [];
    const found = at(signal.body, 'severity');
    if (typeof found !== 'number') return unreadable('detail.severity');
    if (found < (severity ?? 4)) return [];
    const sample = at(signal.body, 'service', 'additionalInfo', 'sample') === true ? ' (a sample)' : '';
    // "Finding details", Amazon GuardDuty User Guide: the ARN is of this form; samples and cut-down findings lack it.
    const detector = text(signal.body, 'service', 'detectorId') ?? '*';
    const named = arn(signal, 'guardduty', `detector/${detector}/finding/${signal.id ?? '*'}`);
    return told(text(signal.body, 'arn') ?? named, `${signal.type}, severity ${found}${sample}: ${signal.title}`);
  },
});
