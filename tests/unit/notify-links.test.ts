import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { Incident } from '../../shared/core/incident.ts';
import { likelySource } from '../../shared/core/source.ts';
import { linksOf } from '../../shared/notify/links.ts';
import { slackMessage } from '../../shared/notify/slack.ts';
import { incidentOf } from '../support/incident.ts';

const eu = 'https://eu-west-1.console.aws.amazon.com';
const pageOf = (resource: string, region = 'eu-west-1'): string | null =>
  linksOf(incidentOf({ resource, region })).resource;

describe('the page of a resource', () => {
  it.each([
    ['arn:aws:s3:::shop', '/s3/buckets/shop?region=eu-west-1'],
    ['arn:aws:iam::111122223333:user/team/ann', '/iam/home#/users/details/ann'],
    ['arn:aws:iam::111122223333:role/deploy', '/iam/home#/roles/details/deploy'],
    [
      'arn:aws:iam::111122223333:policy/team/open',
      '/iam/home#/policies/details/arn:aws:iam::111122223333:policy%2Fteam%2Fopen',
    ],
    [
      'arn:aws:ec2:eu-west-1:111122223333:instance/i-0abc',
      '/ec2/home?region=eu-west-1#InstanceDetails:instanceId=i-0abc',
    ],
    ['arn:aws:ec2:eu-west-1:111122223333:security-group/sg-1', '/ec2/home?region=eu-west-1#SecurityGroup:groupId=sg-1'],
    [
      'arn:aws:cloudtrail:eu-west-1:111122223333:trail/main',
      '/cloudtrailv2/home?region=eu-west-1#/trails/arn:aws:cloudtrail:eu-west-1:111122223333:trail/main',
    ],
    [
      'arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/shop:*',
      '/cloudwatch/home?region=eu-west-1#logsV2:log-groups/log-group/$252Faws$252Flambda$252Fshop',
    ],
    ['arn:aws:lambda:eu-west-1:111122223333:function:shop:live', '/lambda/home?region=eu-west-1#/functions/shop'],
    [
      'arn:aws:events:eu-west-1:111122223333:rule/nightly',
      '/events/home?region=eu-west-1#/eventbus/default/rules/nightly',
    ],
    [
      'arn:aws:events:eu-west-1:111122223333:rule/own/nightly',
      '/events/home?region=eu-west-1#/eventbus/own/rules/nightly',
    ],
    [
      'arn:aws:ecr:eu-west-1:111122223333:repository/team/shop',
      '/ecr/repositories/private/111122223333/team/shop?region=eu-west-1',
    ],
    [
      'arn:aws:sns:eu-west-1:111122223333:orders',
      '/sns/v3/home?region=eu-west-1#/topic/arn:aws:sns:eu-west-1:111122223333:orders',
    ],
    ['arn:aws:rds:eu-west-1:111122223333:db:shop', '/rds/home?region=eu-west-1#database:id=shop;is-cluster=false'],
  ])('of %s', (resource, address) => {
    expect(pageOf(resource)).toBe(eu + address);
  });

  it.each([
    ['aws-cn', 'cn-north-1', 'cn-north-1.console.amazonaws.cn'],
    ['aws-us-gov', 'us-gov-west-1', 'us-gov-west-1.console.amazonaws-us-gov.com'],
  ])('in partition %s', (partition, region, host) => {
    const kms = `arn:${partition}:kms:${region}:111122223333:key/k-1`;
    expect(pageOf(kms, region)).toBe(`https://${host}/kms/home?region=${region}#/kms/keys/k-1`);
    const bucket = linksOf(incidentOf({ resource: `arn:${partition}:s3:::shop`, region }));
    expect(bucket.resource).toBe(`https://${host}/s3/buckets/shop?region=${region}`);
    expect(bucket.event).toMatch(`https://${host}/cloudtrailv2/home?region=${region}#/events/11111111-`);
  });

  it.each([
    ['what is no ARN', 'shop'],
    ['what the event does not tell', 'arn:aws:ec2:eu-west-1:111122223333:vpc-flow-log/*'],
    ['a service without a page here', 'arn:aws:macie2:eu-west-1:111122223333:session'],
    ['a type that is a name of Object’s', 'arn:aws:ec2:eu-west-1:111122223333:constructor/x'],
    ['a service that is one', 'arn:aws:constructor:eu-west-1:111122223333:name/x'],
    ['a region of another partition', 'arn:aws:kms:cn-north-1:111122223333:key/k-1'],
    ['a partition whose console is not known', 'arn:aws-iso:kms:us-iso-east-1:111122223333:key/k-1'],
    ['a region that is none', 'arn:aws:kms:evil.example/:111122223333:key/k-1'],
    ['a name that no mail program keeps whole', `arn:aws:iam::111122223333:user/${'x'.repeat(700)}`],
  ])('is left out for %s', (_, resource) => {
    expect(pageOf(resource)).toBeNull();
  });

  test('is made of safe letters, whatever the resource is called', () => {
    const part = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        's3',
        'iam',
        'user/',
        'kms',
        'key/',
        'eu-west-1',
        'aws',
        '"><',
        '\n',
        ') (',
        '/../',
        '#',
        '&',
        '@evil.example/',
      ),
    );
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 8 }), part, (parts, region) => {
        for (const resource of [
          `arn:aws:s3:::${parts.join('')}`,
          `arn:aws:iam::1:user/${parts.join('')}`,
          parts.join(':'),
        ])
          for (const link of Object.values(linksOf(incidentOf({ resource, region }))))
            expect(link === null || URL.canParse(link)).toBe(true);
        const link = pageOf(`arn:aws:iam::1:user/${parts.join('')}`);
        if (link !== null)
          expect(link).toMatch(
            /^https:\/\/eu-west-1\.console\.aws\.amazon\.com\/iam\/home#\/users\/details\/[\w%.:-]*$/,
          );
      }),
      { numRuns: 300 },
    );
  });
});

describe('the call in CloudTrail', () => {
  const eventOf = (id: string, type = 'IAMUser', region = 'us-east-1'): string | null =>
    linksOf(incidentOf({ event: { id, name: 'x' }, actor: { type, name: 'a' }, region })).event;
  const id = '0c022c9a-6811-5b69-b0bf-c6fe650e2e13';

  it('is linked by its id, where it was made', () => {
    expect(eventOf(id)).toBe(
      `https://us-east-1.console.aws.amazon.com/cloudtrailv2/home?region=us-east-1#/events/${id}`,
    );
  });

  it('is left out for a finding, for an id that is none, and for no region', () => {
    expect(eventOf(id, 'Unknown')).toBeNull();
    expect(eventOf('unknown')).toBeNull();
    expect(eventOf(`${id}/../x`)).toBeNull();
    expect(eventOf(id, 'IAMUser', 'unknown')).toBeNull();
    expect(eventOf(id, 'IAMUser', 'us-east-1.evil.example')).toBeNull();
  });
});

describe('what likely made a change', () => {
  const terraform =
    'APN/1.0 HashiCorp/1.0 Terraform/1.7.5 (+https://www.terraform.io) terraform-provider-aws/5.40.0 (+https://registry.terraform.io/providers/hashicorp/aws) aws-sdk-go-v2/1.26';

  it.each([
    [{ userAgent: terraform }, 'Terraform 1.7.5'],
    [{ userAgent: `[${terraform}]` }, 'Terraform 1.7.5'],
    [{ userAgent: 'APN/1.0 HashiCorp/1.0 OpenTofu/1.6.0' }, 'OpenTofu 1.6.0'],
    [{ userAgent: 'APN/1.0 Pulumi/1.0 PulumiAwsNative/1.12' }, 'Pulumi 1.0'],
    [{ userAgent: 'cloudformation.amazonaws.com' }, 'CloudFormation'],
    [{ invokedBy: 'cloudformation.amazonaws.com', stack: 'shop-prod' }, 'CloudFormation, stack shop-prod'],
    [{ arn: 'arn:aws:sts::111122223333:assumed-role/cdk-exec/AWSCloudFormation' }, 'CloudFormation'],
    [{ userAgent: 'aws-cli/2.31.0' }, null],
    [{ userAgent: 'x'.repeat(1_000_000) }, null],
    [{}, null],
  ])('by %#', (actor, source) => {
    expect(likelySource({ type: 'AssumedRole', name: 'deploy/ci', ...actor })).toBe(source);
  });
});

describe('in Slack', () => {
  const shown = (change: Partial<Incident>): string =>
    JSON.stringify(slackMessage(incidentOf({ outcome: 'asked', ...change }), () => 'v').blocks);

  it('pages of the console stand behind their words', () => {
    expect(shown({})).toContain(
      JSON.stringify({ type: 'link', url: `${eu}/s3/buckets/shop?region=eu-west-1`, text: 'Resource' }),
    );
    expect(shown({ resource: 'shop', region: 'unknown' })).not.toContain('"link"');
  });

  it('the buttons ask what the question asks: to fix it, or whether what was fixed first stays', () => {
    expect(shown({})).toContain('"Fix now"');
    expect(shown({})).toContain('"Leave it"');
    const kept = shown({ first: 'reverted' });
    expect(kept).toContain('"Keep the fix"');
    expect(kept).toContain('"Take it back"');
    expect(kept).not.toContain('Fix now');
  });
});
