import { arn } from '../../shared/aws/arn.ts';
import { failedControls, guardDuty, nonCompliant, witness } from '../../shared/aws/noticed.ts';
import { calls, type Finding, rule, type Unreadable, unreadable } from '../../shared/core/rule.ts';
import type { Signal } from '../../shared/core/signal.ts';
import {
  type Account,
  type AccountGuard,
  accountPublicAccessBlock as lens,
} from './lenses/account-public-access-block.ts';
import { guardPut, type Switches, switches } from './lenses/guard-request.ts';

const page = 'https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html#s3-1';
const reference = 'https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html';
const changes = calls('s3.amazonaws.com', 'PutAccountPublicAccessBlock', 'DeleteAccountPublicAccessBlock');

export const accountPublicAccessBlock = rule<Account, AccountGuard>({
  id: 's3/account-public-access-block',
  title: 'The account’s guard against public buckets was taken down',
  severity: 'critical',
  why: 'The account’s Block Public Access holds for every bucket, whatever the buckets themselves say. Now any bucket whose own guard is off is open as soon as a policy or an ACL says so, and those that already said so are open at once.',
  class: 'G',
  breaks: 'nothing',
  risk: 'What was opened to strangers since the guard went down is closed again; nothing that was open before it is. A switch that was off before stays off.',
  mends:
    'turns on again the switches that were on when the guard was last seen unchanged for a day; those that are on now stay on. Where Firebreak never saw it so, it only tells.',
  undoes: 'puts the switches back as they were, or deletes the configuration where there was none.',
  proof: 'fake',
  responsibility: 'customer data',
  controls: [
    { framework: 'AWS Security Hub CSPM', id: 'S3.1', source: page },
    { framework: 'CIS AWS Foundations v3.0.0', id: '2.1.4', source: page },
    { framework: 'PCI DSS v4.0.1', id: '1.4.4', source: page },
    { framework: 'NIST SP 800-53 Rev. 5', id: 'AC-3', source: page },
    { framework: 'NIST SP 800-53 Rev. 5', id: 'SC-7', source: page },
  ],
  unconfirmed:
    'No source shows the request of PutAccountPublicAccessBlock: where its switches do not stand as in the bucket’s, they are read.',
  // The API's PutPublicAccessBlock and DeletePublicAccessBlock of S3 Control, account-level actions of
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html
  triggers: [
    ...changes,
    ...failedControls('S3.1'),
    ...guardDuty('Policy:S3/AccountBlockPublicAccessDisabled'),
    nonCompliant('s3-account-level-public-access-blocks'),
  ],
  permissions: {
    read: [
      {
        actions: ['s3:GetAccountPublicAccessBlock'],
        resources: { noArn: `${reference}: the action has no resource types` },
      },
    ],
    write: [
      {
        actions: ['s3:PutAccountPublicAccessBlock'],
        resources: { noArn: `${reference}: the action has no resource types` },
      },
    ],
  },
  detect: found,
  fix: {
    kind: 'state',
    lens,
    desire(state, { learned, target }) {
      const now = switchesOf(state);
      if (switches.every((name) => now[name])) return state;
      if (learned === null)
        return { unknown: `which switches were on is not known. To turn all on: ${allOn(target.account)}` };
      const before = switchesOf(learned.state);
      if (switches.every((name) => now[name] || !before[name])) return state;
      return {
        BlockPublicAcls: now.BlockPublicAcls || before.BlockPublicAcls,
        IgnorePublicAcls: now.IgnorePublicAcls || before.IgnorePublicAcls,
        BlockPublicPolicy: now.BlockPublicPolicy || before.BlockPublicPolicy,
        RestrictPublicBuckets: now.RestrictPublicBuckets || before.RestrictPublicBuckets,
      };
    },
    learns: { triggers: changes, target: ({ account }) => (account === null ? null : { account }) },
  },
});

const none: Switches = {
  BlockPublicAcls: false,
  IgnorePublicAcls: false,
  BlockPublicPolicy: false,
  RestrictPublicBuckets: false,
};

const switchesOf = (state: AccountGuard | null): Switches => (state === null || state === 'unset' ? none : state);

const allOn = (account: string): string =>
  `aws s3control put-public-access-block --account-id ${account} --public-access-block-configuration ${switches.map((name) => `${name}=true`).join(',')}`;

function found(signal: Signal): readonly Finding<Account>[] | Unreadable {
  if (signal.account === null) return unreadable('account id');
  // Its switches belong to the account, which has an ARN of the Account service: Service Authorization Reference.
  const resource = arn(signal, 'account', 'account', { regional: false, owned: true });
  const finding = { target: { account: signal.account }, resource };
  if (signal.kind !== 'call')
    return [{ ...finding, reason: `${witness(signal)}: the account’s guard is read`, certainty: 'possible' }];
  if (signal.name === 'DeleteAccountPublicAccessBlock')
    return [{ ...finding, reason: 'Block Public Access was deleted from the account', certainty: 'certain' }];
  const put = guardPut(signal.request);
  return put === null ? [] : [{ ...finding, ...put }];
}
