/** What a deployment of ours has on purpose, so that our own rules do not take it for a trouble. */
import type { Config } from '../core/mode.ts';

/** Whether somebody may decide otherwise than by the command line: then the function `decide` and its address are there. */
export const decides = ({ channels: { page, slack } }: Pick<Config, 'channels'>): boolean =>
  (page?.approvers.length ?? 0) > 0 || Object.keys(slack?.approvers ?? {}).length > 0;

/** Whether a channel beside e-mail is asked for: then the function `voice` is there, and its topic for what is not told aloud. */
export const speaks = ({ channels: { slack, amazonQ, securityHub, eventBridge } }: Pick<Config, 'channels'>): boolean =>
  Boolean(slack ?? (amazonQ || securityHub || eventBridge));

const publicUrl = 'lambda/public-url';

/**
 * The configuration, with the stack's name, and with the function whose address asks nobody to sign in with AWS: who decides
 * shows a link or a signature.
 */
export function knowing(read: Config, stack: string): Config {
  const config = { ...read, stack };
  if (!decides(config)) return config;
  const { open = [] } = (config.baselines[publicUrl] ?? {}) as { readonly open?: readonly string[] };
  return { ...config, baselines: { ...config.baselines, [publicUrl]: { open: [...open, `${stack}-decide`] } } };
}
