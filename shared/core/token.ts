/**
 * Personal links. A token carries an id and a code, and nothing that could be read from it: whose it is, and to which
 * question of which incident it answers, is stored, and the code covers that. It works once.
 */
import type { Deps } from './deps.ts';
import { canonical } from './json.ts';

export type Token = {
  readonly id: string;
  readonly incident: string;
  readonly question: string;
  readonly approver: string;
  /** ISO 8601. */
  readonly until: string;
};

export type Stored = { readonly token: Token; readonly used: string | null };

export type Tokens = {
  /** Stores it, or keeps the one that is there, used or not. */
  put(token: Token): Promise<void>;
  get(id: string): Promise<Stored | null>;
  /** Uses it up; false where somebody has. */
  use(id: string, at: string): Promise<boolean>;
  /** Takes the use back, where nothing came of it. */
  free(id: string): Promise<void>;
};

type Needs = Pick<Deps, 'digest' | 'sign' | 'verify'>;

/** Begins like nothing else that is signed. */
const signed = (token: Token): string => `token ${canonical(token)}`;

/** The same question to the same approver gives the same token, however often it is asked for. */
export async function mint(about: Omit<Token, 'id'>, tokens: Tokens, deps: Needs): Promise<string> {
  const token = { ...about, id: deps.digest(`token ${canonical(about)}`) };
  const code = await deps.sign(signed(token));
  await tokens.put(token);
  return `${token.id}.${code.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')}`;
}

/** What a token stands for; null where this deployment never made it. KMS compares the codes, not this process. */
export async function read(text: string, tokens: Tokens, deps: Needs): Promise<Stored | null> {
  const [, id, code] = /^([0-9a-f]{16})\.([A-Za-z0-9_-]{20,100})$/.exec(text) ?? [];
  if (id === undefined || code === undefined) return null;
  const stored = await tokens.get(id);
  if (!stored || stored.token.id !== id) return null;
  const mac = code.replaceAll('-', '+').replaceAll('_', '/');
  return (await deps.verify(signed(stored.token), mac.padEnd(Math.ceil(mac.length / 4) * 4, '='))) ? stored : null;
}
