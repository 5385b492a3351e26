/** Shield Advanced: its API reference (CreateProtection, ListProtections, DescribeSubscription and their like). */
import { ShieldClient } from '@aws-sdk/client-shield';
import { awsError, type Fake } from '../support/fakes.ts';

type Protection = { Id: string; Name: string; ResourceArn: string };

export const fake: Fake = {
  client: ShieldClient,
  prefix: 'shield',
  fresh() {
    const protections: Protection[] = [];
    const subscription = { AutoRenew: 'ENABLED', ProactiveEngagementStatus: 'ENABLED' };
    let made = 0;
    return (command, input: Readonly<Record<string, unknown>>) => {
      switch (command) {
        case 'DescribeSubscription':
          return { Subscription: { SubscriptionArn: 'arn:aws:shield::123456789012:subscription', ...subscription } };
        case 'UpdateSubscription':
          subscription.AutoRenew = String(input['AutoRenew'] ?? subscription.AutoRenew);
          return {};
        case 'EnableProactiveEngagement':
          subscription.ProactiveEngagementStatus = 'ENABLED';
          return {};
        case 'DisableProactiveEngagement':
          subscription.ProactiveEngagementStatus = 'DISABLED';
          return {};
        case 'ListProtections': {
          if (protections.length === 0) throw awsError('ResourceNotFoundException', 'no protections');
          // A page at a time, as long lists come.
          const start = Number(input['NextToken'] ?? 0);
          const more = start + 1 < protections.length;
          return { Protections: protections.slice(start, start + 1), ...(more && { NextToken: `${start + 1}` }) };
        }
        case 'CreateProtection': {
          const [Name, ResourceArn] = [String(input['Name']), String(input['ResourceArn'])];
          if (protections.some((one) => one.ResourceArn === ResourceArn))
            throw awsError('ResourceAlreadyExistsException');
          made += 1;
          protections.push({ Id: `protection-${made}`, Name, ResourceArn });
          return { ProtectionId: `protection-${made}` };
        }
        case 'DeleteProtection': {
          const index = protections.findIndex(({ Id }) => Id === input['ProtectionId']);
          if (index < 0) throw awsError('ResourceNotFoundException');
          protections.splice(index, 1);
          return {};
        }
        default:
          throw awsError('InvalidAction', `the fake has no ${command}`);
      }
    };
  },
};
