import {
  CloudFrontClient,
  CreateDistributionCommand,
  DeleteDistributionCommand,
  DisassociateDistributionWebACLCommand,
  type DistributionConfig,
  GetDistributionConfigCommand,
  UpdateDistributionCommand,
} from '@aws-sdk/client-cloudfront';
import { client } from '../../../shared/aws/client.ts';
import type { Stage } from '../../support/stage.ts';

const acl = 'arn:aws:wafv2:us-east-1:123456789012:global/webacl/edge/0a1b2c3d-4e5f-5a7b-8c9d-a0b1c2d3e4f5';

/** A distribution that had a web ACL, and lost it by either call. */
const stage = (name: string, by: 'UpdateDistribution' | 'DisassociateDistributionWebACL'): Stage => ({
  rule: 'waf/cloudfront-unprotected',
  name,
  learned: acl,
  stands: true,
  async set(stood) {
    const cloudfront = client(CloudFrontClient);
    const config: DistributionConfig = {
      CallerReference: `stage-${by}`,
      Comment: 'a stage',
      Enabled: false,
      WebACLId: acl,
      Origins: {
        Quantity: 1,
        Items: [
          {
            Id: 'web',
            DomainName: 'www.example.com',
            CustomOriginConfig: { HTTPPort: 80, HTTPSPort: 443, OriginProtocolPolicy: 'https-only' },
          },
        ],
      },
      DefaultCacheBehavior: {
        TargetOriginId: 'web',
        ViewerProtocolPolicy: 'redirect-to-https',
        CachePolicyId: '658327ea-f89d-4fab-a63d-7e88639e58f6',
      },
    };
    const { Distribution, ETag } = await cloudfront.send(new CreateDistributionCommand({ DistributionConfig: config }));
    const Id = Distribution?.Id ?? '';
    const target = { distribution: Id, taken: by === 'DisassociateDistributionWebACL', managed: false };
    await stood?.(target);
    if (by === 'UpdateDistribution')
      await cloudfront.send(
        new UpdateDistributionCommand({ Id, IfMatch: ETag, DistributionConfig: { ...config, WebACLId: '' } }),
      );
    else await cloudfront.send(new DisassociateDistributionWebACLCommand({ Id, IfMatch: ETag }));
    return {
      target,
      after: acl,
      call: {
        name: by,
        request: by === 'UpdateDistribution' ? { id: Id, distributionConfig: { webACLId: '' } } : { id: Id },
      },
      async clear() {
        const { ETag: IfMatch } = await cloudfront.send(new GetDistributionConfigCommand({ Id }));
        await cloudfront.send(new DeleteDistributionCommand({ Id, IfMatch }));
      },
    };
  },
});

export const stages: readonly Stage[] = [
  stage('left out when the distribution was changed', 'UpdateDistribution'),
  stage('taken out by name', 'DisassociateDistributionWebACL'),
];
