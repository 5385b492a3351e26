/** Errors as a person reads them: what was found, what was expected, what to do next. */
import { plain } from '../shared/notify/plain.ts';

export type Explained = { readonly lines: readonly string[]; readonly exit: 1 | 2 };

/** Names of AWS's refusals; EC2 says UnauthorizedOperation, SNS AuthorizationError. */
const refusals = [
  'AccessDenied',
  'AccessDeniedException',
  'UnauthorizedOperation',
  'AuthorizationError',
  'AuthorizationErrorException',
];
/** Credentials that are there and do not count: AWS general reference, "Common errors", and what the services send. */
const rejected = [
  'InvalidClientTokenId',
  'UnrecognizedClientException',
  'SignatureDoesNotMatch',
  'InvalidSignatureException',
  'AuthFailure',
  'InvalidAccessKeyId',
];
const expired = ['ExpiredToken', 'ExpiredTokenException', 'RequestExpired', 'ExpiredTokenCredential'];
const missing = [
  'ResourceNotFoundException',
  'NotFoundException',
  'NotFound',
  'QueueDoesNotExist',
  'AWS.SimpleQueueService.NonExistentQueue',
];

const isRefusal = (error: unknown): error is Error => error instanceof Error && refusals.includes(error.name);

/** The action that AWS refused, where its message names it: `…is not authorized to perform: s3:PutBucketPolicy on…`. */
export const refusedAction = (error: unknown): string | null =>
  isRefusal(error) ? (/perform: ([a-z0-9-]+:\w+)/.exec(error.message)?.[1] ?? 'an action that AWS did not name') : null;

export function explain(error: unknown, stack: string): Explained {
  if (!(error instanceof Error)) return { lines: [plain(String(error), 300)], exit: 1 };
  if (error instanceof AggregateError && error.errors.length > 0 && !('code' in error))
    return { lines: error.errors.flatMap((one) => explain(one, stack).lines), exit: 1 };
  if (error.name === 'ConfigError')
    return { lines: error.message.split('\n').map((line) => plain(line, 500)), exit: 2 };
  return { lines: linesOf(error, stack).map((line) => plain(line, 600)), exit: error.name === 'UsageError' ? 2 : 1 };
}

function linesOf(error: Error, stack: string): readonly string[] {
  const { name, message } = error;
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const region = process.env['AWS_REGION'] ?? 'the region of your profile';
  if (name === 'CredentialsProviderError' || name === 'TokenProviderError')
    return [
      `no AWS credentials that can be used: ${message}`,
      'next: sign in (aws sso login) or set AWS_PROFILE, and try: aws sts get-caller-identity',
    ];
  if (expired.includes(name))
    return ['the AWS credentials have expired', 'next: sign in again (aws sso login), then repeat the command'];
  if (rejected.includes(name))
    return [
      `AWS does not accept the credentials (${name})`,
      'next: see whose they are: aws sts get-caller-identity; set AWS_PROFILE to change them',
    ];
  if (/^Region (is missing|not accepted)/.test(message))
    return [
      'no AWS region is known',
      'next: give --region, or set AWS_REGION to the region that Firebreak is deployed in',
    ];
  if (missing.includes(name))
    return [
      `stack ${stack} was not found in ${region}: ${message}`,
      'next: is it deployed, and there? Give --stack and --region, or set FIREBREAK_STACK and AWS_REGION',
    ];
  if (['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ECONNRESET', 'ETIMEDOUT'].includes(code) || name === 'TimeoutError')
    return [
      `AWS cannot be reached (${code || name}: ${message})`,
      'next: look at the network, AWS_REGION, and AWS_ENDPOINT_URL if it is set',
    ];
  const action = refusedAction(error);
  // The words of AWS's message: IAM user guide, "Troubleshoot access denied error messages".
  if (action !== null && /explicit deny in a resource-based policy/.test(message))
    return [
      `not allowed: ${message}`,
      'next: Firebreak’s table and key let nobody but its own roles; leave out --as-caller to go by the operator role',
    ];
  if (action !== null)
    return [
      `not allowed: ${message}`,
      `next: have ${action} granted to these credentials, or use others: aws sts get-caller-identity`,
    ];
  return [name === 'Error' || isOurs(name) ? message : `${name}: ${message}`];
}

/** Faults whose message says all: the engine's and the CLI's own. */
const isOurs = (name: string): boolean =>
  [
    'UsageError',
    'InputError',
    'NoIncident',
    'NotAsked',
    'NotDecided',
    'NotOperator',
    'NotPaused',
    'Forged',
    'Paused',
    'Throttled',
    'NothingToUndo',
    'OneWay',
    'NoRule',
    'LeaseHeld',
    'Stale',
    'Refused',
    'Unparsed',
    'NotProven',
    'Unsettled',
  ].includes(name);
