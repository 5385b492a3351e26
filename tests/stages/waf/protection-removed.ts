import {
  AssociateWebACLCommand,
  DeleteLoggingConfigurationCommand,
  DisassociateWebACLCommand,
  PutLoggingConfigurationCommand,
  WAFV2Client,
} from '@aws-sdk/client-wafv2';
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

const log = {
  LogType: 'WAF_LOGS',
  LogScope: 'CUSTOMER',
  LogDestinationConfigs: ['arn:aws:s3:::aws-waf-logs-all'],
  RedactedFields: [{ SingleHeader: { Name: 'authorization' } }],
  LoggingFilter: {
    DefaultBehavior: 'KEEP',
    Filters: [{ Behavior: 'DROP', Requirement: 'MEETS_ALL', Conditions: [{ ActionCondition: { Action: 'ALLOW' } }] }],
  },
} as const;

/** A web ACL beside another, whose logs went to the same bucket; its own is deleted. */
const unlogged: Stage = {
  rule: 'waf/protection-removed',
  name: 'the log of a web ACL, with a filter and a header that is kept out',
  learned: log,
  async set() {
    const waf = client(WAFV2Client, 'us-east-1');
    const [own, another] = [acl('guard'), acl('another')];
    const plain = { LogDestinationConfigs: ['arn:aws:s3:::aws-waf-logs-all'] };
    for (const ResourceArn of [own, another])
      await waf.send(new PutLoggingConfigurationCommand({ LoggingConfiguration: { ...plain, ResourceArn } }));
    await waf.send(new DeleteLoggingConfigurationCommand({ ResourceArn: own }));
    return {
      target: { resource: own, lost: 'logging' },
      after: log,
      call: { name: 'DeleteLoggingConfiguration', request: { resourceArn: own } },
      async clear() {
        await waf.send(new DeleteLoggingConfigurationCommand({ ResourceArn: another }));
        await waf.send(new DeleteLoggingConfigurationCommand({ ResourceArn: own })).catch(() => undefined);
      },
    };
  },
};

const balancer = 'arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/web/84dc5457e450dba5';

export const stages: readonly Stage[] = [
  unlogged,
  stage('a load balancer', balancer, `${balancer}0`),
  stage('a stage of an API', 'arn:aws:apigateway:us-east-1::/restapis/a1b2c3d4e5/stages/prod', balancer),
];
