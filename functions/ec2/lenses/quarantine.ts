import { step, steps } from '../../../shared/core/steps.ts';
import { tag } from './instance.ts';
import { isolation } from './isolation.ts';
import { scalingGroup } from './scaling-group.ts';
import { snapshots, type Witnessed } from './snapshots.ts';
import { targetGroups } from './target-groups.ts';
import { terminationProtection } from './termination-protection.ts';

/** `leave`: why the instance stays as it is, or null. */
export type Suspect = Witnessed & { readonly leave: string | null };

/** The tag of an instance that evidence was taken of. */
export const marker = 'firebreak:evidence';

/** Evidence first: whoever runs the instance may see that it is cut off. Undo keeps the evidence. */
export const quarantine = <B>(): ReturnType<typeof steps<Suspect, B>> =>
  steps<Suspect, B>('ec2/quarantine', ({ instance }) => instance, [
    step<Suspect, string, B>({
      name: 'tag',
      lens: tag(marker),
      evidence: true,
      desire: (value, { target: { leave } }) => (leave !== null ? { unknown: leave } : (value ?? 'compromised')),
    }),
    step({
      name: 'snapshots',
      lens: snapshots,
      evidence: true,
      desire: (state) => state && Object.fromEntries(Object.entries(state).map(([id, one]) => [id, one ?? 'to take'])),
    }),
    // Before it is cut off: a group or a balancer that finds it unhealthy would have it terminated.
    step({ name: 'group', lens: scalingGroup, desire: () => null }),
    step({ name: 'balancers', lens: targetGroups, desire: (registered) => registered && {} }),
    step({
      name: 'isolation',
      lens: isolation,
      desire(state, { target: { instance } }) {
        if (state === null)
          return { unknown: `${instance} does not exist any more: what it did is left in GuardDuty and the flow logs` };
        const isolated = Object.keys(state.interfaces).map((id) => [id, 'isolated' as const]);
        return { vpc: state.vpc, interfaces: Object.fromEntries(isolated) };
      },
    }),
    step({
      name: 'protection',
      lens: terminationProtection,
      desire: (on) => (on === null ? null : true),
    }),
  ]);
