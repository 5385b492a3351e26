/** The rules of a security group, inbound or outbound, as Firebreak keeps them. Pure. */
import { canonical } from '../../../shared/core/json.ts';
import type { Door } from './doors.ts';

/** `group`: a security group's id. */
export type SecurityGroup = { readonly group: string };

export type Source =
  | { readonly cidr4: string }
  | { readonly cidr6: string }
  | { readonly prefixList: string }
  /** `account` owns the referenced group; `peering` is the connection to its VPC. */
  | { readonly group: string; readonly account: string | null; readonly peering: string | null };

/** `tags`: without those that begin `aws:`, which nobody but AWS can write. Rules' ids are left out: a rule that is put back has a new one. */
export type GroupRule = Door & {
  readonly source: Source;
  readonly description: string | null;
  readonly tags: { readonly [key: string]: string };
};

/** What EC2 tells rules apart by, as one text. */
export const door = ({ protocol, from, to, source }: GroupRule): string => canonical({ protocol, from, to, source });

/** The rules that are not among the others, word for word. */
export function minus(rules: readonly GroupRule[], others: readonly GroupRule[]): readonly GroupRule[] {
  const known = new Set(others.map(canonical));
  return rules.filter((one) => !known.has(canonical(one)));
}
