import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');

const pages = [
  ...readdirSync(root).filter((file) => file.endsWith('.md')),
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => join('docs', file)),
];

/** A page without what is shown as code: what looks like a link there is none. */
const prose = (file: string): string =>
  readFileSync(join(root, file), 'utf8')
    .replaceAll(/^ *```[\s\S]*?^ *```/gm, '')
    .replaceAll(/`[^`\n]*`/g, (code) => code.replaceAll(/[[\]()<>]/g, ' '));

/** The anchors that GitHub gives a page's headings: small letters, hyphens for blanks, no punctuation; a number on what comes again. */
function anchors(file: string): ReadonlySet<string> {
  const seen = new Map<string, number>();
  const text = readFileSync(join(root, file), 'utf8').replaceAll(/^ *```[\s\S]*?^ *```/gm, '');
  const found = [...text.matchAll(/^#{1,6} +(.+?) *$/gm)].map(([, heading = '']) => {
    const words = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const slug = words.replaceAll(/[^\p{L}\p{N}\p{M}_ -]/gu, '').replaceAll(' ', '-');
    const before = seen.get(slug) ?? 0;
    seen.set(slug, before + 1);
    return before === 0 ? slug : `${slug}-${before}`;
  });
  const named = [...text.matchAll(/<a (?:id|name)="([^"]+)"/g)].map(([, name = '']) => name);
  return new Set([...found, ...named]);
}

function broken(file: string): readonly string[] {
  const text = prose(file);
  const links = [...text.matchAll(/\]\(<?([^)\s>]+)>?(?: "[^"]*")?\)/g), ...text.matchAll(/^\[[^\]]+\]: +(\S+)/gm)];
  return links.flatMap(([, link = '']) => {
    if (/^[a-z][a-z0-9+.-]*:/i.test(link)) return [];
    const [path = '', anchor] = link.split('#');
    const to = path === '' ? file : relative(root, join(root, dirname(file), decodeURIComponent(path)));
    if (to.startsWith('..') || !existsSync(join(root, to))) return [`${file}: ${link}: no such file`];
    if (anchor === undefined || !to.endsWith('.md') || statSync(join(root, to)).isDirectory()) return [];
    return anchors(to).has(anchor) ? [] : [`${file}: ${link}: no such heading`];
  });
}

test('every link of README.md and docs/ to a file or a heading here leads somewhere', () => {
  expect(pages.length).toBeGreaterThan(100);
  expect(pages.flatMap(broken)).toEqual([]);
});
