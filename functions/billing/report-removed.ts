import { arn } from '../../shared/aws/arn.ts';
import { member, named } from '../../shared/aws/telling.ts';
import type { Json } from '../../shared/core/json.ts';
import { calls, rule, type Trigger, unreadable } from '../../shared/core/rule.ts';
import type { Call, Signal } from '../../shared/core/signal.ts';
import { report, type Watch } from './lenses/report.ts';

const nowhere = { regional: false, owned: true };
const reports = 'arn:${AWS::Partition}:cur:${AWS::Region}:${AWS::AccountId}:definition/*';

export const reportRemoved = rule({
  id: 'billing/report-removed',
  title: 'A watch on the cost was taken away',
  severity: 'medium',
  why: 'An intrusion that mines or resells is first seen on the bill. Without its report, budget or anomaly monitor it is seen a month later, and paid for.',
  class: 'C',
  breaks: 'nothing',
  risk: 'None to applications. A report that was replaced on purpose is written twice.',
  mends:
    'makes a Cost and Usage Report again, as it was seen to stand for a day; its tags are not made again. Of exports, budgets and monitors, and of a report that was never seen so, it only tells. It always asks: the report goes to a bucket, and whose that is the definition does not tell.',
  undoes: 'deletes the report again, with your own credentials: the role that makes reports may not delete one.',
  proof: 'fake',
  responsibility: 'platform, applications, identity and access management',
  controls: [],
  unconfirmed:
    'the services and their region are as in recorded events of other calls (budgets with capitalised members); no published record shows these four calls, whose members are those of their API references, in any casing.',
  triggers: [
    ...calls('cur.amazonaws.com', 'DeleteReportDefinition'),
    ...calls('bcm-data-exports.amazonaws.com', 'DeleteExport'),
    ...calls('budgets.amazonaws.com', 'DeleteBudget'),
    ...calls('ce.amazonaws.com', 'DeleteAnomalyMonitor'),
  ],
  permissions: {
    read: [
      {
        actions: ['cur:DescribeReportDefinitions'],
        resources: {
          noArn:
            'https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscostandusagereport.html: DescribeReportDefinitions has no resource types',
        },
      },
    ],
    write: [{ actions: ['cur:PutReportDefinition'], resources: [reports] }],
    undo: ['cur:DeleteReportDefinition'],
  },
  detect(signal) {
    if (signal.kind !== 'call') return [];
    const known = removed.get(signal.name);
    if (!known) return [];
    const name = named(signal.request, known.member);
    if (name === undefined) return unreadable(`requestParameters.${known.member}`);
    const reason = `the ${known.what} ${name.split('/').at(-1)} was deleted`;
    return [
      { target: { watch: known.watch, name }, resource: known.resource(signal, name), reason, certainty: 'certain' },
    ];
  },
  fix: {
    kind: 'state',
    lens: report,
    learns: {
      triggers: calls('cur.amazonaws.com', 'PutReportDefinition', 'ModifyReportDefinition') as [Trigger, ...Trigger[]],
      target: taught,
    },
    desire(state, { target: { watch, name }, learned }) {
      if (watch !== 'report') return { unknown: `make the ${watch} again: nobody here knows what ${name} was` };
      return state ?? learned?.state ?? { unknown: `what the report ${name} was is not known: make it again` };
    },
    // A definition names its bucket, and nobody's account.
    asks: (plan) => plan && `the report goes to the bucket ${String(plan['S3Bucket'])}: see that it is yours`,
  },
});

/** The report that was made or changed: API_cur_PutReportDefinition, API_cur_ModifyReportDefinition. */
function taught(signal: Signal): Watch | null {
  if (signal.kind !== 'call') return null;
  const definition = (member(signal.request, 'reportDefinition') ?? null) as Json;
  const name = named(signal.request, 'reportName') ?? named(definition, 'reportName');
  return name === undefined ? null : { watch: 'report', name };
}

type Removed = {
  readonly watch: Watch['watch'];
  readonly member: string;
  readonly what: string;
  resource(call: Call, name: string): string;
};

const itself = (_call: Call, name: string): string => name;

const removed: ReadonlyMap<string, Removed> = new Map<string, Removed>(
  Object.entries({
    DeleteReportDefinition: {
      watch: 'report',
      member: 'reportName',
      what: 'Cost and Usage Report',
      resource: (call, name) => arn(call, 'cur', `definition/${name}`),
    },
    DeleteExport: { watch: 'export', member: 'exportArn', what: 'data export', resource: itself },
    DeleteBudget: {
      watch: 'budget',
      member: 'budgetName',
      what: 'budget',
      resource: (call, name) => arn(call, 'budgets', `budget/${name}`, nowhere),
    },
    DeleteAnomalyMonitor: { watch: 'monitor', member: 'monitorArn', what: 'cost anomaly monitor', resource: itself },
  }),
);
