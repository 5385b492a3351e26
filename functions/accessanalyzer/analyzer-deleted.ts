import { arn } from '../../shared/aws/arn.ts';
import { named } from '../../shared/aws/telling.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';
import { type Analysis, analyzer, type Named } from './lenses/analyzer.ts';

// Of any region: an analyzer is reached in its own, which may be another than the function's.
const analyzers = 'arn:${AWS::Partition}:access-analyzer:*:${AWS::AccountId}:analyzer/*';
const reference = 'https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsiamaccessanalyzer.html';

export const analyzerDeleted = rule<Named, Analysis>({
  id: 'accessanalyzer/analyzer-deleted',
  title: 'An Access Analyzer was deleted',
  severity: 'high',
  why: 'It told of resources that strangers can reach: buckets, roles, keys, queues. From now on nobody is told in this region, and its findings are gone with it.',
  class: 'G',
  breaks: 'nothing',
  risk: 'None: an analyzer only reads. One for unused or internal access, which is made again only as it was learned, costs what it did before.',
  mends:
    'creates the analyzer again as it was learned: its type, archive rules, tags and settings. Where it was not, and no analyzer is left in the region that looks for access from outside, creates one of that name for the account. Former findings, and what was said of them, are gone; the new analyzer looks at everything anew.',
  undoes: 'deletes the new analyzer with your own credentials: the role that makes one may not delete any.',
  proof: 'fake',
  responsibility: 'platform, applications, identity and access management',
  controls: [
    {
      framework: 'AWS Security Hub CSPM',
      id: 'IAM.28',
      source: 'https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html#iam-28',
    },
    {
      framework: 'CIS AWS Foundations v3.0.0',
      id: '1.20',
      source: 'https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html#iam-28',
    },
  ],
  unconfirmed:
    'CloudTrail captures all API calls for IAM Access Analyzer (IAM User Guide, "Logging IAM Access Analyzer API calls with AWS CloudTrail"), but no recorded DeleteAnalyzer shows how the analyzer’s name is written, so that any casing of analyzerName is read.',
  triggers: calls('access-analyzer.amazonaws.com', 'DeleteAnalyzer'),
  permissions: {
    read: [
      { actions: ['access-analyzer:GetAnalyzer', 'access-analyzer:ListArchiveRules'], resources: [analyzers] },
      { actions: ['access-analyzer:ListAnalyzers'], resources: { noArn: `${reference}: no resource types` } },
    ],
    write: [{ actions: ['access-analyzer:CreateAnalyzer'], resources: [analyzers] }],
    undo: ['access-analyzer:DeleteAnalyzer'],
  },
  detect(signal) {
    // Services delete the analyzers that they made for themselves.
    if (signal.kind !== 'call' || signal.actor.type === 'AWSService') return [];
    const name = named(signal.request, 'analyzerName');
    if (name === undefined) return unreadable('requestParameters.analyzerName');
    return [
      {
        target: { name, region: signal.region },
        resource: arn(signal, 'access-analyzer', `analyzer/${name}`),
        reason: `the analyzer ${name} was deleted, and its findings with it`,
        certainty: 'certain',
      },
    ];
  },
  fix: {
    kind: 'state',
    lens: analyzer,
    learns: {
      triggers: calls(
        'access-analyzer.amazonaws.com',
        'CreateAnalyzer',
        'UpdateAnalyzer',
        'CreateArchiveRule',
        'UpdateArchiveRule',
        'DeleteArchiveRule',
      ),
      target(signal) {
        const name = signal.kind === 'call' ? named(signal.request, 'analyzerName') : undefined;
        return name === undefined ? null : { name, region: signal.region };
      },
    },
    desire(state, { target: { name }, learned }) {
      if (state === null || state.analyzer !== null) return state;
      const known = learned?.state.analyzer;
      if (known) return { ...state, analyzer: known };
      if (state.external.length > 0)
        return {
          unknown: `what ${name} looked for was not learned, and ${state.external.join(', ')} still looks for access from outside: if it is missed, create it again with aws accessanalyzer create-analyzer`,
        };
      return { ...state, analyzer: { type: 'ACCOUNT', rules: {}, tags: {}, configuration: null } };
    },
  },
});
