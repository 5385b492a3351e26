import {
  AttachUserPolicyCommand,
  DetachUserPolicyCommand,
  GetAccessKeyLastUsedCommand,
  IAMClient,
  paginateListAttachedUserPolicies,
  type StatusType,
  UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam';
import { client, orNull } from '../../../shared/aws/client.ts';
import { fault } from '../../../shared/core/fault.ts';
import type { Lens } from '../../../shared/core/rule.ts';
import { accessKey } from './access-key.ts';

/** `key`: its id; `leave`: why nothing can be read or done here, or null. */
export type ExposedKey = { readonly key: string; readonly partition: string; readonly leave: string | null };

/**
 * The key and the quarantine of its owner. `user`: the owner's name, null where it is no user of this account; `quarantine`:
 * names of AWS's policies for exposed keys that the user has.
 */
export type Exposure = {
  readonly user: string | null;
  readonly status: StatusType | null;
  readonly quarantine: readonly string[];
};

/** https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSCompromisedKeyQuarantineV3.html: it only denies. */
export const quarantine = 'AWSCompromisedKeyQuarantineV3';
/** It, and those before it. */
const quarantines = /:iam::aws:policy\/(AWSCompromisedKeyQuarantine(?:V\d+)?)$/;

const missing = ['NoSuchEntityException'];

/** A key that strangers may have. Null where it is gone, or where nothing is to be read. */
export const exposedKey: Lens<ExposedKey, Exposure> = {
  id: 'iam/exposed-key',
  key: ({ key }) => key || 'unnamed',
  async read({ key, leave }) {
    if (leave !== null) return null;
    const user = await ownerOf(key);
    const quarantine = user === null ? null : await orNull(missing, () => quarantineOf(user));
    if (user === null || quarantine === null) return { user: null, status: null, quarantine: [] };
    const status = await accessKey.read({ user, key });
    return status === null ? null : { user, status, quarantine };
  },
  canon: (state) => ({ ...state, quarantine: [...state.quarantine].sort() }),
  async write({ key, partition }, from, to) {
    const user = to?.user ?? null;
    if (to === null || user === null || from?.user !== user)
      throw fault('NotWritable', `${key}: a key is neither made nor given to somebody else`);
    const target = { UserName: user };
    const PolicyArn = `arn:${partition}:iam::aws:policy/${quarantine}`;
    const [was, wanted] = [from, to].map((one) => one.quarantine.includes(quarantine));
    // First what the role may not do, so that a way back that is refused has changed nothing. AWS's own quarantines of
    // other names are never taken away: its support case says when.
    if (was && !wanted)
      await orNull(missing, () => client(IAMClient).send(new DetachUserPolicyCommand({ ...target, PolicyArn })));
    if (to.status !== from.status && to.status !== null)
      await client(IAMClient).send(new UpdateAccessKeyCommand({ ...target, AccessKeyId: key, Status: to.status }));
    if (wanted && !was) await client(IAMClient).send(new AttachUserPolicyCommand({ ...target, PolicyArn }));
  },
  // The role that puts a user into quarantine must not be able to let one out.
  undo(before, after) {
    if (!before || !after || (before.status !== 'Active' && before.status !== 'Inactive')) return 'none';
    return after.quarantine.length > before.quarantine.length ? 'operator' : 'restore';
  },
  many: true,
};

/**
 * The user that the key belongs to. No page says how IAM answers for a key that is no user's of this account: whatever
 * refuses it leaves the owner unknown, never "gone".
 */
async function ownerOf(key: string): Promise<string | null> {
  const refused = [...missing, 'AccessDenied', 'AccessDeniedException'];
  const found = await orNull(refused, () =>
    client(IAMClient).send(new GetAccessKeyLastUsedCommand({ AccessKeyId: key })),
  );
  return found?.UserName ?? null;
}

async function quarantineOf(user: string): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const page of paginateListAttachedUserPolicies({ client: client(IAMClient) }, { UserName: user }))
    for (const { PolicyArn } of page.AttachedPolicies ?? []) {
      const [, name] = quarantines.exec(PolicyArn ?? '') ?? [];
      if (name !== undefined) found.push(name);
    }
  return found;
}
