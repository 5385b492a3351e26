import { AssociateWebACLCommand, DisassociateWebACLCommand, WAFV2Client } from '@aws-sdk/client-wafv2';
import { client } from '../../../shared/aws/client.ts';
import type { Stage } from '../../support/stage.ts';

const acl = (name: string): string => `arn:aws:wafv2:us-east-1:123456789012:regional/webacl/${name}/0a1b2c3d`;

/** A resource beside another, both guarded; it is taken out. */
const stage = (name: string, resource: string, beside: string): Stage => ({
  rule: 'waf/protection-removed',
  name,
  learned: acl('guard'),
  async set() {
    const waf = client(WAFV2Client, 'us-east-1');
    await waf.send(new AssociateWebACLCommand({ ResourceArn: resource, WebACLArn: acl('guard') }));
    await waf.send(new AssociateWebACLCommand({ ResourceArn: beside, WebACLArn: acl('another') }));
    await waf.send(new DisassociateWebACLCommand({ ResourceArn: resource }));
    return {
      target: { resource, lost: 'association' },
      after: acl('guard'),
      call: { name: 'DisassociateWebACL', request: { resourceArn: resource } },
      async clear() {
        for (const ResourceArn of [resource, beside]) await waf.send(new DisassociateWebACLCommand({ ResourceArn }));
      },
    };
  },
});

const balancer = 'arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/web/84dc5457e450dba5';

export const stages: readonly Stage[] = [
  stage('a load balancer', balancer, `${balancer}0`),
  stage('a stage of an API', 'arn:aws:apigateway:us-east-1::/restapis/a1b2c3d4e5/stages/prod', balancer),
];
