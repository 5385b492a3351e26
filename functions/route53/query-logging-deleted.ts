import { arn } from '../../shared/aws/arn.ts';
import { named, told } from '../../shared/aws/telling.ts';
import { text } from '../../shared/core/json.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';

export const queryLoggingDeleted = rule({
  id: 'route53/query-logging-deleted',
  title: 'The log of a VPC’s DNS queries was stopped',
  severity: 'medium',
  why: 'Malware finds its masters, and carries data out, by DNS. The query log is often the only place where that is seen, and from now on nothing is written to it.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'operating system, network and firewall configuration',
  controls: [
    {
      framework: 'MITRE ATT&CK',
      id: 'T1562.008',
      source:
        'https://github.com/elastic/detection-rules/blob/main/rules/integrations/aws/defense_evasion_route53_dns_query_resolver_config_deletion.toml',
    },
  ],
  // Recorded: real-events/stratus-red-team, DeleteResolverQueryLogConfig. It can only follow on the other: a configuration
  // that has a VPC is not deleted (API_route53resolver_DeleteResolverQueryLogConfig); both alike are logged.
  triggers: calls(
    'route53resolver.amazonaws.com',
    'DeleteResolverQueryLogConfig',
    'DisassociateResolverQueryLogConfig',
  ),
  detect(signal) {
    if (signal.kind !== 'call') return [];
    const id = named(signal.request, 'resolverQueryLogConfigId');
    if (id === undefined) return unreadable('requestParameters.resolverQueryLogConfigId');
    const resource = arnOf(signal) ?? arn(signal, 'route53resolver', `resolver-query-log-config/${id}`);
    if (signal.name === 'DeleteResolverQueryLogConfig') return told(resource, `the DNS query log ${id} was deleted`);
    const vpc = named(signal.request, 'resourceId');
    if (vpc === undefined) return unreadable('requestParameters.resourceId');
    return told(resource, `DNS queries in ${vpc} are no longer logged by ${id}`);
  },
});

const arnOf = ({ response }: Call): string | undefined => text(response, 'resolverQueryLogConfig', 'arn');
