import {
  AssociateWebACLCommand,
  DisassociateWebACLCommand,
  GetWebACLForResourceCommand,
  WAFV2Client,
} from '@aws-sdk/client-wafv2';
import { parseArn } from '../../../shared/aws/arn.ts';
import { client, orNull } from '../../../shared/aws/client.ts';
import { fault } from '../../../shared/core/fault.ts';
import type { Lens } from '../../../shared/core/rule.ts';
import { type Logging, readLogging, writeLogging } from './logging.ts';

/**
 * `resource`: the ARN of what lost something. `lost`: its web ACL, the web ACL itself, its log, a log that another service
 * manages, what AWS WAF Classic knows of, or what AWS Firewall Manager took away: only the first and the third can be read
 * and put back here.
 */
export type Guarded = {
  readonly resource: string;
  readonly lost: 'association' | 'web ACL' | 'logging' | 'managed log' | 'classic' | 'managed';
};

/** What stands for the web ACL of a resource that AWS WAF does not find: it may be gone, and then needs no guard. */
export const unfound = 'AWS WAF finds no such resource';

// A resource is guarded in its own region.
const waf = (resource: string): WAFV2Client => client(WAFV2Client, parseArn(resource)?.region || undefined);

/**
 * Of a regional resource the ARN of the web ACL that guards it, null where none does, `unfound` where the resource is not
 * there; of a web ACL its log, null where it keeps none.
 */
export const association: Lens<Guarded, string | Logging> = {
  id: 'waf/association',
  key: ({ resource }) => resource,
  async read({ resource, lost }) {
    if (lost === 'logging') return readLogging(resource);
    if (lost !== 'association') return null;
    // API_GetWebACLForResource: no web ACL in the answer where none is associated.
    const asked = new GetWebACLForResourceCommand({ ResourceArn: resource });
    const found = await orNull(['WAFNonexistentItemException'], () => waf(resource).send(asked));
    return found === null ? unfound : (found.WebACL?.ARN ?? null);
  },
  async write({ resource, lost }, _from, to) {
    const ResourceArn = resource;
    if (lost === 'logging' && typeof to !== 'string') return writeLogging(resource, to);
    if (to !== null && typeof to !== 'string')
      throw fault('NotWritable', `${resource}: what guards it is the ARN of a web ACL`);
    if (to === null) await waf(resource).send(new DisassociateWebACLCommand({ ResourceArn }));
    else await waf(resource).send(new AssociateWebACLCommand({ ResourceArn, WebACLArn: to }));
  },
  // "from a few seconds to a number of minutes": API_AssociateWebACL, temporary inconsistencies during updates.
  settles: 10,
  // The role that puts a guard up must not be able to take one down.
  undo: () => 'operator',
};

/** What there is to do about the rest. */
export const byHand = {
  managed: 'Firewall Manager took this one away, by the policy of its administrator',
  'web ACL': 'a web ACL that was deleted has to be made again',
  'managed log': 'AWS keeps that log by itself, as Security Lake or CloudWatch is set up',
  classic: 'AWS WAF Classic has no more support: guard it by a web ACL of AWS WAF',
};
