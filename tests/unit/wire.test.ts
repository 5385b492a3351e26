import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { count, isRead, operationOf, since, startWire, tap } from '../support/wire.ts';

const signed = (service: string) => ({
  authorization: `AWS4-HMAC-SHA256 Credential=AKIA/20260301/us-east-1/${service}/aws4_request, SignedHeaders=host`,
});
const form = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };

describe('what is seen', () => {
  it.each<[string, string, string, Record<string, string>, string, string, object]>([
    ['PUT', '/pictures?policy', '', signed('s3'), 's3', 'PutBucketPolicy', { Bucket: 'pictures' }],
    ['GET', '/pictures?policy=', '', signed('s3'), 's3', 'GetBucketPolicy', { Bucket: 'pictures' }],
    ['DELETE', '/pictures?policy', '', signed('s3'), 's3', 'DeleteBucketPolicy', { Bucket: 'pictures' }],
    ['GET', '/pictures?publicAccessBlock', '', signed('s3'), 's3', 'GetPublicAccessBlock', { Bucket: 'pictures' }],
    [
      'PUT',
      '/pictures/a%20b/c?x-id=PutObject',
      'text',
      signed('s3'),
      's3',
      'PutObject',
      { Bucket: 'pictures', Key: 'a b/c' },
    ],
    ['PUT', '/pictures/a?acl', '', signed('s3'), 's3', 'PutObjectAcl', { Bucket: 'pictures', Key: 'a' }],
    ['PUT', '/pictures', '', signed('s3'), 's3', 'CreateBucket', { Bucket: 'pictures' }],
    ['GET', '/', '', signed('s3'), 's3', 'ListBuckets', {}],
    [
      'POST',
      '/',
      'Action=UpdateAccessKey&UserName=al+ice',
      { ...signed('iam'), ...form },
      'iam',
      'UpdateAccessKey',
      { UserName: 'al ice' },
    ],
    [
      'POST',
      '/',
      '{"Name":"trail","N":1}',
      { ...signed('cloudtrail'), 'x-amz-target': 'CloudTrail_20131101.StartLogging' },
      'cloudtrail',
      'StartLogging',
      { Name: 'trail' },
    ],
    [
      'POST',
      '/service/GraniteServiceVersion20100801/operation/PutMetricData',
      '\u00bf',
      signed('monitoring'),
      'monitoring',
      'PutMetricData',
      {},
    ],
    ['GET', '/2015-03-31/functions', '', signed('lambda'), 'lambda', 'GET /2015-03-31/functions', {}],
    ['GET', '/', '', {}, 'unsigned', 'GET /', {}],
  ])('%s %s %s', (method, url, body, headers, service, operation, parameters) => {
    const seen = operationOf(method, url, headers, Buffer.from(body));
    expect(seen).toMatchObject({ service, operation });
    expect(seen.parameters).toMatchObject(parameters);
  });
});

describe('the wire', () => {
  const stops: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
  });

  async function echo(): Promise<string> {
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      response.setHeader('x-host', request.headers.host ?? '');
      response.statusCode = 201;
      response.end(`${request.method} ${request.url} ${Buffer.concat(chunks)}`);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    stops.push(async () => server.close());
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  it('passes everything on, the Host as the client sent it, and records it', async () => {
    const wire = await startWire(await echo());
    stops.push(wire.stop);
    const answer = await fetch(`${wire.url}/a?b=c`, {
      method: 'POST',
      body: 'Action=ListUsers',
      headers: { ...signed('iam'), ...form },
    });
    expect([answer.status, await answer.text()]).toEqual([201, 'POST /a?b=c Action=ListUsers']);
    expect(answer.headers.get('x-host')).toBe(new URL(wire.url).host);
    expect(wire.log).toMatchObject([{ service: 'iam', operation: 'ListUsers', status: 201 }]);
    expect([
      count(wire.log),
      count(wire.log, 'ListUsers'),
      count(wire.log, 'GetUser'),
      since(wire.log, 1).length,
    ]).toEqual([1, 1, 0, 0]);
    expect(wire.log.every(isRead)).toBe(true);
  });

  it('lets a hook answer, tear, and tear after the effect', async () => {
    const wire = await startWire(await echo());
    stops.push(wire.stop);
    const get = () => fetch(wire.url, { headers: signed('iam') });
    wire.hook(() => ({ status: 503, body: 'slow down' }));
    expect(await (await get()).text()).toBe('slow down');
    for (const verdict of ['tear', 'tear after'] as const) {
      wire.hook(() => verdict);
      await expect(get()).rejects.toThrow();
    }
    wire.hook(null);
    expect((await get()).status).toBe(201);
    expect(wire.log.map((seen) => seen.status)).toEqual([503, -1, -1, 201]);
  });

  it('taps every endpoint of an environment into one log', async () => {
    const [one, two] = [await echo(), await echo()];
    const tapped = await tap({
      AWS_ENDPOINT_URL: one,
      AWS_ENDPOINT_URL_EC2: two,
      AWS_ENDPOINT_URL_RDS: two,
      AWS_REGION: 'us-east-1',
    });
    stops.push(tapped.stop);
    expect(tapped.env['AWS_ENDPOINT_URL_EC2']).toBe(tapped.env['AWS_ENDPOINT_URL_RDS']);
    expect(tapped.env['AWS_REGION']).toBe('us-east-1');
    for (const url of ['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_EC2'].map((name) => tapped.env[name] ?? '')) {
      expect([one, two]).not.toContain(url);
      await fetch(url);
    }
    expect(tapped.log).toHaveLength(2);
  });
});
