/**
 * An incident as a finding of Security Hub, in its own format (ASFF; "Required top-level ASFF attributes", "Optional
 * top-level ASFF attributes": lengths). The provider of a finding may not change its workflow once it is there:
 * "BatchImportFindings for finding providers", Security Hub user guide; that is BatchUpdateFindings'.
 */
import type { AwsSecurityFinding } from '@aws-sdk/client-securityhub';
import { client } from '../aws/client.ts';
import { fault } from '../core/fault.ts';
import type { Incident } from '../core/incident.ts';
import type { Outcome } from '../core/outcome.ts';
import type { Channel } from '../core/voice.ts';
import { partsOf } from './message.ts';
import { inert } from './plain.ts';
import { cut } from './slack.ts';

/** Where findings go: the account and region that this runs in. */
export type Hub = { readonly partition: string; readonly account: string; readonly region: string };

/** What begins the generator's id of our own findings: our rules leave those alone. */
export const generator = 'firebreak/';

const labels = { critical: 'CRITICAL', high: 'HIGH', medium: 'MEDIUM', low: 'LOW', info: 'INFORMATIONAL' } as const;

/** Outcomes after which nothing is left to do about it; of a question that another incident's fix put out, or goes on with, too. */
const over: ReadonlySet<Outcome> = new Set(['fixed', 'held', 'safe', 'released', 'witness']);
const statusOf = (outcome: Outcome): 'NEW' | 'RESOLVED' => (over.has(outcome) ? 'RESOLVED' : 'NEW');

export const hubChannel = (hub: Hub, now: () => Date): Channel => ({
  name: 'securityhub',
  revises: true,
  async say(incident, before) {
    // A digest is about no resource, and nothing that anybody resolves.
    if (incident.digest) return {};
    const finding = findingOf(incident, hub, now());
    const { BatchImportFindingsCommand, SecurityHubClient } = await import('./hub-calls.ts');
    const hubClient = client(SecurityHubClient);
    const { FailedFindings = [] } = await hubClient.send(new BatchImportFindingsCommand({ Findings: [finding] }));
    const [failed] = FailedFindings;
    if (failed)
      throw fault(
        failed.ErrorCode === 'InvalidInput' ? 'Refused' : 'NotTaken',
        `Security Hub did not take the finding: ${inert(`${failed.ErrorCode}: ${failed.ErrorMessage}`, 300)}`,
      );
    const { Id = '', ProductArn = '' } = finding;
    if (before && before.place['status'] !== statusOf(incident.outcome)) await decide(Id, ProductArn, incident.outcome);
    return { status: statusOf(incident.outcome) };
  },
});

async function decide(Id: string, ProductArn: string, outcome: Outcome): Promise<void> {
  const { BatchUpdateFindingsCommand, SecurityHubClient } = await import('./hub-calls.ts');
  const { UnprocessedFindings = [] } = await client(SecurityHubClient).send(
    new BatchUpdateFindingsCommand({
      FindingIdentifiers: [{ Id, ProductArn }],
      Workflow: { Status: statusOf(outcome) },
    }),
  );
  const [failed] = UnprocessedFindings;
  if (failed)
    throw fault('NotTaken', `Security Hub did not change the workflow: ${inert(failed.ErrorCode ?? '', 100)}`);
}

/** `UpdatedAt` has to be later than the one before ("BatchImportFindings for finding providers"): it is when it is said. */
export function findingOf(incident: Incident, hub: Hub, now: Date): AwsSecurityFinding {
  const { partition, account, region } = hub;
  const { headline, facts, commands } = partsOf(incident);
  const [, command = ''] = commands[0] ?? [];
  return {
    SchemaVersion: '2018-10-08',
    Id: `firebreak/${account}/${region}/${incident.id}`,
    ProductArn: `arn:${partition}:securityhub:${region}:${account}:product/${account}/default`,
    ProductName: 'Firebreak',
    GeneratorId: `${generator}${incident.rules[0] ?? 'unparsed'}`,
    // Findings are imported for one's own account alone, whosever resource it is.
    AwsAccountId: account,
    Types: ['Software and Configuration Checks/AWS Security Best Practices'],
    CreatedAt: incident.at,
    UpdatedAt: now.toISOString(),
    Severity: { Label: labels[incident.severity] },
    Title: cut(headline, 256),
    Description: cut(facts.map(([what, said]) => `${what}: ${said.replaceAll('\n', ' ')}`).join('\n'), 1024),
    Remediation: { Recommendation: { Text: cut(command, 512) } },
    ProductFields: {
      'firebreak/incident': incident.id,
      'firebreak/outcome': incident.outcome,
      'firebreak/mode': incident.mode,
      'firebreak/actor': inert(incident.actor.arn ?? incident.actor.name, 500) || 'unknown',
    },
    Resources: [
      {
        Type: 'Other',
        Id: cut(inert(incident.resource, 500) || 'unknown', 512),
        Region: inert(incident.region, 30) || region,
      },
    ],
    Workflow: { Status: statusOf(incident.outcome) },
    RecordState: 'ACTIVE',
  };
}
