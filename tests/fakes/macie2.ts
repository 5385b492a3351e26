/** Macie's session: Amazon Macie API reference, GetMacieSession, EnableMacie, UpdateMacieSession, DisableMacie. */
import { AccessDeniedException, Macie2Client } from '@aws-sdk/client-macie2';
import { awsError, type Fake } from '../support/fakes.ts';

export const fake: Fake = {
  client: Macie2Client,
  prefix: 'macie2',
  fresh() {
    let session: { status: string; findingPublishingFrequency: string } | null = null;
    return (command, input: Readonly<Record<string, unknown>>) => {
      const { status = 'ENABLED', findingPublishingFrequency = 'FIFTEEN_MINUTES' } = input;
      if (command === 'EnableMacie') {
        if (session) throw awsError('ConflictException', 'Macie has already been enabled', 409);
        session = { status: String(status), findingPublishingFrequency: String(findingPublishingFrequency) };
        return {};
      }
      if (!session)
        throw new AccessDeniedException({ message: 'Macie is not enabled', $metadata: { httpStatusCode: 403 } });
      switch (command) {
        case 'GetMacieSession':
          return session;
        case 'UpdateMacieSession':
          session = { ...session, ...(input as object) };
          return {};
        case 'DisableMacie':
          session = null;
          return {};
        default:
          throw awsError('InvalidAction', `the fake has no ${command}`);
      }
    };
  },
};
