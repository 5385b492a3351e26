/**
 * Addresses of the AWS console: ours, made of an incident's region and ARN, never taken from an event. Hosts: "AWS
 * Management Console endpoints and quotas" (AWS General Reference), "Getting Started with Amazon Web Services in China",
 * "Signing in to AWS GovCloud (US)". The paths of the pages are documented nowhere: they are as the console shows them,
 * and as the public mappings that were compared have them (link2aws; console links in Prowler, Steampipe, Fix Inventory).
 */
import { parseArn, partitionOf } from '../aws/arn.ts';
import type { Incident } from '../core/incident.ts';

const domains: { readonly [partition: string]: string } = {
  aws: 'console.aws.amazon.com',
  'aws-cn': 'console.amazonaws.cn',
  'aws-us-gov': 'console.amazonaws-us-gov.com',
};

/** Longer addresses are torn apart by mail programs, and are no resource's. */
const longest = 600;

export type Links = {
  /** The call in CloudTrail's event history, which holds ninety days ("Working with CloudTrail event history"). */
  readonly event: string | null;
  /** The resource's own page; null where the console has none, or none that is known here. */
  readonly resource: string | null;
};

export const linksOf = (incident: Incident): Links => ({
  event: bounded(eventLink(incident)),
  resource: bounded(resourceLink(incident)),
});

const bounded = (link: string | null): string | null => (link !== null && link.length <= longest ? link : null);

/** Only a call has an event there; its id is a UUID (CloudTrail user guide, "CloudTrail record contents": eventID). */
function eventLink({ event, actor, region }: Incident): string | null {
  const console = consoleOf(region);
  const isCall = actor.type !== 'Unknown' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(event.id);
  return console && isCall ? `${console}/cloudtrailv2/home?region=${region}#/events/${event.id}` : null;
}

/** `https://eu-west-1.console.aws.amazon.com`; null for what is no region, or of a partition whose console is not known. */
function consoleOf(region: string): string | null {
  const domain = domains[partitionOf(region)];
  return domain && /^[a-z]{2}(-[a-z]+){1,2}-\d$/.test(region) ? `https://${region}.${domain}` : null;
}

/** What a page's address is made of, each part safe to stand in one. */
type Page = {
  readonly region: string;
  readonly account: string;
  readonly arn: string;
  /** What stands after the resource's type. */
  readonly name: string;
};

/** By service and type as they stand in ARNs; the address of each after the console's host. */
const pages: { readonly [service: string]: { readonly [type: string]: (page: Page) => string } } = {
  'access-analyzer': { analyzer: ({ region, name }) => `/access-analyzer/home?region=${region}#/analyzer/${name}` },
  acm: { certificate: ({ region, name }) => `/acm/home?region=${region}#/certificates/${name}` },
  backup: {
    'backup-vault': ({ region, name }) => `/backup/home?region=${region}#/backupvaults/details/${name}`,
  },
  cloudformation: {
    stack: ({ region, arn }) => `/cloudformation/home?region=${region}#/stacks/stackinfo?stackId=${arn}`,
  },
  cloudfront: { distribution: ({ name }) => `/cloudfront/v4/home#/distributions/${name}` },
  cloudtrail: { trail: ({ region, arn }) => `/cloudtrailv2/home?region=${region}#/trails/${slashed(arn)}` },
  cloudwatch: { alarm: ({ region, name }) => `/cloudwatch/home?region=${region}#alarmsV2:alarm/${name}` },
  codebuild: {
    project: ({ region, account, name }) => `/codesuite/codebuild/${account}/projects/${name}?region=${region}`,
  },
  config: {
    'config-rule': ({ region, name }) => `/config/home?region=${region}#/rules/details?configRuleName=${name}`,
    'configuration-recorder': ({ region }) => `/config/home?region=${region}#/settings`,
    'delivery-channel': ({ region }) => `/config/home?region=${region}#/settings`,
  },
  dynamodb: { table: ({ region, name }) => `/dynamodbv2/home?region=${region}#table?name=${name}` },
  ec2: {
    image: ({ region, name }) => `/ec2/home?region=${region}#ImageDetails:imageId=${name}`,
    instance: ({ region, name }) => `/ec2/home?region=${region}#InstanceDetails:instanceId=${name}`,
    'network-acl': ({ region, name }) => `/vpcconsole/home?region=${region}#NetworkAclDetails:networkAclId=${name}`,
    'security-group': ({ region, name }) => `/ec2/home?region=${region}#SecurityGroup:groupId=${name}`,
    snapshot: ({ region, name }) => `/ec2/home?region=${region}#SnapshotDetails:snapshotId=${name}`,
    subnet: ({ region, name }) => `/vpcconsole/home?region=${region}#SubnetDetails:subnetId=${name}`,
    volume: ({ region, name }) => `/ec2/home?region=${region}#VolumeDetails:volumeId=${name}`,
    vpc: ({ region, name }) => `/vpcconsole/home?region=${region}#VpcDetails:VpcId=${name}`,
  },
  ecr: {
    repository: ({ region, account, name }) => `/ecr/repositories/private/${account}/${slashed(name)}?region=${region}`,
  },
  es: { domain: ({ region, name }) => `/aos/home?region=${region}#opensearch/domains/${name}` },
  events: {
    rule: ({ region, name }) => {
      const [bus = '', rule] = name.split('%2F');
      return `/events/home?region=${region}#/eventbus/${rule ? `${bus}/rules/${rule}` : `default/rules/${bus}`}`;
    },
  },
  iam: {
    group: ({ name }) => `/iam/home#/groups/details/${last(name)}`,
    policy: ({ arn }) => `/iam/home#/policies/details/${arn}`,
    role: ({ name }) => `/iam/home#/roles/details/${last(name)}`,
    user: ({ name }) => `/iam/home#/users/details/${last(name)}`,
  },
  kms: { key: ({ region, name }) => `/kms/home?region=${region}#/kms/keys/${name}` },
  lambda: { function: ({ region, name }) => `/lambda/home?region=${region}#/functions/${unqualified(name)}` },
  // CloudWatch's own way of writing a name within an address: encoded twice, with $ for the second %.
  logs: {
    'log-group': ({ region, name }) =>
      `/cloudwatch/home?region=${region}#logsV2:log-groups/log-group/${unqualified(name).replaceAll('%', '$25')}`,
  },
  rds: {
    cluster: ({ region, name }) => `/rds/home?region=${region}#database:id=${name};is-cluster=true`,
    db: ({ region, name }) => `/rds/home?region=${region}#database:id=${name};is-cluster=false`,
  },
  redshift: { cluster: ({ region, name }) => `/redshiftv2/home?region=${region}#cluster-details?cluster=${name}` },
  s3: { '': ({ region, name }) => `/s3/buckets/${name}?region=${region}` },
  sns: { '': ({ region, arn }) => `/sns/v3/home?region=${region}#/topic/${arn}` },
};

/** Parts of a path, where the console has them as parts. */
const slashed = (text: string): string => text.replaceAll('%2F', '/');

/** `function:name:alias` and `log-group:name:*` have more after the name. */
const unqualified = (name: string): string => name.split(':')[0] ?? '';

/** The name of a user, role or group is what stands after its path. */
const last = (name: string): string => name.split('%2F').at(-1) ?? '';

function resourceLink({ resource, region: happened, account: told }: Incident): string | null {
  const arn = parseArn(resource);
  // A star stands for what the event does not tell.
  if (!arn || resource.replace(/:\*$/, '').includes('*')) return null;
  const region = arn.region || happened;
  const console = consoleOf(region);
  // An ARN of another partition than its region's is nobody's.
  if (!console || arn.partition !== partitionOf(region)) return null;
  const { type, name } = named(arn.resource);
  const ofService = Object.hasOwn(pages, arn.service) ? (pages[arn.service] ?? {}) : {};
  const page = Object.hasOwn(ofService, type) ? ofService[type] : undefined;
  const parts = { region, account: safe(arn.account || told), arn: safe(resource), name: safe(name) };
  return page && name !== '' && name.isWellFormed() ? console + page(parts) : null;
}

/** `instance/i-0123` or `function:name`; a bucket's and a topic's name stands without a type. */
function named(resource: string): { readonly type: string; readonly name: string } {
  const [, type = '', name = ''] = /^([^/:]+)[/:](.+)$/s.exec(resource) ?? [];
  return type === '' ? { type, name: resource } : { type, name };
}

/** Percent-encoded but for colons, with all that ends an address in a mail or a chat. */
const safe = (text: string): string =>
  encodeURIComponent(text.toWellFormed())
    .replace(/[!'()*~]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%3A', ':');
