import { fault } from '../../../shared/core/fault.ts';
import type { Lens } from '../../../shared/core/rule.ts';
import type { GroupRule, SecurityGroup } from './group-rule.ts';
import { put, rulesOf, sorted } from './group-rules.ts';

/** A security group's inbound rules. A group that is gone has none. */
export const ingress: Lens<SecurityGroup, readonly GroupRule[]> = {
  id: 'ec2/ingress',
  key: ({ group }) => group,
  read: async ({ group }) => (await rulesOf(group))?.inbound ?? null,
  canon: sorted,
  async write({ group }, from, to) {
    if (to === null) throw fault('NotWritable', `${group}: a security group can't be removed by its rules`);
    await put(group, 'inbound', from ?? [], to);
  },
  undo: () => 'restore',
};
