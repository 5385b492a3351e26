import {
  DeleteLoggingConfigurationCommand,
  GetLoggingConfigurationCommand,
  GetWebACLCommand,
  type LoggingConfiguration,
  PutLoggingConfigurationCommand,
  WAFV2Client,
} from '@aws-sdk/client-wafv2';
import { parseArn } from '../../../shared/aws/arn.ts';
import { client, orNull } from '../../../shared/aws/client.ts';
import type { JsonObject } from '../../../shared/core/json.ts';

/** Where a web ACL's own log goes, and what of it: LoggingConfiguration, without whose it is. */
export type Logging = JsonObject;

/** What stands for the log of a web ACL that is gone itself: nothing is left to log. */
export const gone = 'the web ACL is gone';

const absent = ['WAFNonexistentItemException'];
const waf = (acl: string): WAFV2Client => client(WAFV2Client, parseArn(acl)?.region || undefined);

export async function readLogging(acl: string): Promise<Logging | typeof gone | null> {
  const asked = new GetLoggingConfigurationCommand({ ResourceArn: acl });
  const found = (await orNull(absent, () => waf(acl).send(asked)))?.LoggingConfiguration;
  if (!found) return (await isThere(acl)) ? null : gone;
  const { ResourceArn: _, ManagedByFirewallManager: __, ...rest } = found;
  return JSON.parse(JSON.stringify(rest)) as JsonObject;
}

/** `…:regional/webacl/NAME/ID`, or `global/…` of CloudFront: service authorization reference, AWS WAF V2, webacl. */
async function isThere(acl: string): Promise<boolean> {
  const [scope, , Name, Id] = (parseArn(acl)?.resource ?? '').split('/');
  const asked = { Name, Id, Scope: scope === 'global' ? 'CLOUDFRONT' : 'REGIONAL' } as const;
  return (await orNull(absent, () => waf(acl).send(new GetWebACLCommand(asked)))) !== null;
}

export async function writeLogging(acl: string, to: Logging | null): Promise<void> {
  if (to === null) await waf(acl).send(new DeleteLoggingConfigurationCommand({ ResourceArn: acl }));
  else {
    const LoggingConfiguration = { ...to, ResourceArn: acl } as unknown as LoggingConfiguration;
    await waf(acl).send(new PutLoggingConfigurationCommand({ LoggingConfiguration }));
  }
}
