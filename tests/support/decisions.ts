/** Tokens, requests that come once, and refusals in memory. */
import type { Stored } from '../../shared/core/token.ts';
import type { Decisions, Refused } from '../../shared/incidents/decisions.ts';

export type MemoryDecisions = Decisions & { readonly refusals: readonly Refused[] };

export function memoryDecisions(): MemoryDecisions {
  const tokens = new Map<string, Stored>();
  const seen = new Set<string>();
  const refusals: Refused[] = [];
  return {
    refusals,
    async put(token) {
      if (!tokens.has(token.id)) tokens.set(token.id, { token, used: null });
    },
    get: async (id) => tokens.get(id) ?? null,
    async use(id, at) {
      const stored = tokens.get(id);
      if (!stored || stored.used !== null) return false;
      tokens.set(id, { ...stored, used: at });
      return true;
    },
    async free(id) {
      const stored = tokens.get(id);
      if (stored) tokens.set(id, { ...stored, used: null });
    },
    async once(name) {
      if (seen.has(name)) return false;
      seen.add(name);
      return true;
    },
    async refused(one) {
      refusals.push(one);
    },
  };
}
