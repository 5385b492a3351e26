import { arn, parseArn } from '../../../shared/aws/arn.ts';
import { member, named } from '../../../shared/aws/telling.ts';
import type { Call } from '../../../shared/core/signal.ts';

/** What is said of a call that names no topic. */
export const nameless = 'requestParameters.topicArn';

/** The ARN of the topic that a call is about: CreateTopic names it, and answers with its ARN. */
export function topicOf(call: Call): string | undefined {
  const told = named(call.response, 'topicArn') ?? named(call.request, 'topicArn');
  if (told !== undefined && parseArn(told)) return told;
  const asked = named(call.request, 'name');
  return asked === undefined ? undefined : arn(call, 'sns', asked);
}

/**
 * The value that a call gives an attribute of the topic, in a list of one; null where the call is not about it.
 * CreateTopic has a map, `attributes`; SetTopicAttributes one `attributeName` and its `attributeValue`
 * (API_CreateTopic, API_SetTopicAttributes).
 */
export function given(call: Call, name: 'Policy' | 'KmsMasterKeyId'): readonly [unknown] | null {
  if (call.name === 'CreateTopic') return [member(member(call.request, 'attributes'), name)];
  return named(call.request, 'attributeName') === name ? [member(call.request, 'attributeValue')] : null;
}
