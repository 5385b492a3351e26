/**
 * What a call says of the metadata service of instances. Shapes: RunInstances answers
 * `instancesSet.items[].metadataOptions: {httpTokens, httpEndpoint, …}` (recorded: plaso, 2022; events of before 2019 lack
 * it). ModifyInstanceMetadataOptions asks `ModifyInstanceMetadataOptionsRequest: {InstanceId, HttpTokens, HttpEndpoint}`
 * (recorded, failed: Yelp, aws-remediation's tests); its answer is taken to be the API's, `instanceMetadataOptions`.
 */
import { member, named } from '../../../shared/aws/telling.ts';
import type { Json } from '../../../shared/core/json.ts';
import type { Call } from '../../../shared/core/signal.ts';
import { answered, asked, items } from './record.ts';

/** `off`: the service does not answer at all; null: the event does not tell. */
export type Tokens = 'required' | 'optional' | 'off' | null;

const within = (value: unknown, name: string): Json => (member(value, name) ?? null) as Json;

function tokensOf(options: Json): Tokens {
  if (named(options, 'httpEndpoint') === 'disabled') return 'off';
  const tokens = named(options, 'httpTokens');
  return tokens === 'required' || tokens === 'optional' ? tokens : null;
}

/** The instances that were launched; null where the answer names none. */
export function launched(call: Call): readonly { readonly instance: string; readonly tokens: Tokens }[] | null {
  const asking = tokensOf(within(call.request, 'metadataOptions'));
  const found = items(member(answered(call), 'instancesSet')).flatMap((one) => {
    const instance = named(one, 'instanceId');
    return instance === undefined ? [] : [{ instance, tokens: tokensOf(within(one, 'metadataOptions')) ?? asking }];
  });
  return found.length > 0 ? found : null;
}

/** Whether the call made tokens optional, or opened the service while they were; null where it names no instance. */
export function modified(call: Call): { readonly instance: string; readonly opens: boolean } | null {
  const request = asked(call);
  const answer = answered(call);
  const instance = named(request, 'instanceId') ?? named(answer, 'instanceId');
  if (instance === undefined) return null;
  const [asking, told] = [tokensOf(request), tokensOf(within(answer, 'instanceMetadataOptions'))];
  const opening = named(request, 'httpEndpoint') === 'enabled' && asking !== 'required';
  return { instance, opens: (asking === 'optional' && told !== 'off') || (opening && told === 'optional') };
}
