/**
 * Security Hub's switches and standards: AWS Security Hub API reference (DescribeHub, EnableSecurityHub, GetEnabledStandards,
 * BatchEnableStandards and their like). A standard that is disabled stays in the list as DELETING; here for one look.
 */
import { SecurityHubClient } from '@aws-sdk/client-securityhub';
import { awsError, type Fake } from '../support/fakes.ts';

type Subscription = { StandardsArn: string; StandardsInput: object; StandardsStatus: string };

export const fake: Fake = {
  client: SecurityHubClient,
  prefix: 'securityhub',
  fresh() {
    let hub: { AutoEnableControls: boolean; ControlFindingGenerator: string } | null = null;
    let newer = false;
    const standards = new Map<string, Subscription>();
    const subscribed = (arn: string): string =>
      `arn:aws:securityhub:us-east-1:123456789012:subscription/${arn.replace(/^.*:(standards|ruleset)\//, '')}`;
    const must = (): NonNullable<typeof hub> => {
      if (!hub)
        throw awsError('InvalidAccessException', 'Account 123456789012 is not subscribed to AWS Security Hub', 401);
      return hub;
    };
    return (command, input: Readonly<Record<string, unknown>>) => {
      switch (command) {
        case 'DescribeHub':
          return { HubArn: 'arn:aws:securityhub:us-east-1:123456789012:hub/default', ...must() };
        case 'EnableSecurityHub': {
          if (hub) throw awsError('ResourceConflictException', 'Account is already subscribed', 409);
          const { ControlFindingGenerator = 'SECURITY_CONTROL', EnableDefaultStandards = true } = input;
          hub = { AutoEnableControls: true, ControlFindingGenerator: String(ControlFindingGenerator) };
          if (EnableDefaultStandards !== false) {
            const StandardsArn =
              'arn:aws:securityhub:us-east-1::standards/aws-foundational-security-best-practices/v/1.0.0';
            standards.set(subscribed(StandardsArn), { StandardsArn, StandardsInput: {}, StandardsStatus: 'PENDING' });
          }
          return {};
        }
        case 'DisableSecurityHub':
          must();
          hub = null;
          standards.clear();
          return {};
        case 'UpdateSecurityHubConfiguration': {
          const { AutoEnableControls, ControlFindingGenerator } = input;
          hub = {
            AutoEnableControls: (AutoEnableControls ?? must().AutoEnableControls) as boolean,
            ControlFindingGenerator: (ControlFindingGenerator ?? must().ControlFindingGenerator) as string,
          };
          return {};
        }
        case 'GetEnabledStandards': {
          must();
          const all = [...standards].map(([StandardsSubscriptionArn, one]) => ({ StandardsSubscriptionArn, ...one }));
          for (const [arn, one] of standards) if (one.StandardsStatus === 'DELETING') standards.delete(arn);
          // A page at a time, as long lists come.
          const start = Number(input['NextToken'] ?? 0);
          return {
            StandardsSubscriptions: all.slice(start, start + 1),
            ...(start + 1 < all.length && { NextToken: `${start + 1}` }),
          };
        }
        case 'BatchEnableStandards': {
          must();
          const asked = input['StandardsSubscriptionRequests'] as { StandardsArn: string; StandardsInput?: object }[];
          for (const { StandardsArn, StandardsInput = {} } of asked) {
            if (standards.get(subscribed(StandardsArn))?.StandardsStatus === 'DELETING')
              throw awsError('InvalidInputException', `${StandardsArn} is being deleted`);
            standards.set(subscribed(StandardsArn), { StandardsArn, StandardsInput, StandardsStatus: 'PENDING' });
          }
          return {};
        }
        case 'BatchDisableStandards': {
          must();
          for (const arn of input['StandardsSubscriptionArns'] as string[]) {
            const one = standards.get(arn);
            if (!one) throw awsError('InvalidInputException', `${arn} is no subscription`);
            standards.set(arn, { ...one, StandardsStatus: 'DELETING' });
          }
          return {};
        }
        case 'DescribeSecurityHubV2':
          if (!newer) throw awsError('ResourceNotFoundException', 'not enabled', 404);
          return { HubV2Arn: 'arn:aws:securityhub:us-east-1:123456789012:hubv2/example' };
        case 'EnableSecurityHubV2':
          newer = true;
          return {};
        case 'DisableSecurityHubV2':
          newer = false;
          return {};
        default:
          throw awsError('InvalidAction', `the fake has no ${command}`);
      }
    };
  },
};
