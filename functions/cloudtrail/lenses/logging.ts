import {
  CloudTrailClient,
  GetTrailStatusCommand,
  StartLoggingCommand,
  StopLoggingCommand,
} from '@aws-sdk/client-cloudtrail';
import { parseArn } from '../../../shared/aws/arn.ts';
import { client, orNull } from '../../../shared/aws/client.ts';
import { fault } from '../../../shared/core/fault.ts';
import type { Lens } from '../../../shared/core/rule.ts';
import type { Trail } from './trail.ts';

/** Whether a trail logs; `unreachable` is one that this account's roles can't read. */
export type Logging = boolean | 'unreachable';

// GetTrailStatus, StartLogging and StopLogging: the errors that their SDK commands document. A name or ARN that CloudTrail
// calls invalid belongs to no trail.
const absent = ['TrailNotFoundException', 'InvalidTrailNameException', 'CloudTrailARNInvalidException'];

// A trail is started in its home region, which its ARN names (InvalidHomeRegionException elsewhere).
const home = (trail: string): CloudTrailClient => client(CloudTrailClient, parseArn(trail)?.region || undefined);

/** Whether a trail is logging: GetTrailStatus' IsLogging. Null where there is no such trail. */
export const logging: Lens<Trail, Logging> = {
  id: 'cloudtrail/logging',
  key: ({ trail }) => trail ?? 'unnamed',
  async read({ trail, ours }) {
    if (trail === null || !ours) return 'unreachable';
    return orNull(
      absent,
      async () => (await home(trail).send(new GetTrailStatusCommand({ Name: trail }))).IsLogging === true,
    );
  },
  async write({ trail }, _from, to) {
    if (trail === null || typeof to !== 'boolean')
      throw fault('NotWritable', `a known trail is started or stopped; ${to} is neither`);
    if (to) await home(trail).send(new StartLoggingCommand({ Name: trail }));
    else await home(trail).send(new StopLoggingCommand({ Name: trail }));
  },
  // The role that starts a trail must not be able to stop one.
  undo: (before, after) => (typeof before === 'boolean' && typeof after === 'boolean' ? 'operator' : 'none'),
};
