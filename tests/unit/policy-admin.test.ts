import { runSimulation } from '@cloud-copilot/iam-simulate';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { adminOf, adminPolicy } from '../../shared/aws/admin.ts';
import type { Json, JsonObject } from '../../shared/core/json.ts';

const here = { account: '111122223333', region: 'us-east-1' };
const policyOf = (...statements: Json[]): JsonObject => ({ Version: '2012-10-17', Statement: statements });
const allow = (Action: Json, Resource: Json = '*', more: JsonObject = {}): JsonObject => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...more,
});
const deny = (Action: Json, Resource: Json = '*', more: JsonObject = {}): JsonObject => ({
  ...allow(Action, Resource, more),
  Effect: 'Deny',
});
const mfa: JsonObject = { Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } };
const verdict = (policies: readonly Json[], boundary?: Json): string =>
  adminOf(policies, here, boundary)?.certainty ?? 'no';

const judge = (cases: readonly (readonly [string, ...Json[]])[]) =>
  test.each(cases.map(([expected, ...statements]) => ({ expected, text: JSON.stringify(statements), statements })))(
    '$expected: $text',
    ({ expected, statements }) => {
      expect(verdict([policyOf(...statements)])).toBe(expected);
    },
  );

describe('policies that AWS publishes', () => {
  // AWS Managed Policy Reference Guide: AdministratorAccess, PowerUserAccess, IAMFullAccess, ReadOnlyAccess (part).
  judge([
    ['certain', allow('*')],
    [
      'certain',
      { Effect: 'Allow', NotAction: ['iam:*', 'organizations:*', 'account:*'], Resource: '*' },
      allow(['account:GetAccountInformation', 'iam:CreateServiceLinkedRole', 'iam:ListRoles']),
    ],
    ['certain', allow(['iam:*', 'organizations:DescribeAccount'])],
    ['no', allow(['a4b:Get*', 'iam:Generate*', 'iam:Get*', 'iam:List*', 's3:Get*', 's3:List*'])],
  ]);
  // IAM User Guide, "IAM JSON policy elements: NotAction": all but IAM, and all but one service's with a Deny.
  judge([
    ['certain', { Effect: 'Allow', NotAction: 'iam:*', Resource: '*' }],
    ['no', { Effect: 'Deny', NotAction: 'iam:*', Resource: '*', ...mfa }],
    ['no', { Effect: 'Allow', NotAction: 's3:DeleteBucket', Resource: 'arn:aws:s3:::*' }],
  ]);
  // "Permissions boundaries for IAM entities", IAM User Guide: the user's policy and ShirleyBoundary.
  it('are limited by a boundary', () => {
    const boundary = policyOf(allow(['s3:*', 'cloudwatch:*', 'ec2:*']));
    expect(verdict([policyOf(allow('iam:CreateUser'))], boundary)).toBe('no');
    expect(verdict([policyOf(allow('*'))], boundary)).toBe('no');
    expect(verdict([policyOf(allow('*'))], policyOf(allow('*')))).toBe('certain');
    expect(verdict([policyOf(allow('*'))], policyOf(allow('*'), deny('iam:*')))).toBe('certain');
    expect(verdict([policyOf(allow('iam:*'))], policyOf(allow('*'), deny('iam:*')))).toBe('no');
    expect(verdict([policyOf(allow('*'))], policyOf(allow('*', '*', mfa)))).toBe('possible');
    expect(verdict([policyOf(allow('*'))], 'what cannot be read')).toBe('possible');
    expect(verdict([policyOf(allow('*'))], policyOf())).toBe('no');
  });

  it.each(['aws', 'aws-cn', 'aws-us-gov'])('are known by their ARN in %s', (partition) => {
    for (const name of ['AdministratorAccess', 'IAMFullAccess', 'PowerUserAccess'])
      expect(adminPolicy(`arn:${partition}:iam::aws:policy/${name}`)).toBe(name);
    for (const other of [
      `arn:${partition}:iam::aws:policy/AdministratorAccess-Amplify`,
      `arn:${partition}:iam::aws:policy/ReadOnlyAccess`,
      `arn:${partition}:iam::aws:policy/job-function/AdministratorAccess`,
      `arn:${partition}:iam::111122223333:policy/AdministratorAccess`,
      'AdministratorAccess',
      '',
    ])
      expect(adminPolicy(other)).toBeNull();
  });
});

describe('an administrator', () => {
  judge([
    ['certain', allow(['s3:GetObject', '*'])],
    ['certain', allow('*:*')],
    ['certain', allow('*', ['arn:aws:s3:::b', '*'])],
    ['certain', allow('IAM:*')],
    ['certain', allow('iam:*', 'arn:aws:iam::111122223333:*')],
    ['certain', allow('iam:*', 'arn:aws:iam::*:*')],
    ['certain', allow(['iam:Put*', 'iam:Attach*', 'iam:Create*'])],
    ['certain', allow('iam:?*')],
    ['certain', allow(['iam:Put*', 'iam:Attach*']), allow('iam:CreatePolicyVersion')],
    ['certain', { Effect: 'Allow', Action: '*', NotResource: 'arn:aws:s3:::secret/*' }],
    ['certain', { Effect: 'Allow', Action: 'iam:*', NotResource: 'arn:aws:iam::111122223333:role/guarded' }],
    ['certain', allow('*'), deny('iam:*', 'arn:aws:iam::*:role/break-glass-*')],
    ['certain', allow('*'), deny(['organizations:*', 'account:*'])],
    ['certain', allow('*'), { Effect: 'Deny', NotAction: '*', Resource: '*' }],
    ['possible', allow('*', '*', mfa)],
    ['possible', allow('iam:*', '*', mfa), allow('s3:*')],
    ['certain', allow('*', '*', mfa), allow('iam:*')],
    ['certain', allow('*', '*', { Condition: {} })],
    [
      'possible',
      allow('*'),
      deny('*', '*', { Condition: { StringNotEquals: { 'aws:RequestedRegion': 'eu-west-1' } } }),
    ],
    ['possible', allow('*'), { ...deny('*'), Condition: 'unreadable' }],
  ]);
});

describe('no administrator', () => {
  judge([
    ['no'],
    ['no', allow('s3:*')],
    ['no', allow('*', 'arn:aws:s3:::b/*')],
    ['no', allow('iam:*', 'arn:aws:iam::111122223333:user/${aws:username}')],
    ['no', allow('iam:*', 'arn:aws:iam::111122223333:role/app/*')],
    ['no', allow('iam:*', 'arn:aws:iam::444455556666:*')],
    ['no', allow('iam:*', 'arn:aws-cn:iam::111122223333:*')],
    ['no', allow(['iam:Get*', 'iam:List*', 'iam:PassRole', 'iam:CreateUser'])],
    ['no', allow('iam:PutUserPolicy')],
    ['no', deny('*')],
    ['no', { ...allow('*'), Effect: 'allow' }],
    ['no', { Effect: 'Allow', Action: '*' }],
    ['no', { Effect: 'Allow', Resource: '*' }],
    ['no', allow([])],
    ['no', allow('*'), deny('*')],
    ['no', allow('*'), { Effect: 'Deny', NotAction: ['s3:*', 'ec2:*'], Resource: '*' }],
    ['no', allow('iam:*'), deny('iam:Put*')],
    ['no', allow('iam:*'), deny('iam:*', 'arn:aws:iam::111122223333:user/*')],
    ['no', { Effect: 'Allow', NotAction: '*', Resource: '*' }],
    ['no', { Effect: 'Allow', Action: '*', NotResource: '*' }],
    ['no', { Effect: 'Allow', NotAction: ['iam:*', '*'], Resource: '*' }],
  ]);

  it('is not made by a Deny in another account, nor hidden by one that is not known to be here', () => {
    const elsewhere = [policyOf(allow('iam:*'), deny('iam:*', 'arn:aws:iam::444455556666:*'))];
    expect(verdict(elsewhere)).toBe('certain');
    const denied = [policyOf(allow('iam:*'), deny('iam:*', 'arn:aws:iam::111122223333:*'))];
    expect(verdict(denied)).toBe('no');
    expect(adminOf(denied, { account: null, region: null })?.certainty).toBe('certain');
    expect(
      adminOf([policyOf(allow('iam:*', 'arn:aws:iam::111122223333:*'))], { account: null, region: null }),
    ).not.toBeNull();
  });
});

describe('reasons', () => {
  it('say what may be done, and by which words of the policy', () => {
    const reason = (...statements: Json[]) => adminOf([policyOf(...statements)], here)?.reason;
    expect(reason(allow('*'))).toBe('allows everything on every resource (Action *)');
    expect(reason(allow('iam:*'))).toBe('allows to give anybody any right (Action iam:*)');
    expect(reason({ Effect: 'Allow', NotAction: ['iam:*'], Resource: '*' })).toContain('(NotAction iam:*)');
    expect(reason(allow('*', '*', mfa))).toContain('under conditions');
    expect(reason(allow(['*', 'x:'.padEnd(2 ** 20, 'y')]))?.length).toBeLessThan(250);
  });
});

// Policies as they are found, in vocabulary that the oracle knows; the account's own things and one stranger's.

const actions = fc.constantFrom<Json>(
  ...['*', 'iam:*', 'IAM:P*', 's3:*', 'iam:Attach*', 'iam:PutUserPolicy', 'iam:CreatePolicyVersion'],
  ...[
    ['iam:Put*', 'iam:Attach*', 'iam:CreatePolicy*'],
    ['ec2:*', '*'],
    ['iam:Get*', 's3:GetObject'],
  ],
);
const resources = fc.constantFrom<Json>(
  ...['*', '*', 'arn:aws:iam::111122223333:*', 'arn:aws:iam::*:user/*', 'arn:aws:s3:::b/*'],
  ...['arn:aws:iam::111122223333:role/x', 'arn:aws:iam::444455556666:*', ['arn:aws:s3:::b', '*']],
);
const statement: fc.Arbitrary<JsonObject> = fc
  .tuple(
    fc.constantFrom('Allow', 'Allow', 'Deny'),
    fc.constantFrom('Action', 'Action', 'Action', 'NotAction'),
    actions,
    fc.constantFrom('Resource', 'Resource', 'Resource', 'NotResource'),
    resources,
    fc.constantFrom<JsonObject>({}, {}, {}, mfa),
  )
  .map(([Effect, action, what, resource, where, more]) => ({ Effect, [action]: what, [resource]: where, ...more }));
const policies = fc.array(statement, { maxLength: 4 }).map((list) => policyOf(...list));

/** What the account's own user may do, with and without the second factor, by an engine that nobody here wrote. */
async function may(policy: Json, boundary: Json | undefined, action: string, resource: string): Promise<boolean[]> {
  const outcomes = [];
  for (const present of ['true', 'false']) {
    const outcome = await runSimulation(
      {
        request: {
          principal: 'arn:aws:iam::111122223333:user/lee',
          action,
          resource: { resource, accountId: '111122223333' },
          contextVariables: { 'aws:MultiFactorAuthPresent': present },
        },
        identityPolicies: [{ name: 'own', policy }],
        ...(boundary !== undefined && { permissionBoundaryPolicies: [{ name: 'boundary', policy: boundary }] }),
        ...{ serviceControlPolicies: [], resourceControlPolicies: [] },
      },
      {},
    );
    if (outcome.resultType === 'error') throw new Error(JSON.stringify(outcome.errors).slice(0, 500));
    outcomes.push(outcome.overallResult === 'Allowed');
  }
  return outcomes;
}

/** Of a service that the vocabulary does not name; and each way to give rights, on something that it does not name. */
const everything = ['braket:CancelJob', 'arn:aws:braket:us-east-1:111122223333:job/q'] as const;
const rights = [
  ...['user', 'role', 'group'].flatMap((kind) =>
    ['Attach', 'Put'].map(
      (verb) =>
        [
          `iam:${verb}${kind.charAt(0).toUpperCase()}${kind.slice(1)}Policy`,
          `arn:aws:iam::111122223333:${kind}/q`,
        ] as const,
    ),
  ),
  ['iam:CreatePolicyVersion', 'arn:aws:iam::111122223333:policy/q'] as const,
] as const;

describe('the verdict', () => {
  // Between the oracle's "always" and "never": what is asked of whole kinds is answered for one thing of each kind.
  it('is the oracle’s', { timeout: 120_000 }, async () => {
    const seen = { certain: 0, possible: 0, no: 0 };
    await fc.assert(
      fc.asyncProperty(policies, fc.option(policies, { freq: 3, nil: undefined }), async (policy, boundary) => {
        const found = adminOf([policy], here, boundary)?.certainty ?? 'no';
        seen[found] += 1;
        const all = await may(policy, boundary, ...everything);
        const each = await Promise.all(rights.map(([action, resource]) => may(policy, boundary, action, resource)));
        const always = all.every(Boolean) || each.flat().every(Boolean);
        const ever = [0, 1].some((n) => all[n] || each.every((one) => one[n]));
        if (found === 'certain') expect(always).toBe(true);
        // Conditions are not weighed against each other: one on a Deny may undo one on an Allow.
        const conditional = [policy, boundary ?? policyOf()].flatMap((one) =>
          (one.Statement as JsonObject[]).filter(({ Condition }) => Condition !== undefined),
        );
        const alike = new Set(conditional.map(({ Effect }) => Effect)).size < 2;
        if (found === 'possible' && alike) expect(ever).toBe(true);
        if (found === 'no') expect(ever).toBe(false);
      }),
      { numRuns: 400 },
    );
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(5);
  });

  it('does not depend on order, casing of actions, one or many, text or document, one policy or several', () => {
    fc.assert(
      fc.property(policies, fc.boolean(), (policy, upper) => {
        const expected = verdict([policy]);
        const list = policy.Statement as JsonObject[];
        const cased = (text: string) => (upper ? text.toUpperCase() : text.toLowerCase());
        const changed = (value: Json): Json =>
          (Array.isArray(value) ? value : [value]).map((one) => cased(one as string));
        const recased = list.map((one) => ({
          ...one,
          ...(one.Action !== undefined && { Action: changed(one.Action) }),
          ...(one.NotAction !== undefined && { NotAction: changed(one.NotAction) }),
        }));
        expect(verdict([policyOf(...[...list].reverse())])).toBe(expected);
        expect(verdict([policyOf(...recased)])).toBe(expected);
        expect(verdict([JSON.stringify(policy)])).toBe(expected);
        expect(verdict([encodeURIComponent(JSON.stringify(policy))])).toBe(expected);
        expect(verdict(list.map((one) => ({ Statement: one })))).toBe(expected);
        expect(verdict([policy, policy])).toBe(expected);
      }),
    );
  });

  it('is the same in any partition', () => {
    fc.assert(
      fc.property(policies, (policy) => {
        for (const [partition, region] of [
          ['aws-cn', 'cn-north-1'],
          ['aws-us-gov', 'us-gov-west-1'],
        ] as const) {
          const moved = JSON.parse(JSON.stringify(policy).replaceAll('arn:aws:', `arn:${partition}:`)) as Json;
          expect(adminOf([moved], { ...here, region })?.certainty).toBe(adminOf([policy], here)?.certainty);
        }
      }),
    );
  });

  it('is not lost by allowing more, nor made by denying more', () => {
    const rank = { no: 0, possible: 1, certain: 2 } as Record<string, number>;
    fc.assert(
      fc.property(policies, actions, resources, (policy, what, where) => {
        const list = policy.Statement as JsonObject[];
        const now = rank[verdict([policy])] ?? 0;
        expect(rank[verdict([policyOf(...list, allow(what, where))])]).toBeGreaterThanOrEqual(now);
        expect(rank[verdict([policyOf(...list, deny(what, where))])]).toBeLessThanOrEqual(now);
      }),
    );
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), fc.jsonValue(), (a, b, c) => {
        adminOf([a as Json], here, b as Json);
        adminOf([{ Statement: a } as Json], here);
        adminOf([policyOf({ Effect: 'Allow', Action: a, Resource: b, Condition: c } as Json)], here);
        adminOf([policyOf({ Effect: 'Deny', NotAction: a, NotResource: b, Condition: c } as Json)], here);
      }),
    );
    const huge = '*a'.repeat(2 ** 19);
    expect(verdict([policyOf(allow(huge, huge), deny('*', huge), allow('*'))])).toBe('certain');
  });
});
