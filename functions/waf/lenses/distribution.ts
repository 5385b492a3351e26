import {
  AssociateDistributionWebACLCommand,
  CloudFrontClient,
  DisassociateDistributionWebACLCommand,
  GetDistributionConfigCommand,
} from '@aws-sdk/client-cloudfront';
import { client, orNull } from '../../../shared/aws/client.ts';
import type { Lens } from '../../../shared/core/rule.ts';

/**
 * `distribution`: its id. `taken`: whether the call says that it had a web ACL until then. `managed`: whether AWS Firewall
 * Manager did it.
 */
export type Edge = { readonly distribution: string; readonly taken: boolean; readonly managed: boolean };

/** The ARN (or the id, of AWS WAF Classic) of a distribution's web ACL; the empty text where it has none. Null where there is no such distribution. */
export const distributionAcl: Lens<Edge, string> = {
  id: 'waf/distribution',
  key: ({ distribution }) => distribution,
  read: ({ distribution }) =>
    orNull(['NoSuchDistribution'], async () => {
      const found = await client(CloudFrontClient).send(new GetDistributionConfigCommand({ Id: distribution }));
      return found.DistributionConfig?.WebACLId ?? '';
    }),
  async write({ distribution: Id }, _from, to) {
    // "The value of the ETag header that you received when retrieving the distribution": API_AssociateDistributionWebACL.
    const { ETag: IfMatch } = await client(CloudFrontClient).send(new GetDistributionConfigCommand({ Id }));
    if (to) await client(CloudFrontClient).send(new AssociateDistributionWebACLCommand({ Id, WebACLArn: to, IfMatch }));
    else await client(CloudFrontClient).send(new DisassociateDistributionWebACLCommand({ Id, IfMatch }));
  },
  // The role that puts a guard up must not be able to take one down.
  undo: (before) => (before === null ? 'none' : 'operator'),
};
