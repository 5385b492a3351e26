import { arn } from '../../shared/aws/arn.ts';
import { named } from '../../shared/aws/telling.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';

export const analyzerDeleted = rule({
  id: 'accessanalyzer/analyzer-deleted',
  title: 'An Access Analyzer was deleted',
  severity: 'high',
  why: 'It told of resources that strangers can reach: buckets, roles, keys, queues. From now on nobody is told in this region, and its findings are gone with it.',
  class: 'N',
  breaks: 'nothing',
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
  detect(signal) {
    if (signal.kind !== 'call') return [];
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
});
