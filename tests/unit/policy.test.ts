import { anonymousPrincipal, runSimulation } from '@cloud-copilot/iam-simulate';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { publicStatements, statementsOf, withoutStatements } from '../../shared/aws/policy.ts';
import type { Json, JsonObject } from '../../shared/core/json.ts';

const policyOf = (...statements: Json[]): JsonObject => ({ Version: '2012-10-17', Statement: statements });
const indexes = (policy: Json): number[] => publicStatements(policy).map(({ index }) => index);
const isPublic = (statement: Json): boolean => indexes(policyOf(statement)).length === 1;

const open: JsonObject = { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: 'arn:aws:s3:::b/*' };
const when = (Condition: Json): JsonObject => ({ ...open, Condition });
const to = (Principal: Json): JsonObject => ({ ...open, Principal });

type Verdict = 'public' | 'private';
const judge = (cases: readonly (readonly [Verdict, Json])[]) =>
  test.each(cases.map(([verdict, statement]) => ({ verdict, text: JSON.stringify(statement), statement })))(
    '$verdict: $text',
    ({ verdict, statement }) => {
      expect(isPublic(statement)).toBe(verdict === 'public');
    },
  );

describe("examples published in S3's user guide, access-control-block-public-access.html", () => {
  const example = { Principal: '*', Resource: '*', Action: 's3:PutObject', Effect: 'Allow' };
  judge([
    ['public', example],
    ['public', { ...example, Condition: { StringLike: { 'aws:SourceVpc': 'vpc-*' } } }],
    ['private', { ...example, Condition: { StringEquals: { 'aws:SourceVpc': 'vpc-91237329' } } }],
    // Very broad IP ranges, and the limits named there.
    ['public', when({ IpAddress: { 'aws:SourceIp': '0.0.0.0/1' } })],
    ['public', when({ IpAddress: { 'aws:SourceIp': '12.0.0.0/7' } })],
    ['private', when({ IpAddress: { 'aws:SourceIp': '12.0.0.0/8' } })],
    ['public', when({ IpAddress: { 'aws:SourceIp': '2001::/31' } })],
    ['private', when({ IpAddress: { 'aws:SourceIp': '2001:db8::/32' } })],
    // The name of an access point may be a wildcard as long as the account is fixed.
    ['private', when({ StringLike: { 's3:DataAccessPointArn': 'arn:aws:s3:us-west-2:123456789012:accesspoint/*' } })],
    ['public', when({ ArnLike: { 's3:DataAccessPointArn': 'arn:aws:s3:us-west-2:*:accesspoint/mine' } })],
    // 2018 edition only.
    ['public', { ...example, Principal: { Federated: 'graph.facebook.com' } }],
  ]);

  it('makes a policy public for its third statement alone', () => {
    const policy = policyOf(
      to({ Service: 'cloudtrail.amazonaws.com' }),
      to({ AWS: 'arn:aws:iam::222222222222:root' }),
      open,
    );
    expect(indexes(policy)).toEqual([2]);
  });
});

describe("examples published in DynamoDB's guide, rbac-bpa-rbp.html", () => {
  judge([
    ['private', { Effect: 'Allow', Principal: { AWS: ['123456789012', '111122223333'] }, Action: 'dynamodb:*' }],
    ['private', when({ Bool: { 'aws:PrincipalIsAWSService': 'true' } })],
    ['public', when({ Bool: { 'aws:PrincipalIsAWSService': 'false' } })],
  ]);
});

describe('principals', () => {
  judge([
    ['public', to({ AWS: '*' })],
    ['public', to({ AWS: ['arn:aws:iam::111122223333:root', '*'] })],
    ['public', to({ CanonicalUser: '*' })],
    ['public', to({ Service: '*' })],
    ['public', to({ AWS: 'arn:aws:iam::*:root' })],
    ['public', to({ AWS: 'arn:aws:iam::11112222333?:root' })],
    ['public', to({ Service: 's3.amazonaws.com', AWS: '*' })],
    ['public', to(['*'])],
    ['private', to({ AWS: 'arn:aws-us-gov:iam::111122223333:role/r' })],
    ['private', to({ AWS: 'AIDACKCEVSQ6C2EXAMPLE' })],
    ['private', to({ AWS: 111122223333 })],
    ['private', to({ AWS: [] })],
    ['private', to({ AWS: 'arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1EXAMPLE' })],
    ['private', to({ CanonicalUser: '79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be' })],
    ['private', to({ Service: ['logging.s3.amazonaws.com', 'cloudfront.amazonaws.com'] })],
    ['private', to({ Federated: 'arn:aws:iam::111122223333:saml-provider/corp' })],
    ['public', to({ Federated: 'cognito-identity.amazonaws.com' })],
    ['public', { Effect: 'Allow', NotPrincipal: { AWS: 'arn:aws:iam::111122223333:root' }, Action: '*' }],
    // Not a resource policy at all.
    ['private', { Effect: 'Allow', Action: '*', Resource: '*' }],
    ['public', { Effect: 'Allow', Principal: '*', NotAction: 's3:GetObject', NotResource: 'arn:aws:s3:::b' }],
    ['private', { ...open, Effect: 'Deny' }],
    ['private', { ...open, Effect: 'allow' }],
  ]);
});

describe('conditions', () => {
  const org = { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' };
  judge([
    ['private', when({ StringEquals: org })],
    ['private', when({ stringequals: { 'AWS:PRINCIPALORGID': ['o-a1b2c3d4e5'] } })],
    ['private', when({ StringEquals: { 'aws:PrincipalAccount': 111122223333 } })],
    ['private', when({ StringEquals: { 'AWS:SourceOwner': '111122223333' } })], // SNS's default policy
    ['private', when({ StringEquals: { 'kms:CallerAccount': '111122223333' } })],
    ['private', when({ StringEquals: { 's3:DataAccessPointAccount': '111122223333' } })],
    ['private', when({ 'ForAnyValue:StringEquals': { 'aws:PrincipalServiceNamesList': 's3.amazonaws.com' } })],
    // Wildcards, variables, nothing, and one wide value among several.
    ['public', when({ StringLike: { 'aws:PrincipalOrgID': 'o-*' } })],
    ['public', when({ StringLike: { 'aws:SourceAccount': '11112222333?' } })],
    ['public', when({ StringEquals: { 'aws:SourceAccount': '$' + '{aws:PrincipalAccount}' } })],
    ['public', when({ StringEquals: { 'aws:SourceVpce': [] } })],
    ['public', when({ StringEquals: { 'aws:SourceVpce': '' } })],
    ['public', when({ StringEquals: { 'aws:SourceVpce': null } })],
    ['public', when({ StringEquals: { 'aws:SourceVpce': [{ a: 1 }] } })],
    ['public', when({ StringLike: { 'aws:SourceVpce': ['vpce-1a2b3c4d', '*'] } })],
    ['private', when({ StringLike: { 'aws:SourceVpce': ['vpce-1a2b3c4d', 'vpce-5e6f7a8b'] } })],
    // Ranges.
    ['public', when({ IpAddress: { 'aws:SourceIp': '0.0.0.0/0' } })],
    ['public', when({ IpAddress: { 'aws:SourceIp': '::/0' } })],
    ['public', when({ IpAddress: { 'aws:SourceIp': ['203.0.113.0/24', '0.0.0.0/0'] } })],
    ['public', when({ StringLike: { 'aws:SourceIp': '203.0.113.*' } })],
    ['public', when({ IpAddress: { 'aws:SourceIp': 'everywhere' } })],
    ['public', when({ IpAddress: { 'aws:VpcSourceIp': '10.0.0.0/8' } })],
    ['private', when({ IpAddress: { 'aws:SourceIp': ['203.0.113.0/24', '2001:db8::1', '10.0.0.0/8'] } })],
    // Negated, absent, or anybody's to fulfil.
    ['public', when({ StringNotEquals: org })],
    ['public', when({ NotIpAddress: { 'aws:SourceIp': '203.0.113.0/24' } })],
    ['public', when({ StringEqualsIfExists: org })],
    ['public', when({ 'ForAllValues:StringEquals': org })],
    ['public', when({ 'ForAnyValue:StringEqualsIfExists': org })],
    ['public', when({ 'ForSomeValues:StringEquals': org })],
    ['public', when({ Null: { 'aws:PrincipalOrgID': 'false' } })],
    ['public', when({ Null: { 'aws:PrincipalOrgID': 'true' }, StringEqualsIfExists: org })],
    ['private', when({ Null: { 'AWS:principalorgid': false }, StringEqualsIfExists: org })],
    ['private', when({ Null: { 'aws:PrincipalOrgID': 'false' }, 'ForAllValues:StringEquals': org })],
    ['public', when({ Null: { 'aws:SourceVpc': 'false' }, StringEqualsIfExists: org })],
    ['public', when({ Null: { 'aws:PrincipalOrgID': ['false', 'true'] }, StringEqualsIfExists: org })],
    ['public', when({ Null: { 'aws:PrincipalOrgID': [] }, StringEqualsIfExists: org })],
    ['public', when({ Bool: { 'aws:PrincipalAccount': '111122223333' } })],
    ['public', when({ IpAddress: { 'aws:SourceVpc': 'vpc-91237329' } })],
    ['public', when({ StringEquals: { 'aws:Referer': 'https://example.com/' } })],
    ['public', when({ StringEquals: { 'aws:UserAgent': 'secret' } })],
    ['public', when({ Bool: { 'aws:SecureTransport': 'true' } })],
    ['public', when({ Bool: { 'aws:MultiFactorAuthPresent': 'true' } })],
    ['public', when({ StringEquals: { 's3:prefix': 'home/' } })],
    ['public', when({ DateLessThan: { 'aws:CurrentTime': '2030-01-01T00:00:00Z' } })],
    ['public', when({ StringEquals: { 'aws:PrincipalTag/team': 'blue' } })],
    ['public', when({ StringEquals: { 'aws:ResourceAccount': '111122223333' } })],
    ['public', when({ StringEquals: { 'kms:ViaService': 's3.us-east-1.amazonaws.com' } })],
    ['public', when({ StringEquals: { 's3:x-amz-server-side-encryption-aws-kms-key-id': 'arn:aws:kms:k' } })],
    // All of several must hold: one that narrows is enough.
    ['private', when({ Bool: { 'aws:SecureTransport': 'true' }, StringEquals: org })],
    ['private', when({ StringLike: { 'aws:Referer': '*', ...org } })],
    [
      'private',
      { ...when({ StringEquals: org }), Principal: undefined, NotPrincipal: { AWS: '111122223333' } } as Json,
    ],
    // ARNs: an account that is fixed where the operator compares part by part, or nothing wild before it.
    ['private', when({ ArnLike: { 'aws:SourceArn': 'arn:aws:cloudtrail:*:111122223333:trail/*' } })],
    ['private', when({ ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::111122223333:role/app-*' } })],
    ['private', when({ StringLike: { 'aws:PrincipalArn': 'arn:aws:iam::111122223333:role/*' } })],
    ['private', when({ ArnEquals: { 'aws:SourceArn': 'arn:aws:s3:::my-bucket' } })],
    ['private', when({ ArnLike: { 'aws:SourceArn': 'arn:aws:s3:*:*:my-bucket' } })], // S3's guide to notifications
    ['public', when({ ArnLike: { 'aws:SourceArn': 'arn:aws:s3:::my-*' } })],
    ['public', when({ StringLike: { 'aws:SourceArn': 'arn:aws:s3:*:*:my-bucket' } })],
    ['public', when({ ArnLike: { 'aws:SourceArn': 'arn:aws:sns:*:*:topic' } })],
    ['public', when({ StringLike: { 'aws:PrincipalArn': 'arn:*:iam::111122223333:role/x' } })],
    ['private', when({ ArnLike: { 'aws:PrincipalArn': 'arn:*:iam::111122223333:role/x' } })],
    ['private', when({ StringLike: { 's3:DataAccessPointArn': 'arn:aws:s3:*:111122223333:accesspoint/*' } })],
    ['public', when({ ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::cloudfront:user/*' } })],
    ['public', when({ ArnLike: { 'aws:PrincipalArn': '*' } })],
    // One organisation, one role.
    ['private', when({ 'ForAnyValue:StringLike': { 'aws:PrincipalOrgPaths': 'o-a1b2c3d4e5/r-ab12/ou-ab12-1/*' } })],
    ['public', when({ 'ForAnyValue:StringLike': { 'aws:PrincipalOrgPaths': '*/ou-ab12-11111111/*' } })],
    ['public', when({ 'ForAnyValue:StringLike': { 'aws:PrincipalOrgPaths': 'o-a1b2c3d4e5*' } })],
    ['private', when({ StringLike: { 'aws:userid': ['AROADBQP57FF2AEXAMPLE:*', '111122223333'] } })],
    ['public', when({ StringLike: { 'aws:userid': 'AROA*' } })],
    ['public', when({ StringLike: { 'aws:userid': '*:session' } })],
    // Not understood: S3 begins by assuming that a policy is public.
    ['public', when(null)],
    ['public', when('StringEquals')],
    ['public', when({ StringEquals: ['aws:SourceVpc', 'vpc-91237329'] })],
    ['public', when({ SameAs: org })],
  ]);
});

describe('reasons', () => {
  it('say who and which conditions do not help, cut short', () => {
    expect(publicStatements(policyOf(open))).toEqual([
      { index: 0, reason: 'everyone (principal *), without a condition' },
    ]);
    const [found] = publicStatements(policyOf(when({ StringLike: { 'aws:SourceVpc': 'vpc-*' } })));
    expect(found?.reason).toContain('StringLike aws:SourceVpc');
    const [long] = publicStatements(policyOf(when({ StringLike: { ['k'.repeat(2 ** 20)]: 'v' } })));
    expect(long?.reason.length).toBeLessThan(250);
    const [wide] = publicStatements(policyOf(to({ AWS: `${'x'.repeat(2 ** 20)}*` })));
    expect(wide?.reason.length).toBeLessThan(250);
    expect(publicStatements(policyOf({ Effect: 'Allow', NotPrincipal: { AWS: '1' } }))[0]?.reason).toContain(
      'NotPrincipal',
    );
  });
});

describe('shapes', () => {
  it('reads text and documents, one statement and a list', () => {
    expect(statementsOf(JSON.stringify(policyOf(open)))).toEqual([open]);
    expect(statementsOf({ Statement: open })).toEqual([open]);
    expect(statementsOf({ Statement: [] })).toEqual([]);
    expect(statementsOf({ Statement: [null, 7, 'x', open] })).toEqual([{}, {}, {}, open]);
    expect(indexes({ Statement: [null, 7, 'x', open] })).toEqual([3]);
  });

  test.each([null, true, 7, '', '{', 'null', '[]', '"x"', '{}', {}, [], { Statement: null }, { Statement: 'x' }])(
    'is no policy: %j',
    (value) => {
      expect(statementsOf(value)).toBeNull();
      expect(publicStatements(value)).toEqual([]);
    },
  );

  it('never throws', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), fc.jsonValue(), (a, b, c) => {
        publicStatements(a as Json);
        publicStatements({ Statement: a } as Json);
        publicStatements(policyOf({ Effect: 'Allow', Principal: a, Condition: { StringEquals: b, Null: c } } as Json));
        publicStatements(
          policyOf({ Effect: 'Allow', Principal: '*', Condition: { StringLike: { 'aws:userid': a } } } as Json),
        );
      }),
    );
    const huge = 'arn:'.repeat(2 ** 18);
    for (const key of ['aws:SourceIp', 'aws:SourceArn', 'aws:userid', 'aws:PrincipalOrgPaths', huge])
      expect(() =>
        publicStatements(policyOf(when({ [huge]: { [key]: huge }, StringLike: { [key]: huge } }))),
      ).not.toThrow();
    expect(publicStatements(huge)).toEqual([]);
    expect(publicStatements('['.repeat(2 ** 20))).toEqual([]);
  });
});

// Statements as they are found, wide and narrow mixed, in the partition `aws` so that it can be swapped.

const accounts = fc.constantFrom('111122223333', '222222222222');
const operators = [
  ...['StringEquals', 'StringLike', 'StringNotEquals', 'StringNotLike', 'StringEqualsIfExists', 'ArnLike', 'ArnEquals'],
  ...['ArnNotLike', 'IpAddress', 'NotIpAddress', 'ForAnyValue:StringLike', 'ForAllValues:StringLike', 'Bool'],
];
const keys = [
  ...['aws:SourceIp', 'aws:PrincipalOrgID', 'aws:PrincipalArn', 'aws:PrincipalAccount', 'aws:PrincipalOrgPaths'],
  ...['aws:userid', 'aws:SourceVpc', 'aws:SecureTransport', 'aws:Referer', 's3:DataAccessPointArn'],
];
const values: readonly Json[] = [
  ...['true', '*', '0.0.0.0/0', '128.0.0.0/1', '203.0.113.0/24', 'o-mine', 'o-*', 'o-mine/*', 'o-????', 'vpc-1', ''],
  ...['arn:aws:iam::*:role/x', 'arn:aws:iam::111122223333:role/*', 'arn:*:iam::111122223333:role/*', 'arn:aws:s3:::b'],
  ...['AROADBQP57FF2AEXAMPLE:*', 'AROA*', 'arn:aws:s3:*:*:accesspoint/x', 'arn:aws:s3:*:111122223333:accesspoint/*'],
  ...['111122223333', '222222222222', '????????????', '$' + '{aws:PrincipalAccount}', '$' + '{aws:PrincipalOrgID}'],
  ...[['203.0.113.7', '0.0.0.0/0'], ['o-mine', 'o-*'], ['111122223333', '*'], ['vpc-1', 'vpc-2'], []],
];
const conditions = fc.dictionary(
  fc.constantFrom(...operators),
  fc.dictionary(fc.constantFrom(...keys), fc.constantFrom(...values), { maxKeys: 2 }),
  { maxKeys: 3 },
);
const statement: fc.Arbitrary<JsonObject> = fc.record(
  {
    Sid: fc.string({ maxLength: 5 }),
    Effect: fc.constantFrom('Allow', 'Allow', 'Allow', 'Deny'),
    Principal: fc.oneof(
      fc.constantFrom<Json>('*', { AWS: '*' }, { AWS: ['111122223333', '*'] }, { Service: 's3.amazonaws.com' }),
      accounts.map((account): Json => ({ AWS: `arn:aws:iam::${account}:root` })),
    ),
    Action: fc.constant('s3:GetObject'),
    Resource: fc.constant('arn:aws:s3:::b/*'),
    Condition: conditions,
  },
  { requiredKeys: ['Effect', 'Principal', 'Action', 'Resource'] },
);
const policies = fc.array(statement, { maxLength: 6 }).map((list) => policyOf(...list));
const remade = (policy: JsonObject, change: (text: string) => string): JsonObject =>
  JSON.parse(change(JSON.stringify(policy))) as JsonObject;

describe('the verdict on a statement', () => {
  it('does not depend on the others, nor on their order', () => {
    const shuffled = policies.chain((policy) => {
      const list = policy.Statement as JsonObject[];
      return fc.tuple(
        fc.constant(list),
        fc.shuffledSubarray(
          list.map((_, index) => index),
          { minLength: list.length },
        ),
      );
    });
    fc.assert(
      fc.property(shuffled, ([list, order]) => {
        const alone = order.filter((index) => isPublic(list[index] ?? null));
        const together = indexes(policyOf(...order.map((index) => list[index] ?? null)));
        expect(together.map((position) => order[position])).toEqual(alone);
      }),
    );
  });

  it('is the same for one and a list, for text and document, in any partition', () => {
    fc.assert(
      fc.property(statement, (one) => {
        const verdict = isPublic(one);
        expect(indexes({ Statement: one }).length === 1).toBe(verdict);
        expect(indexes(JSON.stringify(policyOf(one))).length === 1).toBe(verdict);
        for (const partition of ['aws-cn', 'aws-us-gov'])
          expect(
            indexes(remade(policyOf(one), (text) => text.replaceAll('arn:aws:', `arn:${partition}:`))).length === 1,
          ).toBe(verdict);
      }),
    );
  });

  it('is the same for one value and a list of it, and for keys and operators in any case', () => {
    const mapped = (block: Json | undefined, name: (text: string) => string, value: (it: Json) => Json): JsonObject =>
      Object.fromEntries(
        Object.entries((block ?? {}) as JsonObject).map(([operator, keys]) => [
          name(operator),
          Object.fromEntries(Object.entries(keys as JsonObject).map(([key, it]) => [name(key), value(it as Json)])),
        ]),
      );
    fc.assert(
      fc.property(statement, (one) => {
        const verdict = isPublic(one);
        const listed = (value: Json): Json => (Array.isArray(value) ? value : [value]);
        const same = (text: string) => text;
        for (const name of [same, (text: string) => text.toUpperCase(), (text: string) => text.toLowerCase()])
          for (const value of [(it: Json) => it, listed])
            expect(isPublic({ ...one, Condition: mapped(one.Condition, name, value) })).toBe(verdict);
      }),
    );
  });

  it('stays private whatever else is demanded, and public when the conditions go', () => {
    fc.assert(
      fc.property(statement, conditions, (one, more) => {
        const { Condition: _, ...bare } = one;
        if (isPublic(one)) expect(isPublic(bare)).toBe(true);
        else
          expect(isPublic({ ...one, Condition: { ...more, ...(one.Condition as JsonObject | undefined) } })).toBe(
            false,
          );
      }),
    );
  });

  // Sound: an engine that nobody here wrote lets no stranger through a statement that was found private.
  it('is private only where strangers are denied', { timeout: 60_000 }, async () => {
    const signed = {
      name: 'all',
      policy: { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: '*', Resource: '*' } },
    };
    const arn = 'arn:aws:iam::999999999999:role/z:iam::111122223333:role/x';
    const anywhere = { 'aws:SourceIp': '198.51.100.77', 'aws:SecureTransport': 'true', 'aws:Referer': 'true' };
    const mallory = {
      ...anywhere,
      'aws:PrincipalArn': arn,
      'aws:PrincipalAccount': '999999999999',
      'aws:PrincipalOrgID': 'o-evil',
      'aws:PrincipalOrgPaths': ['o-evil/r-1/ou-1/'],
      'aws:userid': 'AROAEVILEVILEVILEVIL1:x',
      'aws:SourceVpc': 'vpc-evil',
      's3:DataAccessPointArn': 'arn:aws:s3:us-east-1:999999999999:accesspoint/x',
    };
    const strangers = [
      { principal: anonymousPrincipal, contextVariables: anywhere, identityPolicies: [] },
      { principal: 'arn:aws:iam::999999999999:role/x', contextVariables: mallory, identityPolicies: [signed] },
    ];
    let heldOut = 0;
    const every = operators.flatMap((operator) =>
      keys.flatMap((key) => values.map((value) => when({ [operator]: { [key]: value } }))),
    );
    for (const one of every.filter((each) => !isPublic(each)))
      for (const { principal, contextVariables, identityPolicies } of strangers) {
        const resource = { resource: 'arn:aws:s3:::b/k', accountId: '111122223333' };
        const outcome = await runSimulation(
          {
            request: { principal, action: 's3:GetObject', resource, contextVariables },
            ...{ identityPolicies, serviceControlPolicies: [], resourceControlPolicies: [] },
            resourcePolicy: policyOf(one),
          },
          {},
        );
        if (outcome.resultType === 'error') continue; // not a policy that IAM accepts
        expect(outcome.overallResult, JSON.stringify(one)).not.toBe('Allowed');
        heldOut += 1;
      }
    expect(heldOut).toBeGreaterThan(50);
  });
});

describe('withoutStatements', () => {
  const drops = fc.array(fc.integer({ min: -1, max: 7 }));

  it('keeps exactly the others, and their order', () => {
    fc.assert(
      fc.property(policies, drops, fc.constantFrom(undefined, 2, '\t'), (policy, drop, indent) => {
        const document = { Id: 'x', ...policy, Note: { b: 1, a: [2] } };
        const before = JSON.stringify(document, null, indent);
        const list = policy.Statement as JsonObject[];
        const kept = list.filter((_, index) => !drop.includes(index));
        const after = withoutStatements(before, drop);
        if (kept.length === list.length) expect(after).toBe(before);
        else if (kept.length === 0) expect(after).toBeNull();
        else expect(after).toBe(JSON.stringify({ ...document, Statement: kept }, null, indent));
      }),
    );
  });

  it('leaves nothing public, and a second time changes nothing', () => {
    fc.assert(
      fc.property(policies, (policy) => {
        const after = withoutStatements(JSON.stringify(policy), indexes(policy));
        if (after === null) return;
        expect(publicStatements(after)).toEqual([]);
        expect(withoutStatements(after, indexes(after))).toBe(after);
      }),
    );
  });

  it('takes a single statement that is no list', () => {
    const single = JSON.stringify({ Version: '2008-10-17', Statement: open });
    expect(withoutStatements(single, [0])).toBeNull();
    expect(withoutStatements(single, [1])).toBe(single);
    expect(withoutStatements(single, [])).toBe(single);
  });

  test.each(['', 'x', 'null', '[1]', '{"Statement":"x"}', ' { "Statement" : [ ] } '])(
    'gives back what it cannot read, and never the null that would delete it: %s',
    (text) => {
      expect(withoutStatements(text, [0])).toBe(text);
    },
  );
});
