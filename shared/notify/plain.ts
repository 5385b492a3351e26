/** Text from events, made harmless for mails, terminals and logs. */

/**
 * One line of visible text: control characters, line breaks and terminal escapes become spaces; direction overrides, lone
 * surrogates and all that has no shape of its own become nothing; of a pile of accents two stay. What is longer than
 * `most` characters is cut, with an ellipsis.
 */
export function plain(value: string, most: number): string {
  const line = value
    // No more is looked at than can be shown: a text of a megabyte costs no more than a line.
    .slice(0, most * 4)
    .replace(/[\p{Cc}\p{Z}]+/gu, ' ')
    .replace(/[\p{C}\p{Default_Ignorable_Code_Point}]/gu, '')
    .replace(/(\p{M}{2})\p{M}+/gu, '$1')
    .replace(/ {2,}/g, ' ')
    .trim();
  const letters = [...line];
  return letters.length > most ? `${letters.slice(0, Math.max(0, most - 1)).join('')}…` : line;
}

/**
 * The same, without what a mail or chat program would act on: a mark-up's or mention's angle brackets become ‹ and ›, a
 * link loses its scheme's sign (`https[:]//`). A bare host name stays as it is: buckets are called like hosts, and a
 * name that can't be copied helps nobody.
 */
export const inert = (value: string, most: number): string =>
  plain(value, most).replaceAll('<', '‹').replaceAll('>', '›').replaceAll('://', '[:]//').replaceAll('](', '] (');

/** The same, in printable ASCII: what an SNS subject and a message attribute take. */
export const ascii = (value: string, most: number): string =>
  plain(inert(value, most).replaceAll(/[‹›]/g, '|').replaceAll('…', '...'), most)
    .replace(/…$/, '.')
    .replace(/[^\x20-\x7e]/gu, '?');
