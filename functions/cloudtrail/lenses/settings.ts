import {
  CloudTrailClient,
  CreateTrailCommand,
  DeleteTrailCommand,
  GetEventSelectorsCommand,
  GetTrailCommand,
  GetTrailStatusCommand,
  PutEventSelectorsCommand,
  StartLoggingCommand,
  UpdateTrailCommand,
} from '@aws-sdk/client-cloudtrail';
import { parseArn } from '../../../shared/aws/arn.ts';
import { client, orNull } from '../../../shared/aws/client.ts';
import { fault } from '../../../shared/core/fault.ts';
import { canonical } from '../../../shared/core/json.ts';
import type { Lens } from '../../../shared/core/rule.ts';
import type { Selectors } from './selectors.ts';
import { members, type Settings, settingsOf, spelledOut } from './set.ts';
import type { Trail } from './trail.ts';

// GetTrail, GetEventSelectors and GetTrailStatus: the errors that their SDK commands document. A name or ARN that
// CloudTrail calls invalid belongs to no trail.
const absent = ['TrailNotFoundException', 'InvalidTrailNameException', 'CloudTrailARNInvalidException'];

// A trail is read and changed in its home region, which its ARN names (InvalidHomeRegionException elsewhere).
const home = (trail: string): CloudTrailClient => client(CloudTrailClient, parseArn(trail)?.region || undefined);

/** How a trail is set, what it lets through, and whether it logs. Null where there is no such trail. */
export const trailSettings: Lens<Trail, Settings | 'unreachable'> = {
  id: 'cloudtrail/trail',
  many: true,
  key: ({ trail }) => trail ?? 'unnamed',
  async read({ trail, ours }) {
    if (trail === null || !ours) return 'unreachable';
    return orNull(absent, async () => {
      const { Trail: told = {} } = await home(trail).send(new GetTrailCommand({ Name: trail }));
      const chosen = await home(trail).send(new GetEventSelectorsCommand({ TrailName: trail }));
      const { IsLogging } = await home(trail).send(new GetTrailStatusCommand({ Name: trail }));
      const { EventSelectors: basic = [], AdvancedEventSelectors: advanced = [] } = chosen;
      // Nothing but texts, booleans and lists: what was read is JSON.
      const selectors = JSON.parse(JSON.stringify({ basic, advanced })) as Selectors;
      return settingsOf(told, selectors, IsLogging === true);
    });
  },
  canon: (state) => (state === 'unreachable' ? state : { ...state, selectors: spelledOut(state.selectors) }),
  async write({ trail }, from, to) {
    if (trail === null || to === 'unreachable') throw fault('NotWritable', `${trail} is not to be changed from here`);
    if (to === null) {
      await orNull(absent, () => home(trail).send(new DeleteTrailCommand({ Name: trail })));
      return;
    }
    const was = from === 'unreachable' ? null : from;
    const Name = was === null ? (parseArn(trail)?.resource.replace(/^trail\//, '') ?? trail) : trail;
    const before = was === null ? {} : members(was);
    const changed = Object.entries(members(to)).filter(([name, value]) => before[name] !== value);
    if (was === null) {
      const set = Object.fromEntries(changed.filter(([, value]) => value !== ''));
      await home(trail).send(new CreateTrailCommand({ S3BucketName: to.bucket, ...set, Name }));
    } else if (changed.length > 0)
      await home(trail).send(new UpdateTrailCommand({ Name, ...Object.fromEntries(changed) }));
    if (was === null || canonical(spelledOut(was.selectors)) !== canonical(spelledOut(to.selectors)))
      await home(trail).send(new PutEventSelectorsCommand({ TrailName: trail, ...chosen(to.selectors) }));
    // Never the other way: the role that starts a trail must not be able to stop one.
    if (to.logging && !was?.logging) await home(trail).send(new StartLoggingCommand({ Name: trail }));
  },
  // Changed settings go back the way they came. The role that makes a trail must not be able to delete one.
  undo: (before, after) =>
    before === 'unreachable' || after === 'unreachable' ? 'none' : before === null ? 'operator' : 'restore',
};

type Chosen = Partial<ConstructorParameters<typeof PutEventSelectorsCommand>[0]>;

const chosen = ({ basic, advanced }: Selectors): Chosen =>
  (advanced.length > 0 ? { AdvancedEventSelectors: advanced } : { EventSelectors: basic }) as unknown as Chosen;
