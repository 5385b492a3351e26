/**
 * A recording reverse proxy in front of an endpoint: what really went over the wire, service and operation named, and a
 * place to answer instead. The Host header is passed on as it came, so that signatures stay valid.
 */
import { once } from 'node:events';
import {
  createServer,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

export type Parameters = Readonly<Record<string, string>>;

/** One request. `status` is 0 until it is answered, and -1 where the connection was torn. */
export type Seen = {
  readonly service: string;
  /** The API's name of the operation; `METHOD /path` where the protocol does not tell. */
  readonly operation: string;
  /** Top-level parameters that are text: form fields, JSON members, bucket and key. */
  readonly parameters: Parameters;
  /** Milliseconds since the epoch. */
  readonly at: number;
  status: number;
};

export type Answer = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
};

/** What a hook does with a request: lets it `pass`, answers itself, tears the connection before or after the effect. */
export type Verdict = 'pass' | 'tear' | 'tear after' | Answer;
export type Hook = (seen: Seen) => Verdict | Promise<Verdict>;

export type Wire = {
  /** Where clients go instead of the endpoint. */
  readonly url: string;
  readonly log: readonly Seen[];
  /** From now on every request is shown to the hook first; null takes it away. */
  hook(next: Hook | null): void;
  stop(): Promise<void>;
};

/** Starts a proxy on a free port of the loopback. Several may share one `log`, in the order of arrival. */
export async function startWire(endpoint: string, log: Seen[] = []): Promise<Wire> {
  const upstream = new URL(endpoint);
  let hook: Hook | null = null;
  const server = createServer((incoming, outgoing) => {
    void relay(incoming, outgoing).catch(() => outgoing.destroy());
  });

  async function relay(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const body = await collect(incoming);
    const seen: Seen = {
      ...operationOf(incoming.method ?? 'GET', incoming.url ?? '/', incoming.headers, body),
      at: Date.now(),
      status: 0,
    };
    log.push(seen);
    const verdict = hook ? await hook(seen) : 'pass';
    if (verdict === 'tear') {
      seen.status = -1;
      outgoing.destroy();
      return;
    }
    if (typeof verdict === 'object') {
      seen.status = verdict.status;
      outgoing.writeHead(verdict.status, verdict.headers).end(verdict.body);
      return;
    }
    const answer = await forward(upstream, incoming, body);
    seen.status = verdict === 'tear after' ? -1 : answer.status;
    if (verdict === 'tear after') outgoing.destroy();
    else outgoing.writeHead(answer.status, answer.headers).end(answer.body);
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    log,
    hook: (next) => {
      hook = next;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export type Tapped = Omit<Wire, 'url'> & { readonly env: Readonly<Record<string, string>> };

/** Proxies in front of every endpoint that an environment names, with one log; `env` leads through them. */
export async function tap(env: Readonly<Record<string, string>>): Promise<Tapped> {
  const log: Seen[] = [];
  const named = Object.entries(env).filter(([name]) => name.startsWith('AWS_ENDPOINT_URL'));
  const wires = new Map<string, Wire>();
  for (const url of new Set(named.map(([, url]) => url))) wires.set(url, await startWire(url, log));
  const through = named.map(([name, url]) => [name, wires.get(url)?.url ?? url]);
  return {
    env: { ...env, ...Object.fromEntries(through) },
    log,
    hook: (next) => {
      for (const wire of wires.values()) wire.hook(next);
    },
    async stop() {
      for (const wire of wires.values()) await wire.stop();
    },
  };
}

/** The requests since a moment in the log: `const mark = log.length; …; since(log, mark)`. */
export const since = (log: readonly Seen[], mark: number): readonly Seen[] => log.slice(mark);

/** How many requests were made of these operations; of all where none is named. */
export const count = (log: readonly Seen[], ...operations: readonly string[]): number =>
  log.filter(({ operation }) => operations.length === 0 || operations.includes(operation)).length;

/** Whether an operation only reads, by its name: the same rule as the journal's in shared/aws/client.ts. */
export const isRead = ({ operation }: Pick<Seen, 'operation'>): boolean =>
  /^(Get|List|Describe|Head|BatchGet)/.test(operation);

async function collect(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function forward(
  to: URL,
  incoming: IncomingMessage,
  body: Buffer,
): Promise<{ status: number; headers: IncomingHttpHeaders; body: Buffer }> {
  const { 'transfer-encoding': _, connection: __, ...headers } = incoming.headers;
  const outgoing = httpRequest({
    host: to.hostname,
    port: to.port,
    method: incoming.method,
    path: incoming.url,
    headers: { ...headers, ...(body.length > 0 && { 'content-length': String(body.length) }) },
    agent: false,
  });
  outgoing.end(body);
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
  const { 'transfer-encoding': ___, connection: ____, 'content-length': length, ...kept } = answer.headers;
  const text = await collect(answer);
  // A HEAD's answer tells the length of what it does not send.
  const size = incoming.method === 'HEAD' ? length : String(text.length);
  return {
    status: answer.statusCode ?? 502,
    headers: { ...kept, ...(size !== undefined && { 'content-length': size }) },
    body: text,
  };
}

/** The scope of a SigV4 credential is key/date/region/service/aws4_request (AWS Signature Version 4). */
function serviceOf(headers: IncomingHttpHeaders): string {
  const scope = /Credential=[^/]+\/\d{8}\/[^/]*\/([^/]+)\/aws4_request/.exec(headers.authorization ?? '');
  return scope?.[1] ?? 'unsigned';
}

export function operationOf(
  method: string,
  url: string,
  headers: IncomingHttpHeaders,
  body: Buffer,
): Pick<Seen, 'service' | 'operation' | 'parameters'> {
  const service = serviceOf(headers);
  const target = headers['x-amz-target'];
  const { pathname, searchParams } = new URL(url, 'http://endpoint');
  if (typeof target === 'string')
    return { service, operation: target.slice(target.lastIndexOf('.') + 1), parameters: members(body) };
  // Smithy RPC v2 CBOR names service and operation in its path; its body is not text.
  const rpc = /^\/service\/[^/]+\/operation\/([^/]+)$/.exec(pathname)?.[1];
  if (rpc !== undefined) return { service, operation: rpc, parameters: {} };
  if (headers['content-type']?.startsWith('application/x-www-form-urlencoded')) {
    const form = Object.fromEntries(new URLSearchParams(body.toString('utf8')));
    return { service, operation: form['Action'] ?? 'unknown', parameters: form };
  }
  if (service === 's3') return { service, ...s3(method, pathname, searchParams) };
  // `http` trait of the GuardDuty API model.
  const detector = service === 'guardduty' && /^\/detector\/([^/]+)\/findings\/get$/.exec(pathname)?.[1];
  if (detector) return { service, operation: 'GetFindings', parameters: { DetectorId: detector } };
  for (const [operation, pattern] of routes[service] ?? []) {
    const found = pattern.exec(`${method} ${pathname}`);
    const path = Object.entries(found?.groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)]);
    if (found)
      return { service, operation, parameters: { ...Object.fromEntries(searchParams), ...Object.fromEntries(path) } };
  }
  return { service, operation: `${method} ${pathname}`, parameters: Object.fromEntries(searchParams) };
}

/** Operations of REST services: `http` traits of their API models; a group is the parameter of its name. */
const routes: Readonly<Record<string, readonly (readonly [string, RegExp])[]>> = {
  es: [
    ['DescribeDomain', /^GET \/2021-01-01\/opensearch\/domain\/(?<DomainName>[^/]+)$/],
    ['UpdateDomainConfig', /^POST \/2021-01-01\/opensearch\/domain\/(?<DomainName>[^/]+)\/config$/],
  ],
  cloudfront: [
    ['GetDistributionConfig', /^GET \/2020-05-31\/distribution\/(?<Id>[^/]+)\/config$/],
    ['AssociateDistributionWebACL', /^PUT \/2020-05-31\/distribution\/(?<Id>[^/]+)\/associate-web-acl$/],
    ['DisassociateDistributionWebACL', /^PUT \/2020-05-31\/distribution\/(?<Id>[^/]+)\/disassociate-web-acl$/],
  ],
  inspector2: [
    ['BatchGetAccountStatus', /^POST \/status\/batch\/get$/],
    ['Enable', /^POST \/enable$/],
    ['Disable', /^POST \/disable$/],
  ],
  guardduty: [
    ['ListDetectors', /^GET \/detector$/],
    ['CreateDetector', /^POST \/detector$/],
    ['GetDetector', /^GET \/detector\/(?<DetectorId>[^/]+)$/],
    ['UpdateDetector', /^POST \/detector\/(?<DetectorId>[^/]+)$/],
    ['DeleteDetector', /^DELETE \/detector\/(?<DetectorId>[^/]+)$/],
  ],
  bedrock: [
    ['GetModelInvocationLoggingConfiguration', /^GET \/logging\/modelinvocations$/],
    ['PutModelInvocationLoggingConfiguration', /^PUT \/logging\/modelinvocations$/],
    ['DeleteModelInvocationLoggingConfiguration', /^DELETE \/logging\/modelinvocations$/],
  ],
  lambda: [
    ['GetPolicy', /^GET \/2015-03-31\/functions\/(?<FunctionName>[^/]+)\/policy$/],
    ['AddPermission', /^POST \/2015-03-31\/functions\/(?<FunctionName>[^/]+)\/policy$/],
    ['RemovePermission', /^DELETE \/2015-03-31\/functions\/(?<FunctionName>[^/]+)\/policy\/(?<StatementId>[^/]+)$/],
    ['GetFunctionUrlConfig', /^GET \/2021-10-31\/functions\/(?<FunctionName>[^/]+)\/url$/],
    ['UpdateFunctionUrlConfig', /^PUT \/2021-10-31\/functions\/(?<FunctionName>[^/]+)\/url$/],
  ],
};

function members(body: Buffer): Parameters {
  const parsed: unknown = body.length === 0 ? {} : JSON.parse(body.toString('utf8'));
  const texts = Object.entries(parsed ?? {}).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return Object.fromEntries(texts);
}

/** Operations of a bucket by its subresource (`http` traits of the S3 API model); of an object and without one, below. */
const subresources: Readonly<Record<string, string>> = {
  acl: 'Acl',
  policy: 'Policy',
  policyStatus: 'PolicyStatus',
  publicAccessBlock: 'PublicAccessBlock',
  ownershipControls: 'OwnershipControls',
  tagging: 'Tagging',
  versioning: 'Versioning',
  encryption: 'Encryption',
  logging: 'Logging',
  lifecycle: 'LifecycleConfiguration',
  location: 'Location',
  website: 'Website',
  cors: 'Cors',
  replication: 'Replication',
  notification: 'NotificationConfiguration',
};
const withoutBucket = new Set(['PublicAccessBlock']);
const verbs: Readonly<Record<string, string>> = {
  GET: 'Get',
  PUT: 'Put',
  DELETE: 'Delete',
  HEAD: 'Head',
  POST: 'Post',
};

function s3(method: string, pathname: string, query: URLSearchParams): Pick<Seen, 'operation' | 'parameters'> {
  const [, bucket = '', ...rest] = pathname.split('/').map(decodeURIComponent);
  const key = rest.join('/');
  const VersionId = query.get('versionId');
  const parameters = {
    ...(bucket !== '' && { Bucket: bucket }),
    ...(key !== '' && { Key: key }),
    ...(VersionId && { VersionId }),
  };
  const verb = verbs[method] ?? method;
  const sub = [...query.keys()].find((name) => Object.hasOwn(subresources, name));
  const what = sub === undefined ? undefined : subresources[sub];
  if (what !== undefined)
    return {
      operation: `${verb}${key !== '' ? 'Object' : withoutBucket.has(what) ? '' : 'Bucket'}${what}`,
      parameters,
    };
  if (bucket === '') return { operation: 'ListBuckets', parameters };
  if (key !== '') return { operation: `${verb}Object`, parameters };
  const whole: Readonly<Record<string, string>> = {
    GET: 'ListObjectsV2',
    PUT: 'CreateBucket',
    DELETE: 'DeleteBucket',
    HEAD: 'HeadBucket',
  };
  return { operation: whole[method] ?? `${method} ${pathname}`, parameters };
}
