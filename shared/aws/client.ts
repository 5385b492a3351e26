/** AWS clients: one a class and region, made when first used; and a journal of the mutating calls made through them. */
import { AsyncLocalStorage } from 'node:async_hooks';

/** What all SDK v3 clients have in common, as far as it is used here. */
type AnyClient = {
  readonly middlewareStack: {
    add(
      middleware: (next: (args: never) => Promise<unknown>, context: object) => (args: never) => Promise<unknown>,
      options: { step: 'deserialize'; name: string; priority: 'high' },
    ): void;
  };
};

type Credentials = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiration: Date;
};
type Provider = () => Promise<Credentials>;
type Clients = Map<unknown, Map<string, unknown>>;

type Noted = { call: string; requestId: string };
const journal = new AsyncLocalStorage<Noted[]>();
const acting = new AsyncLocalStorage<{ readonly credentials: Provider; readonly made: Clients }>();
const ours: Clients = new Map();

/** Runs works whose clients take these credentials instead of the environment's. */
export function actingAs(credentials: Provider): <T>(work: () => Promise<T>) => Promise<T> {
  const hand = { credentials, made: new Map() };
  return (work) => acting.run(hand, work);
}

/**
 * `useQueueUrlAsEndpoint`: SQS's clients would send a request to the host of the queue's URL, wherever that is.
 * `followRegionRedirects`: a finding that Security Hub gathers from all regions may name a bucket in another one; S3 says where.
 */
type Options = {
  region?: string;
  maxAttempts?: number;
  credentials?: Provider;
  useQueueUrlAsEndpoint?: boolean;
  followRegionRedirects?: boolean;
};

/** The client of a class, in the environment's region or the one given. */
export function client<C extends AnyClient>(Client: new (options: Options) => C, region?: string): C {
  const hand = acting.getStore();
  const made = hand?.made ?? ours;
  const regions = made.get(Client) ?? new Map<string, unknown>();
  made.set(Client, regions);
  const known = regions.get(region ?? '') as C | undefined;
  if (known) return known;
  const fresh = new Client({
    maxAttempts: 4,
    useQueueUrlAsEndpoint: false,
    followRegionRedirects: true,
    ...(region !== undefined && { region }),
    ...(hand && { credentials: hand.credentials }),
  });
  fresh.middlewareStack.add(
    (next, context) => async (args) => {
      const { commandName = 'Unknown' } = context as { commandName?: string };
      const call = commandName.replace(/Command$/, '');
      // Reads change nothing and make no event that could wake a rule: only what may change something is noted.
      const noted = /^(Get|List|Describe|Head|BatchGet)/.test(call) ? undefined : journal.getStore();
      try {
        const answer = await next(args);
        noted?.push({ call, requestId: requestIdOf(answer) });
        return answer;
      } catch (error) {
        // Torn before an answer came: it may have had its effect, and nobody knows its request.
        if (!wasAnswered(error)) noted?.push({ call, requestId: 'unknown' });
        throw error;
      }
    },
    { step: 'deserialize', name: 'firebreakJournal', priority: 'high' },
  );
  regions.set(region ?? '', fresh);
  return fresh;
}

/** Runs the work and adds each answered mutating call to `sink` as it is answered, even when the work throws later. */
export const record = <T>(sink: Noted[], work: () => Promise<T>): Promise<T> => journal.run(sink, work);

const wasAnswered = (error: unknown): boolean =>
  (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode !== undefined;

function requestIdOf(answer: unknown): string {
  const metadata = (answer as { output?: { $metadata?: { requestId?: string } } }).output?.$metadata;
  return metadata?.requestId ?? 'unknown';
}

/** The answer, or null where AWS says by one of these error names that the thing or the setting is absent. */
export async function orNull<T>(absent: readonly string[], ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof Error && absent.includes(error.name)) return null;
    throw error;
  }
}
