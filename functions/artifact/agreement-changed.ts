import { arn } from '../../shared/aws/arn.ts';
import { named, told } from '../../shared/aws/telling.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';
import type { Call, Other } from '../../shared/core/signal.ts';

export const agreementChanged = rule({
  id: 'artifact/agreement-changed',
  title: 'An agreement with AWS was accepted or ended',
  severity: 'low',
  why: 'Some data may only be kept at AWS under an agreement, health records under a Business Associate Addendum for one. Who ends it takes that ground away; who accepts one binds the company.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'customer data',
  controls: [],
  unconfirmed:
    'the event’s source and detail-type are documented (EventBridge events reference, AWS Artifact events), what its detail holds is not; the two calls are those of the API, by the documented eventSource, with their members in any casing.',
  triggers: [
    { kind: 'event', source: 'aws.artifact', detailType: 'AWS Artifact Agreement Status Changed' },
    // "CloudTrail captures API calls for AWS Artifact": AWS Artifact User Guide, "Logging AWS Artifact API calls".
    ...calls('artifact.amazonaws.com', 'AcceptAgreement', 'TerminateAgreement'),
  ],
  detect(signal) {
    if (signal.kind === 'other') return changed(signal);
    return signal.kind === 'call' ? called(signal) : [];
  },
});

function changed(signal: Other) {
  const name = named(signal.detail, 'agreementName') ?? named(signal.detail, 'name');
  const status = named(signal.detail, 'status') ?? named(signal.detail, 'agreementStatus') ?? 'another';
  const by = signal.resources.find((one) => one.startsWith('arn:'));
  const resource = by ?? arn(signal, 'artifact', 'customer-agreement/*', { regional: false, owned: true });
  return told(resource, `the agreement ${name ?? 'of this account'} has a new status: ${status}`);
}

/** ARNs: service authorization reference, AWS Artifact. What is accepted is AWS's, what is ended the customer's. */
function called(signal: Call) {
  const ends = signal.name === 'TerminateAgreement';
  const member = ends ? 'customerAgreementId' : 'agreementId';
  const id = named(signal.request, member);
  if (id === undefined) return unreadable(`requestParameters.${member}`);
  const kind = ends ? 'customer-agreement' : 'agreement';
  const resource = id.startsWith('arn:')
    ? id
    : arn(signal, 'artifact', `${kind}/${id}`, { regional: false, owned: ends });
  return told(resource, `the agreement ${id.split('/').at(-1)} was ${ends ? 'ended' : 'accepted'}`);
}
