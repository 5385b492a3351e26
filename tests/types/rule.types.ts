/** What must not compile. `tsc -p .` fails where one of these compiles after all; nothing here is run. */
import type { Action, ArnPattern, Lens, Permission } from '../../shared/core/rule.ts';
import { rule } from '../../shared/core/rule.ts';

type Bucket = { readonly bucket: string };
type Block = { readonly acls: boolean; readonly policy: boolean };

declare const lens: Lens<Bucket, Block>;
declare const oneWay: Lens<Bucket, Block, true>;

const permission: Permission = { actions: ['s3:PutBucketPolicy'], resources: ['arn:${AWS::Partition}:s3:::*'] };
const words = {
  id: 's3/sample',
  title: 'A sample',
  severity: 'low',
  why: 'It shows what compiles.',
  controls: [],
  responsibility: 'customer data',
  triggers: [{ kind: 'call', service: 's3.amazonaws.com', name: 'PutBucketPolicy' }],
} as const;
const mends = {
  ...words,
  breaks: 'access',
  risk: 'None.',
  mends: 'shuts it',
  undoes: 'opens it',
  proof: 'emulator',
  permissions: { read: [permission], write: [permission] },
} as const;
const finding = { resource: 'arn:aws:s3:::a', reason: 'open', certainty: 'certain' } as const;
const detect = () => [{ ...finding, target: { bucket: 'a' } }];
const shut = { acls: true, policy: true };

// What should compile does.
rule({ ...mends, class: 'C', detect, fix: { kind: 'state', lens, desire: () => shut } });
rule({ ...mends, class: 'C', detect, fix: { kind: 'state', lens, desire: () => ({ unknown: 'who knows' }) } });
rule({ ...mends, class: '1', detect, fix: { kind: 'state', lens, desire: () => shut } });
rule({ ...mends, class: '1', detect, fix: { kind: 'state', lens: oneWay, desire: () => shut } });
rule({ ...words, class: 'N', breaks: 'nothing', detect });

const named = () => [{ ...finding, target: { name: 'a' } }];
const half = () => ({ acls: true });
const wrong = () => ({ acls: true, policy: 'yes' });
const careless = (state: Block) => ({ ...state, acls: true });

// @ts-expect-error: the lens calls it bucket
rule({ ...mends, class: 'C', detect: named, fix: { kind: 'state', lens, desire: () => shut } });

// @ts-expect-error: half a state is not the safe state
rule({ ...mends, class: 'C', detect, fix: { kind: 'state', lens, desire: half } });

// @ts-expect-error: nor is one whose field has another type
rule({ ...mends, class: 'C', detect, fix: { kind: 'state', lens, desire: wrong } });

// @ts-expect-error: the state may be absent
rule({ ...mends, class: 'C', detect, fix: { kind: 'state', lens, desire: careless } });

// @ts-expect-error: what has no way back must ask
rule({ ...mends, class: 'C', detect, fix: { kind: 'state', lens: oneWay, desire: () => shut } });

// @ts-expect-error: what has no way back must ask
rule({ ...mends, class: 'G', detect, fix: { kind: 'state', lens: oneWay, desire: () => shut } });

// @ts-expect-error: a rule that tells has no fix
rule({ ...mends, class: 'N', breaks: 'nothing', detect, fix: { kind: 'state', lens, desire: () => shut } });

// @ts-expect-error: a rule that mends has a fix
rule({ ...mends, class: 'A', detect });

// @ts-expect-error: a fix says its risk
rule({ ...mends, risk: undefined, class: 'A', detect, fix: { kind: 'state', lens, desire: () => shut } });

// @ts-expect-error: a rule wakes on something
rule({ ...words, triggers: [], class: 'N', breaks: 'nothing', detect });

// @ts-expect-error: an id is room/rule
rule({ ...words, id: 'sample', class: 'N', breaks: 'nothing', detect });

// @ts-expect-error: the action begins with a capital
's3:putBucketPolicy' satisfies Action;

// @ts-expect-error: the service is missing
'PutBucketPolicy' satisfies Action;

// @ts-expect-error: the service is written small
'S3:PutBucketPolicy' satisfies Action;

// @ts-expect-error: the partition is not everywhere aws
'arn:aws:s3:::bucket' satisfies ArnPattern;

// @ts-expect-error: no ARN
'*' satisfies ArnPattern;

// @ts-expect-error: five colons make an ARN
'arn:${AWS::Partition}:s3:bucket' satisfies ArnPattern;

// @ts-expect-error: no action at all
({ actions: [], resources: ['arn:${AWS::Partition}:s3:::*'] }) satisfies Permission;

// @ts-expect-error: no resource and no reason for it
({ actions: ['s3:PutBucketPolicy'], resources: [] }) satisfies Permission;
