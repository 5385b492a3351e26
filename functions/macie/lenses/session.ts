import {
  AccessDeniedException,
  DisableMacieCommand,
  EnableMacieCommand,
  type FindingPublishingFrequency,
  GetMacieSessionCommand,
  Macie2Client,
  type MacieStatus,
  UpdateMacieSessionCommand,
} from '@aws-sdk/client-macie2';
import { client } from '../../../shared/aws/client.ts';
import type { Lens } from '../../../shared/core/rule.ts';

export type Place = { readonly region: string | null };
/** API_GetMacieSession. */
export type Session = { readonly status: MacieStatus; readonly frequency: FindingPublishingFrequency };

const macie = (): Macie2Client => client(Macie2Client);

/** Whether Macie is on in a region, or paused. Null where it is not enabled at all. */
export const session: Lens<Place, Session> = {
  id: 'macie/session',
  key: ({ region }) => region ?? 'this region',
  async read() {
    try {
      const found = await macie().send(new GetMacieSessionCommand({}));
      return { status: found.status ?? 'PAUSED', frequency: found.findingPublishingFrequency ?? 'FIFTEEN_MINUTES' };
    } catch (error) {
      // Macie says so with the same error as for a role that may not ask: hashicorp/terraform-provider-aws, macie2.
      if (error instanceof AccessDeniedException && error.message.includes('Macie is not enabled')) return null;
      throw error;
    }
  },
  async write(_, from, to) {
    if (to === null) await macie().send(new DisableMacieCommand({}));
    else {
      const settings = { status: to.status, findingPublishingFrequency: to.frequency };
      await macie().send(from === null ? new EnableMacieCommand(settings) : new UpdateMacieSessionCommand(settings));
    }
  },
  // The role that enables Macie must not be able to disable it; pausing is the same action as going on.
  undo: (before) => (before === null ? 'operator' : 'restore'),
};
