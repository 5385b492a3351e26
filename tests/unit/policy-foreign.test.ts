import { anonymousPrincipal, runSimulation } from '@cloud-copilot/iam-simulate';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { foreignStatements } from '../../shared/aws/foreign.ts';
import { parseConfig } from '../../shared/config/load.ts';
import type { Json, JsonObject } from '../../shared/core/json.ts';
import { type Home, homeOf } from '../../shared/core/mode.ts';

const alone: Home = { account: '111122223333', trusted: ['444455556666'] };
const member: Home = { ...alone, organization: 'o-a1b2c3d4e5' };
const policyOf = (...statements: Json[]): JsonObject => ({ Version: '2012-10-17', Statement: statements });
const verdicts = (policy: Json, home: Home): string[] =>
  foreignStatements(policy, home).map(({ index, certainty }) => `${index} ${certainty}`);
const verdict = (statement: Json, home: Home): string =>
  foreignStatements(policyOf(statement), home)[0]?.certainty ?? 'ours';

const open: JsonObject = { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: 'arn:aws:s3:::b/*' };
const to = (Principal: Json, Condition?: Json): JsonObject => ({
  ...open,
  Principal,
  ...(Condition !== undefined && { Condition }),
});
const aws = (...names: Json[]): JsonObject => to({ AWS: names });

/** What is expected of an account alone, and of a member of an organisation. */
const judge = (cases: readonly (readonly [string, string, Json])[]) =>
  test.each(cases.map(([lone, joined, one]) => ({ lone, joined, text: JSON.stringify(one), one })))(
    '$lone, in an organisation $joined: $text',
    ({ lone, joined, one }) => {
      expect([verdict(one, alone), verdict(one, member)]).toEqual([lone, joined]);
    },
  );

describe('examples that AWS publishes', () => {
  // "AWS JSON policy elements: Principal", IAM User Guide; accounts filled in.
  judge([
    ['ours', 'ours', aws('arn:aws:iam::111122223333:root')],
    ['ours', 'ours', aws('111122223333')],
    ['certain', 'possible', aws('arn:aws:iam::123456789012:root', '999999999999')],
    ['possible', 'possible', to({ CanonicalUser: '79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be' })],
    ['certain', 'possible', aws('arn:aws:iam::123456789012:role/role-name')],
    ['certain', 'possible', aws('arn:aws:sts::123456789012:assumed-role/role-name/session')],
    ['certain', 'certain', to({ Federated: 'cognito-identity.amazonaws.com' })],
    ['certain', 'certain', to({ Federated: 'www.amazon.com' })],
    ['certain', 'possible', to({ Federated: 'arn:aws:iam::123456789012:saml-provider/provider-name' })],
    ['ours', 'ours', to({ Service: ['ecs.amazonaws.com', 'elasticloadbalancing.amazonaws.com'] })],
    ['certain', 'certain', open],
    ['certain', 'certain', aws('*')],
  ]);
  // "The confused deputy problem", IAM User Guide: a third party with an external id, a service with its source.
  judge([
    [
      'certain',
      'possible',
      {
        Effect: 'Allow',
        Action: 'sts:AssumeRole',
        Principal: { AWS: '999999999999' },
        Condition: { StringEquals: { 'sts:ExternalId': '12345' } },
      },
    ],
    [
      'ours',
      'ours',
      to(
        { Service: 'cloudtrail.amazonaws.com' },
        { StringEquals: { 'aws:SourceArn': 'arn:aws:cloudtrail:us-east-1:111122223333:trail/t' } },
      ),
    ],
  ]);
  // "Restrict access to only Amazon S3 identities in your organization", S3 User Guide.
  judge([['possible', 'ours', to('*', { StringEquals: { 'aws:PrincipalOrgID': ['o-a1b2c3d4e5'] } })]]);
  // "Create a role for OpenID Connect federation", IAM User Guide: GitHub, and Cognito's identity pools.
  judge([
    [
      'ours',
      'ours',
      to(
        { Federated: 'arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com' },
        {
          StringEquals: { 'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com' },
          StringLike: { 'token.actions.githubusercontent.com:sub': 'repo:GitHubOrg/GitHubRepo:ref:refs/heads/main' },
        },
      ),
    ],
    [
      'ours',
      'ours',
      to(
        { Federated: 'cognito-identity.amazonaws.com' },
        {
          StringEquals: { 'cognito-identity.amazonaws.com:aud': 'us-east-1:12345678-abcd-abcd-abcd-123456790ab' },
          'ForAnyValue:StringLike': { 'cognito-identity.amazonaws.com:amr': 'unauthenticated' },
        },
      ),
    ],
  ]);
});

describe('principals', () => {
  judge([
    ['ours', 'ours', aws(444455556666, 'arn:aws-us-gov:iam::444455556666:root')],
    ['ours', 'ours', { ...open, Effect: 'Deny' }],
    ['ours', 'ours', { Effect: 'Allow', Action: '*', Resource: '*' }],
    ['possible', 'possible', aws('AIDACKCEVSQ6C2EXAMPLE')],
    ['possible', 'possible', aws('arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1EXAMPLE')],
    ['certain', 'certain', aws('arn:aws:iam::*:root')],
    ['certain', 'certain', to({ Service: '*' })],
    ['certain', 'certain', { Effect: 'Allow', NotPrincipal: { AWS: '111122223333' }, Action: '*', Resource: '*' }],
    ['ours', 'ours', to({ Federated: 'arn:aws:iam::111122223333:saml-provider/corp' })],
    ['ours', 'ours', to({ Federated: 'arn:aws:iam::111122223333:oidc-provider/idp.example.com' })],
    ['certain', 'certain', to({ Federated: 'graph.facebook.com' })],
    ['certain', 'certain', to({ Federated: '*' })],
  ]);

  const github = (claims: Json) =>
    to({ Federated: 'arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com' }, claims);
  const claim = (name: string, value: Json) => ({ [`token.actions.githubusercontent.com:${name}`]: value });
  judge([
    ['certain', 'certain', github({})],
    ['certain', 'certain', github({ StringEquals: claim('aud', 'sts.amazonaws.com') })],
    ['certain', 'certain', github({ StringLike: claim('sub', '*') })],
    ['certain', 'certain', github({ StringLike: claim('sub', 'repo:*') })],
    ['certain', 'certain', github({ StringLike: claim('sub', 'repo:octo*') })],
    ['certain', 'certain', github({ StringLike: claim('sub', ['repo:octo/x:*', 'repo:*']) })],
    ['certain', 'certain', github({ StringLikeIfExists: claim('sub', 'repo:octo/x:*') })],
    ['certain', 'certain', github({ StringNotLike: claim('sub', 'repo:octo/x:*') })],
    ['certain', 'certain', github({ StringLike: claim('sub', 'repo:$' + '{x}/y') })],
    ['ours', 'ours', github({ StringLike: claim('sub', 'repo:octo/*') })],
    ['ours', 'ours', github({ StringLike: claim('SUB', ['repo:octo/x:*', 'repo:octo/y:*']) })],
    ['ours', 'ours', github({ StringEquals: claim('repository_owner_id', '12345') })],
    ['ours', 'ours', github({ StringLike: claim('job_workflow_ref', 'octo/automation/.github/*') })],
  ]);
});

describe('conditions', () => {
  judge([
    ['ours', 'ours', to('*', { StringEquals: { 'aws:PrincipalAccount': '111122223333' } })],
    ['ours', 'ours', to('*', { StringEquals: { 'AWS:SourceOwner': '111122223333' } })], // SNS's default policy
    ['ours', 'ours', to('*', { StringEquals: { 'kms:CallerAccount': ['111122223333', '444455556666'] } })],
    ['certain', 'possible', to('*', { StringEquals: { 'kms:CallerAccount': ['111122223333', '999999999999'] } })],
    ['certain', 'certain', to('*', { StringLike: { 'aws:PrincipalAccount': '*' } })],
    ['ours', 'ours', to('*', { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::111122223333:role/*' } })],
    ['certain', 'possible', to('*', { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::999999999999:role/x' } })],
    ['possible', 'certain', to('*', { StringEquals: { 'aws:PrincipalOrgID': 'o-someoneelse' } })],
    ['possible', 'ours', to('*', { 'ForAnyValue:StringLike': { 'aws:PrincipalOrgPaths': 'o-a1b2c3d4e5/r-1/*' } })],
    ['possible', 'ours', to({ AWS: '999999999999' }, { StringEquals: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' } })],
    ['certain', 'possible', to({ AWS: '999999999999' }, { StringEquals: { 'aws:SourceVpc': 'vpc-1' } })],
    ['certain', 'certain', to('*', { StringEqualsIfExists: { 'aws:PrincipalAccount': '111122223333' } })],
    ['certain', 'certain', to('*', { StringNotEquals: { 'aws:PrincipalAccount': '999999999999' } })],
    // Where from, not whose.
    ['possible', 'possible', to('*', { StringEquals: { 'aws:SourceVpce': 'vpce-1a2b3c4d' } })],
    ['possible', 'possible', to('*', { IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } })],
    ['possible', 'possible', to('*', { ArnLike: { 'aws:SourceArn': 'arn:aws:s3:::my-bucket' } })],
    ['possible', 'possible', to('*', { StringLike: { 'aws:userid': 'AROADBQP57FF2AEXAMPLE:*' } })],
    ['ours', 'ours', to('*', { StringEquals: { 'aws:userid': '111122223333' } })],
    ['certain', 'possible', to('*', { StringEquals: { 'aws:userid': '999999999999', 'aws:SourceVpc': 'vpc-1' } })],
    ['ours', 'ours', to('*', { StringEquals: { 'aws:SourceVpc': 'vpc-1', 'aws:PrincipalAccount': '111122223333' } })],
    // Services, and whom they come for.
    ['ours', 'ours', to('*', { Bool: { 'aws:PrincipalIsAWSService': 'true' } })],
    ['ours', 'ours', to({ Service: 's3.amazonaws.com' }, { ArnLike: { 'aws:SourceArn': 'arn:aws:s3:::my-bucket' } })],
    [
      'certain',
      'possible',
      to({ Service: 's3.amazonaws.com' }, { StringEquals: { 'aws:SourceAccount': '999999999999' } }),
    ],
    [
      'certain',
      'possible',
      to('*', {
        Bool: { 'aws:PrincipalIsAWSService': 'true' },
        StringEquals: { 'aws:SourceAccount': '999999999999' },
      }),
    ],
  ]);

  it('leave it open where the event does not tell whose the resource is', () => {
    expect(verdict(aws('111122223333'), { account: null })).toBe('possible');
    expect(verdict(open, { account: null })).toBe('certain');
  });
});

describe('an explicit Deny', () => {
  const others = (Condition: Json, more: JsonObject = {}): JsonObject => ({
    ...open,
    ...{ Effect: 'Deny', Action: 's3:*', Resource: ['arn:aws:s3:::b', 'arn:aws:s3:::b/*'], Condition },
    ...more,
  });
  const org = { StringNotEquals: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' } };
  const ifExists = { StringNotEqualsIfExists: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' } };
  const cases: readonly (readonly [string, Json, string[]])[] = [
    ['for all but the organisation', others(org), []],
    ['for all but the organisation, if that is known', others(ifExists), []],
    [
      'that spares services (data perimeter)',
      others({ ...ifExists, BoolIfExists: { 'aws:PrincipalIsAWSService': 'false' } }),
      [],
    ],
    [
      'that spares the anonymous by mistake',
      others({ ...org, Bool: { 'aws:PrincipalIsAWSService': 'false' } }),
      ['0 certain'],
    ],
    ['for other actions', others(org, { Action: 's3:Put*' }), ['0 certain']],
    ['for some of the objects', others(org, { Resource: 'arn:aws:s3:::b/private/*' }), ['0 certain']],
    ['for one caller', others(org, { Principal: { AWS: '999999999999' } }), ['0 certain']],
    ['for all but a stranger', others({ StringNotEquals: { 'aws:PrincipalOrgID': 'o-someoneelse' } }), ['0 certain']],
    [
      'for all but ours and a stranger',
      others({ StringNotEquals: { 'aws:PrincipalAccount': ['111122223333', '*'] } }),
      ['0 certain'],
    ],
    ['under a condition more', others({ ...org, Bool: { 'aws:SecureTransport': 'false' } }), ['0 certain']],
    ['that asks for TLS', others({ Bool: { 'aws:SecureTransport': 'false' } }), ['0 certain']],
    ['for everyone', { ...open, Effect: 'Deny' }, []],
    ['for everyone, unreadable', { ...open, Effect: 'Deny', Condition: 'x' }, ['0 certain']],
    [
      'for all but our account',
      { ...open, Effect: 'Deny', Principal: undefined, NotPrincipal: { AWS: '111122223333' } } as Json,
      [],
    ],
    [
      'for all but everyone',
      { ...open, Effect: 'Deny', Principal: undefined, NotPrincipal: { AWS: '*' } } as Json,
      ['0 certain'],
    ],
    ['for all but other actions', others(org, { Action: undefined as never, NotAction: 'ec2:*' }), []],
    ['for all but this action', others(org, { Action: undefined as never, NotAction: 's3:GetObject' }), ['0 certain']],
    ['for all but other things', others(org, { Resource: undefined as never, NotResource: 'arn:aws:s3:::c/*' }), []],
    [
      'for all but some of these',
      others(org, { Resource: undefined as never, NotResource: 'arn:aws:s3:::b/p*' }),
      ['0 certain'],
    ],
  ];
  it.each(cases.map(([what, denial, expected]) => ({ what, denial, expected })))(
    '$what: $expected',
    ({ denial, expected }) => {
      expect(verdicts(policyOf(open, denial), member)).toEqual(expected);
      expect(verdicts(policyOf(denial, open), member)).toEqual(expected.map((one) => one.replace('0', '1')));
    },
  );

  it('that spares services leaves the ones that come for strangers', () => {
    const service = to({ Service: 's3.amazonaws.com' }, { StringEquals: { 'aws:SourceAccount': '999999999999' } });
    const sparing = others({ ...ifExists, BoolIfExists: { 'aws:PrincipalIsAWSService': 'false' } });
    expect(verdicts(policyOf(service, sparing), member)).toEqual(['0 possible']);
    expect(verdicts(policyOf(service, others(ifExists)), member)).toEqual([]);
  });
});

describe('findings', () => {
  it('name who is let in, cut short, and the statement', () => {
    const policy = policyOf(aws('111122223333'), aws('999999999999', '111122223333'));
    expect(foreignStatements(policy, alone)).toEqual([
      { index: 1, who: ['AWS 999999999999'], reason: 'lets in AWS 999999999999', certainty: 'certain' },
    ]);
    expect(foreignStatements(policyOf(aws('999999999999')), member)[0]?.reason).toContain('perhaps strangers');
    const [long] = foreignStatements(policyOf(aws(`arn:aws:iam::999999999999:role/${'x'.repeat(2 ** 20)}`)), alone);
    expect(`${long?.reason} ${long?.who}`.length).toBeLessThan(400);
  });

  it('know the configuration’s home', () => {
    expect(homeOf({ trusted: ['444455556666'], organization: 'o-a1b2c3d4e5' }, '111122223333')).toEqual(member);
    expect(homeOf({}, null)).toEqual({ account: null, trusted: [] });
    const read = (text: string) => parseConfig(text, 'firebreak.yml', []);
    expect(homeOf(read('organization: o-a1b2c3d4e5\ntrusted: ["444455556666"]'), '111122223333')).toEqual(member);
    expect(homeOf(read('preset: guard'), null)).toEqual({ account: null, trusted: [] });
    expect(() => read('organization: ou-ab12-11111111')).toThrow(
      'firebreak.yml:1: organization: found "ou-ab12-11111111", expected the id of an organisation',
    );
    expect(() => read('trusted: [444455556666]')).toThrow('trusted[0]: found 444455556666, expected an account id');
  });
});

// Policies as they are found; strangers of several kinds, put to an engine that nobody here wrote.

const conditions = fc.constantFrom<JsonObject>(
  ...[{}, {}, {}],
  ...['StringEquals', 'StringLike', 'StringNotEquals', 'StringEqualsIfExists', 'StringNotEqualsIfExists'].flatMap(
    (operator) => [
      { [operator]: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' } },
      { [operator]: { 'aws:PrincipalAccount': ['111122223333', '444455556666'] } },
      { [operator]: { 'aws:PrincipalAccount': ['111122223333', '999999999999'] } },
      { [operator]: { 'aws:PrincipalAccount': '111122223333' }, Bool: { 'aws:SecureTransport': 'true' } },
      {
        [operator]: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' },
        BoolIfExists: { 'aws:PrincipalIsAWSService': 'false' },
      },
    ],
  ),
  { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::111122223333:role/*' } },
  { ArnNotLike: { 'aws:PrincipalArn': 'arn:aws:iam::111122223333:role/*' } },
  { StringLike: { 'aws:PrincipalOrgID': 'o-*' } },
);
const principals = fc.constantFrom<Json>(
  ...['*', { AWS: '*' }, { AWS: '999999999999' }, { AWS: ['111122223333', 'arn:aws:iam::999999999999:role/x'] }],
  ...[{ AWS: 'arn:aws:iam::111122223333:root' }, { AWS: '444455556666' }],
);
const statement: fc.Arbitrary<JsonObject> = fc
  .tuple(
    fc.constantFrom('Allow', 'Allow', 'Deny'),
    principals,
    fc.constantFrom<JsonObject>(
      ...[{ Action: 's3:GetObject' }, { Action: 's3:*' }, { Action: ['s3:Get*', 's3:Put*'] }],
      ...[{ NotAction: 's3:PutObject' }, { Action: 'S3:getobject' }],
    ),
    fc.constantFrom<JsonObject>(
      ...[{ Resource: 'arn:aws:s3:::b/*' }, { Resource: ['arn:aws:s3:::b', 'arn:aws:s3:::b/*'] }],
      ...[{ Resource: 'arn:aws:s3:::b/k' }, { NotResource: 'arn:aws:s3:::b/q' }],
    ),
    conditions,
  )
  .map(([Effect, Principal, action, resource, Condition]) => ({
    ...{ Effect, Principal, ...action, ...resource },
    ...(Object.keys(Condition).length > 0 && { Condition }),
  }));
const policies = fc.array(statement, { minLength: 1, maxLength: 4 }).map((list) => policyOf(...list));

const stranger = {
  principal: 'arn:aws:iam::999999999999:role/x',
  contextVariables: {
    'aws:PrincipalAccount': '999999999999',
    'aws:PrincipalArn': 'arn:aws:iam::999999999999:role/x',
    'aws:PrincipalOrgID': 'o-someoneelse',
    'aws:PrincipalIsAWSService': 'false',
    'aws:SecureTransport': 'true',
  },
  identityPolicies: [{ name: 'all', policy: policyOf({ Effect: 'Allow', Action: '*', Resource: '*' }) }],
};
const nobody = {
  principal: anonymousPrincipal,
  contextVariables: { 'aws:SecureTransport': 'true' },
  identityPolicies: [],
};

/** Whether a stranger may do something with the bucket's objects. */
async function letsIn(policy: Json): Promise<boolean> {
  for (const { principal, contextVariables, identityPolicies } of [stranger, nobody])
    for (const action of ['s3:GetObject', 's3:PutObject'])
      for (const object of ['k', 'q']) {
        const resource = { resource: `arn:aws:s3:::b/${object}`, accountId: '111122223333' };
        const outcome = await runSimulation(
          {
            request: { principal, action, resource, contextVariables },
            ...{ identityPolicies, serviceControlPolicies: [], resourceControlPolicies: [] },
            resourcePolicy: policy,
          },
          {},
        );
        if (outcome.resultType === 'error') throw new Error(JSON.stringify(outcome.errors).slice(0, 500));
        if (outcome.overallResult === 'Allowed') return true;
      }
  return false;
}

describe('the verdict', () => {
  it('is "ours" only where strangers are denied, and "certain" hardly ever where they are', {
    timeout: 120_000,
  }, async () => {
    const seen = { ours: 0, strangers: 0, wary: 0 };
    await fc.assert(
      fc.asyncProperty(policies, fc.constantFrom(alone, member), async (policy, home) => {
        const found = foreignStatements(policy, home);
        const open = await letsIn(policy);
        if (found.length === 0) expect(open).toBe(false);
        seen[found.length === 0 ? 'ours' : open ? 'strangers' : 'wary'] += 1;
      }),
      { numRuns: 400 },
    );
    expect(Math.min(seen.ours, seen.strangers)).toBeGreaterThan(40);
    // Two Denies that only together reach all of an Allow, organisations that are not named: told, not acted upon alone.
    expect(seen.wary).toBeLessThan(seen.strangers);
  });

  // Without …IfExists and negations: what they leave of a named stranger is not weighed, they are taken to hold nobody.
  it('on one Allow alone is the oracle’s', { timeout: 120_000 }, async () => {
    const plain = statement.filter((one) => !/IfExists|Not(Equals|Like)/.test(JSON.stringify(one)));
    await fc.assert(
      fc.asyncProperty(plain, async (one) => {
        if (verdict(one, alone) === 'certain') expect(await letsIn(policyOf(one))).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('does not depend on order, casing, one or many, text or document, partition', () => {
    fc.assert(
      fc.property(policies, fc.constantFrom(alone, member), (policy, home) => {
        const list = policy.Statement as JsonObject[];
        const whole = verdicts(policy, home);
        const reversed = verdicts(policyOf(...[...list].reverse()), home);
        expect(reversed.map((one) => one.replace(/^\d+/, (n) => `${list.length - 1 - Number(n)}`)).reverse()).toEqual(
          whole,
        );
        expect(verdicts(JSON.stringify(policy), home)).toEqual(whole);
        const recased = list.map((one) => ({
          ...one,
          ...(typeof one.Action === 'string' && { Action: [one.Action.toUpperCase()] }),
          ...(one.Condition !== undefined && {
            Condition: Object.fromEntries(
              Object.entries(one.Condition as JsonObject).map(([operator, keys]) => [
                operator.toLowerCase(),
                Object.fromEntries(
                  Object.entries(keys as JsonObject).map(([key, value]) => [
                    key.toUpperCase(),
                    Array.isArray(value) ? value : [value as Json],
                  ]),
                ),
              ]),
            ),
          }),
        }));
        expect(verdicts(policyOf(...recased), home)).toEqual(whole);
        for (const partition of ['aws-cn', 'aws-us-gov'])
          expect(
            verdicts(JSON.parse(JSON.stringify(policy).replaceAll('arn:aws:', `arn:${partition}:`)) as Json, home),
          ).toEqual(whole);
      }),
    );
  });

  it('never lets in fewer by trusting fewer, nor by allowing more', () => {
    fc.assert(
      fc.property(policies, statement, (policy, more) => {
        const list = policy.Statement as JsonObject[];
        const trusting = foreignStatements(policy, { ...alone, trusted: ['444455556666', '999999999999'] });
        expect(trusting.length).toBeLessThanOrEqual(foreignStatements(policy, alone).length);
        if (more.Effect === 'Allow')
          expect(foreignStatements(policyOf(...list, more), alone).length).toBeGreaterThanOrEqual(
            foreignStatements(policy, alone).length,
          );
      }),
    );
  });

  it('never throws, however odd and long the policy', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), fc.jsonValue(), (a, b, c) => {
        foreignStatements(a as Json, member);
        foreignStatements({ Statement: a } as Json, member);
        const odd = { Principal: a, Action: b, Resource: c, Condition: { StringEquals: b, StringNotEquals: c } };
        foreignStatements(policyOf({ Effect: 'Allow', ...odd }, { Effect: 'Deny', ...odd }) as Json, member);
        foreignStatements(
          policyOf(open, { Effect: 'Deny', NotPrincipal: a, NotAction: b, NotResource: c }) as Json,
          alone,
        );
      }),
    );
    const huge = '*a'.repeat(2 ** 19);
    expect(verdicts(policyOf({ ...open, Action: huge }, { ...open, Effect: 'Deny', Action: huge }), alone)).toEqual([
      '0 certain',
    ]);
    const many = Array.from({ length: 20_000 }, (_, n) => `s3:Get${n}`);
    expect(
      verdicts(
        policyOf({ ...open, Action: many }, ...Array(500).fill({ ...open, Effect: 'Deny', Action: many })),
        alone,
      ),
    ).toEqual(['0 certain']);
  });
});
