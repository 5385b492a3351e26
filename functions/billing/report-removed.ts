import { arn } from '../../shared/aws/arn.ts';
import { named, told } from '../../shared/aws/telling.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';

const nowhere = { regional: false, owned: true };

export const reportRemoved = rule({
  id: 'billing/report-removed',
  title: 'A watch on the cost was taken away',
  severity: 'medium',
  why: 'An intrusion that mines or resells is first seen on the bill. Without its report, budget or anomaly monitor it is seen a month later, and paid for.',
  class: 'N',
  breaks: 'nothing',
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
  detect(signal) {
    if (signal.kind !== 'call') return [];
    const { member, what, resource } = removed[signal.name] ?? { member: 'name', what: 'watch', resource: unknown };
    const name = named(signal.request, member);
    if (name === undefined) return unreadable(`requestParameters.${member}`);
    return told(resource(signal, name), `the ${what} ${name.split('/').at(-1)} was deleted`);
  },
});

type Removed = { readonly member: string; readonly what: string; resource(call: Call, name: string): string };

const itself = (_call: Call, name: string): string => name;
const unknown = (call: Call, name: string): string => arn(call, 'billing', name, nowhere);

const removed: { readonly [event: string]: Removed } = {
  DeleteReportDefinition: {
    member: 'reportName',
    what: 'Cost and Usage Report',
    resource: (call, name) => arn(call, 'cur', `definition/${name}`),
  },
  DeleteExport: { member: 'exportArn', what: 'data export', resource: itself },
  DeleteBudget: {
    member: 'budgetName',
    what: 'budget',
    resource: (call, name) => arn(call, 'budgets', `budget/${name}`, nowhere),
  },
  DeleteAnomalyMonitor: { member: 'monitorArn', what: 'cost anomaly monitor', resource: itself },
};
