/** Web ACLs' associations and logs: AWS WAFV2 API reference, the operations below. */
import { WAFV2Client } from '@aws-sdk/client-wafv2';
import { awsError, type Fake } from '../support/fakes.ts';

export const fake: Fake = {
  client: WAFV2Client,
  prefix: 'wafv2',
  // "Permissions for AssociateWebACL" and "… GetWebACLForResource", AWS WAF Developer Guide: each kind of resource asks for
  // an action of its own service.
  actions: {
    AssociateWebACL: [
      'wafv2:AssociateWebACL',
      'elasticloadbalancing:SetWebAcl',
      'appsync:SetWebACL',
      'apigateway:SetWebACL',
      'cognito-idp:AssociateWebACL',
    ],
    // "Enabling logging from AWS services", CloudWatch Logs user guide.
    PutLoggingConfiguration: ['wafv2:PutLoggingConfiguration', 'logs:CreateLogDelivery'],
    GetWebACLForResource: ['wafv2:GetWebACLForResource', 'wafv2:GetWebACL', 'cognito-idp:GetWebACLForResource'],
  },
  fresh() {
    const acls = new Map<string, string>();
    const logs = new Map<string, { readonly [member: string]: unknown }>();
    return (command, input: Readonly<Record<string, unknown>>) => {
      const resource = String(input['ResourceArn']);
      switch (command) {
        case 'AssociateWebACL': {
          const acl = String(input['WebACLArn']);
          if (!/:wafv2:[^:]+:\d{12}:regional\/webacl\//.test(acl)) throw awsError('WAFInvalidParameterException');
          if (acl.includes('/gone/')) throw awsError('WAFNonexistentItemException');
          acls.set(resource, acl);
          return {};
        }
        case 'GetWebACL':
          if (input['Name'] === 'gone') throw awsError('WAFNonexistentItemException');
          return { WebACL: { Name: input['Name'], Id: input['Id'] } };
        case 'PutLoggingConfiguration': {
          const log = input['LoggingConfiguration'] as { ResourceArn: string; LogDestinationConfigs: string[] };
          // "You can associate one logging destination to a web ACL", whose name begins so: API_LoggingConfiguration.
          if (log.LogDestinationConfigs.length !== 1 || !/\baws-waf-logs-/.test(log.LogDestinationConfigs[0] ?? ''))
            throw awsError('WAFLogDestinationPermissionIssueException');
          if (log.ResourceArn.includes('/gone/')) throw awsError('WAFNonexistentItemException');
          const kept = { LogType: 'WAF_LOGS', LogScope: 'CUSTOMER', ManagedByFirewallManager: false, ...log };
          logs.set(log.ResourceArn, structuredClone(kept));
          return { LoggingConfiguration: kept };
        }
        case 'GetLoggingConfiguration': {
          const LoggingConfiguration = logs.get(resource);
          if (!LoggingConfiguration) throw awsError('WAFNonexistentItemException');
          return { LoggingConfiguration };
        }
        case 'DeleteLoggingConfiguration':
          if (!logs.delete(resource)) throw awsError('WAFNonexistentItemException');
          return {};
        case 'DisassociateWebACL':
          acls.delete(resource);
          return {};
        case 'GetWebACLForResource': {
          const ARN = acls.get(resource);
          return ARN === undefined ? {} : { WebACL: { ARN, Name: 'guard', Id: 'example' } };
        }
        default:
          throw awsError('InvalidAction', `the fake has no ${command}`);
      }
    };
  },
};
