/** Web ACLs' associations: AWS WAFV2 API reference, AssociateWebACL, DisassociateWebACL, GetWebACLForResource. */
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
    GetWebACLForResource: ['wafv2:GetWebACLForResource', 'wafv2:GetWebACL', 'cognito-idp:GetWebACLForResource'],
  },
  fresh() {
    const acls = new Map<string, string>();
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
