/** The account's Block Public Access: API_control_PutPublicAccessBlock and its like, Amazon S3 API reference. */
import { S3ControlClient } from '@aws-sdk/client-s3-control';
import { awsError, type Fake } from '../support/fakes.ts';

/** What an account that asks for nothing has: the members that are left out are false (PublicAccessBlockConfiguration). */
const names = ['BlockPublicAcls', 'IgnorePublicAcls', 'BlockPublicPolicy', 'RestrictPublicBuckets'] as const;

export const fake: Fake = {
  client: S3ControlClient,
  prefix: 's3',
  // Service Authorization Reference, "Actions defined by Amazon S3": deleting is putting.
  actions: {
    GetPublicAccessBlock: ['s3:GetAccountPublicAccessBlock'],
    PutPublicAccessBlock: ['s3:PutAccountPublicAccessBlock'],
    DeletePublicAccessBlock: ['s3:PutAccountPublicAccessBlock'],
  },
  fresh() {
    const guards = new Map<string, Record<string, boolean>>();
    return (command, input) => {
      const account: unknown = input['AccountId'];
      if (typeof account !== 'string' || !/^\d{12}$/.test(account)) throw awsError('InvalidRequest');
      if (command === 'PutPublicAccessBlock') {
        const asked = input['PublicAccessBlockConfiguration'] as Readonly<Record<string, boolean>> | undefined;
        if (!asked) throw awsError('MalformedXML');
        guards.set(account, Object.fromEntries(names.map((name) => [name, asked[name] === true])));
        return {};
      }
      if (command === 'DeletePublicAccessBlock') {
        guards.delete(account);
        return {};
      }
      if (command !== 'GetPublicAccessBlock') throw awsError('NotImplemented');
      const guard = guards.get(account);
      if (!guard) throw awsError('NoSuchPublicAccessBlockConfiguration', 'none', 404);
      return { PublicAccessBlockConfiguration: guard };
    };
  },
};
