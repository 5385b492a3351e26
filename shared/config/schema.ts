/** firebreak.yml: the one source of its types, its messages and its JSON Schema for editors. */
import * as v from 'valibot';
import { presets } from '../core/mode.ts';

const modes = ['off', 'notify', 'approve', 'remediate'] as const;
// CloudWatch Logs keeps only these: API reference, PutRetentionPolicy.
const logDays = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
] as const;

// Messages begin with "expected": shared/config/load.ts puts "found …" before them.
const whole = (least: number, most: number, unit: string, description: string) => {
  const expected = `expected a whole number of ${unit} from ${least} to ${most}`;
  return v.pipe(
    v.number(expected),
    v.integer(expected),
    v.minValue(least, expected),
    v.maxValue(most, expected),
    v.description(description),
  );
};

const words = (expected: string, most: number, description: string) =>
  v.pipe(
    v.string(expected),
    v.regex(/\S/, expected),
    v.maxLength(most, `expected at most ${most} characters`),
    v.description(description),
  );

const accountId = 'expected an account id: 12 digits, in quotes, such as "111122223333"';
const account = v.pipe(
  v.string(accountId),
  v.regex(/^\d{12}$/, accountId),
  v.description('Only in this account: 12 digits, in quotes.'),
);

const ruleName = 'expected a rule such as s3/public-policy, or a room with a star, s3/*';
const rulePattern = (description: string) =>
  v.pipe(v.string(ruleName), v.regex(/^([a-z0-9-]+|\*)\/([a-z0-9-]+|\*)$/, ruleName), v.description(description));

const callerArn =
  'expected the ARN of a caller, such as arn:aws:sts::*:assumed-role/ci-*/*, in which * stands for any text';
const anyArn = /^(\*|arn:.+)$/;

// "arn:partition:service:region:account:resource": IAM User Guide, "Identify AWS resources with Amazon Resource Names".
const sixFields = /^arn:[^:]+:[^:]+:[^:]*:[^:]*:.+$/;
const resourceArn = 'expected the ARN of a resource, such as arn:aws:s3:::logs-*, in which * stands for any text';
const tooWide = (what: string) =>
  `expected ${what} that names something after the account, such as logs-*: an exemption for everything is "mode: off" under modes, which says so`;

/**
 * Whether an ARN's last field names something: all of it, or at least three letters or digits beside its stars. What every
 * resource of a type has does not count: `user/`, `security-group/`, EC2's `sg-` and `i-`.
 */
function namesSomething(arn: string): boolean {
  const [, , service, , , ...rest] = arn.split(':');
  const resource = rest.join(':');
  if (!resource.includes('*')) return true;
  const name = service === 's3' ? resource : resource.replace(/^[a-z-]+[/:]/, '');
  const own = service === 'ec2' ? name.replace(/^[a-z]+-/, '') : name;
  return own.replace(/[^A-Za-z0-9]/g, '').length >= 3;
}

const exemption = v.pipe(
  v.strictObject({
    rule: rulePattern('The rule that leaves it alone: s3/public-policy, or s3/*.'),
    account: v.optional(account),
    resource: v.optional(
      v.pipe(
        v.string(resourceArn),
        v.regex(sixFields, resourceArn),
        v.check(namesSomething, tooWide('a resource')),
        v.description('The ARN of what is left alone; * stands for any text.'),
      ),
    ),
    actor: v.optional(
      v.pipe(
        v.string(callerArn),
        v.regex(sixFields, callerArn),
        v.check(namesSomething, tooWide('an actor')),
        v.description(
          'The caller’s ARN; * stands for any text. With an actor a rule that would act asks; it is never silenced.',
        ),
      ),
    ),
    owner: words('expected who answers for it', 200, 'Who answers for it.'),
    reason: words('expected why it is needed', 500, 'Why it is needed.'),
    expires: v.pipe(
      v.string('expected the last day on which it counts, such as "2027-03-31"'),
      v.isoDate('expected the last day on which it counts, such as "2027-03-31"'),
      v.check(isDay, 'expected a day that the calendar has'),
      v.description('The last day on which it counts (UTC), as "2027-03-31".'),
    ),
  }),
  v.check(
    (one) => one.resource !== undefined || one.actor !== undefined,
    'expected a resource or an actor: an exemption for everything is "mode: off" under modes, which says so',
  ),
);

function isDay(value: string): boolean {
  const time = Date.parse(value);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(value);
}

const modeLine = v.strictObject({
  rule: rulePattern('The rule: s3/public-policy, or s3/* for a room’s.'),
  account: v.optional(account),
  actor: v.optional(
    v.pipe(
      v.string(callerArn),
      v.regex(anyArn, callerArn),
      v.description('Only for this caller: its ARN; * stands for any text.'),
    ),
  ),
  mode: v.pipe(
    v.picklist(modes),
    v.description('off: nothing. notify: tells, and what it would do. approve: a person decides. remediate: acts.'),
  ),
  first: v.optional(
    v.pipe(
      v.picklist(['revert']),
      v.description(
        'With mode approve. revert: the safe state first, by all checks of remediate, then the question whether it stays.',
      ),
    ),
  ),
});

const address = 'expected an e-mail address';

// Names: Secrets Manager API reference, CreateSecret, Name; Systems Manager API reference, PutParameter, Name. What looks
// like Slack's own tokens and addresses is refused even as a name.
const reference =
  'expected a reference, secretsmanager:NAME or ssm:/NAME: the secret itself must not stand in this file';
const secret = (description: string) =>
  v.optional(
    v.pipe(
      v.string(reference),
      v.regex(/^(?!.*(xox[a-z]-|hooks\.slack))(secretsmanager:[\w/+=.@-]{1,512}|ssm:\/[\w/.-]{1,1010})$/i, reference),
      v.description(description),
    ),
  );

const severities = ['critical', 'high', 'medium', 'low', 'info'] as const;
const slackChannel = 'expected the id of a channel in Slack, such as C0123456789: the last part of its link';
const channelId = (description: string) =>
  v.pipe(v.string(slackChannel), v.regex(/^[CG][A-Z0-9]{8,20}$/, slackChannel), v.description(description));
const slackUser = 'expected the id of a person in Slack, such as U0123456789';
const approver = 'expected the name or the ARN by which decisions are recorded';

const slack = v.pipe(
  v.strictObject({
    token: secret('Where the bot’s token is kept (xoxb-…, scope chat:write): secretsmanager:NAME or ssm:/NAME.'),
    channel: v.optional(channelId('The id of the channel that the bot was invited to.')),
    webhook: secret(
      'Where the address of an incoming webhook is kept, instead of a token: it posts, and nothing more.',
    ),
    signingSecret: secret('Where the app’s signing secret is kept: clicks on buttons are believed by it alone.'),
    approvers: v.optional(
      v.pipe(
        v.record(
          v.pipe(v.string(slackUser), v.regex(/^[UW][A-Z0-9]{8,20}$/, slackUser)),
          v.pipe(v.string(approver), v.regex(/^\S.{0,199}$/, approver)),
        ),
        v.description('Who may decide by button: Slack’s id of the person, and the name or ARN that is recorded.'),
      ),
    ),
    routes: v.optional(
      v.pipe(
        v.array(
          v.strictObject({
            severity: v.pipe(v.picklist(severities), v.description('Incidents of this severity.')),
            channel: channelId('The id of the channel where they go instead.'),
          }),
        ),
        v.description('Other channels by severity.'),
      ),
    ),
  }),
  v.check(
    (one) => (one.webhook === undefined) === (one.token !== undefined && one.channel !== undefined),
    'expected either token and channel, or webhook',
  ),
  v.check(
    ({ webhook, ...bot }) =>
      webhook === undefined ||
      [bot.token, bot.channel, bot.signingSecret, bot.approvers, bot.routes].every((key) => !key),
    'expected nothing beside webhook: it posts to one channel and takes no clicks',
  ),
  v.check(
    (one) => (one.approvers === undefined) === (one.signingSecret === undefined),
    'expected signingSecret and approvers together: buttons are shown where both are there',
  ),
);

const yes = (description: string) =>
  v.optional(v.pipe(v.boolean('expected true or false'), v.description(description)));
const addresses = (description: string) =>
  v.pipe(v.array(v.pipe(v.string(address), v.email(address))), v.description(description));

const channels = v.strictObject({
  email: v.optional(addresses('Who is told by e-mail; each address is asked to confirm first.'), []),
  slack: v.optional(slack),
  amazonQ: yes(
    'A topic <stack>-chat for Amazon Q Developer in chat applications, which tells Slack and Microsoft Teams.',
  ),
  securityHub: yes('Each incident as a finding of Security Hub, resolved when it is fixed.'),
  eventBridge: yes('Each incident as an event on the default bus: source firebreak, detail-type firebreak.incident.'),
  page: v.optional(
    v.strictObject({
      approvers: addresses('Who may decide on the page: each address gets links of its own.'),
    }),
  ),
  digest: v.optional(
    v.strictObject({ hour: whole(0, 23, 'hours', 'The hour (UTC) of the daily digest of what was only rehearsed.') }),
  ),
});

const hoursToAnswer = whole(1, 720, 'hours', 'Hours after which a question that nobody answered expires.');
const approvals = v.union(
  [
    hoursToAnswer,
    v.strictObject({
      hours: hoursToAnswer,
      default: v.optional(
        v.pipe(
          v.picklist(['leave', 'revert']),
          v.description(
            'What becomes of what was put right first (first: revert) and nobody answered about. revert: it stays so. leave: it is taken back.',
          ),
        ),
      ),
    }),
  ],
  'expected hours, or hours and default: such as 72, or {hours: 72, default: revert}',
);

const organizationId = 'expected the id of an organisation, such as o-a1b2c3d4e5';
const identityArn = 'expected the ARN of an IAM user or role, such as arn:aws:iam::*:role/break-glass-*';
// A trust policy names principals one by one: IAM User Guide, "AWS JSON policy elements: Principal".
const operatorArn =
  'expected the ARN of one IAM user or role, without a star, such as arn:aws:iam::111122223333:role/security';

export const configSchema = v.strictObject({
  preset: v.optional(
    v.pipe(
      v.picklist(presets),
      v.description(
        'What rules may do. observe: tell. guard: mend what breaks nothing. standard: mend more, ask for the rest. strict: mend nearly all.',
      ),
    ),
    'guard',
  ),
  modes: v.optional(
    v.pipe(v.array(modeLine), v.description('Modes against the preset; of the lines that match, the last one wins.')),
    [],
  ),
  rooms: v.optional(
    v.pipe(
      v.record(v.string(), v.picklist(['on', 'off'], 'expected on or off')),
      v.description(
        'Functions that act only where they are turned on: iam-policies writes identity policies, which is as good as being administrator.',
      ),
    ),
    {},
  ),
  exemptions: v.optional(
    v.pipe(v.array(exemption), v.description('What is left alone, by whose word, and until when.')),
    [],
  ),
  baselines: v.optional(
    v.pipe(v.record(v.string(), v.unknown()), v.description('Settings of single rules, by rule.')),
    {},
  ),
  retention: v.optional(
    v.strictObject({
      incidents: v.optional(whole(1, 3650, 'days', 'Days that an incident is kept.'), 400),
      logs: v.optional(v.pipe(v.picklist(logDays), v.description('Days that the functions’ logs are kept.')), 90),
    }),
    {},
  ),
  freshness: v.optional(
    whole(1, 1440, 'minutes', 'Minutes: only a cause younger than this is mended without asking.'),
    15,
  ),
  breaker: v.optional(
    v.strictObject({
      lens: v.optional(whole(1, 100, 'fixes', 'Fixes of one resource after the same actor; the next one asks.'), 2),
      actor: v.optional(whole(1, 1000, 'fixes', 'Fixes by one rule after the same actor; the next one asks.'), 20),
      hours: v.optional(whole(1, 168, 'hours', 'Hours within which they are counted.'), 24),
    }),
    {},
  ),
  approvals: v.optional(
    v.pipe(
      approvals,
      v.description(
        'Hours after which a question that nobody answered expires; with default, what becomes of it then.',
      ),
    ),
    72,
  ),
  operators: v.optional(
    v.pipe(
      v.array(v.pipe(v.string(operatorArn), v.regex(/^arn:[^:]+:iam::\d{12}:(user|role)\/[^*?]+$/, operatorArn))),
      v.description(
        'ARNs of the principals that may read incidents, approve and pause; none: whom IAM in the account lets.',
      ),
    ),
    [],
  ),
  channels: v.optional(channels, {}),
  protected: v.optional(
    v.pipe(
      v.array(v.pipe(v.string(identityArn), v.regex(/^arn:[^:]+:iam::[^:]*:(user|role)\/.+/, identityArn))),
      v.description('ARNs of IAM users and roles that no role of Firebreak’s may change; * stands for any text.'),
    ),
    [],
  ),
  trusted: v.optional(
    v.pipe(
      v.array(v.pipe(v.string(accountId), v.regex(/^\d{12}$/, accountId))),
      v.description(
        'Ids of accounts that are no strangers, beside this one and its organisation’s: 12 digits, in quotes.',
      ),
    ),
    [],
  ),
  // "A unique identifier (ID)": AWS Organizations API reference, Organization, pattern of Id.
  organization: v.optional(
    v.pipe(
      v.string(organizationId),
      v.regex(/^o-[a-z0-9]{10,32}$/, organizationId),
      v.description('The id of this account’s organisation: its accounts are no strangers.'),
    ),
  ),
});
