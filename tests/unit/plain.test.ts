import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ascii, inert, plain } from '../../shared/notify/plain.ts';

test.each([
  ['a line break', 'a\r\nBcc: x@example.com', 'a Bcc: x@example.com'],
  ['the other line breaks', 'a\u2028b\u2029c\u0085d\ve', 'a b c d e'],
  ['a terminal escape', '\u001b[31mred\u001b[0m \u009b2J', '[31mred [0m 2J'],
  ['an overriding direction', 'photo\u202egnp.exe\u2066x', 'photognp.exex'],
  ['what has no width', 'a\u200bd\u00admi\ufeffn\u2060', 'admin'],
  ['what looks like a space', 'a\u3164\u00a0\u2003b', 'a b'],
  ['tags and variations', 'a\u{e0041}\ufe0f', 'a'],
  ['half a character', 'a\ud800b\udc00', 'ab'],
  ['a pile of accents', `z${'\u0301'.repeat(50)}`, 'z\u0301\u0301'],
  ['an honest name', 'Zoë Ünal 佐藤 👩', 'Zoë Ünal 佐藤 👩'],
])('%s', (_, given, shown) => {
  expect(plain(given, 100)).toBe(shown);
});

test('what is too long is cut, by whole characters', () => {
  expect(plain('👩'.repeat(20), 5)).toBe('👩👩👩👩…');
  expect(plain('x'.repeat(1_000_000), 10)).toBe('xxxxxxxxx…');
  expect(plain('exactly 10', 10)).toBe('exactly 10');
});

test('neither mark-up, nor mentions, nor links are left to act on', () => {
  expect(inert('<script>alert(1)</script>', 100)).toBe('‹script›alert(1)‹/script›');
  expect(inert('<!channel> <@U012> <https://evil.example|here>', 100)).toBe(
    '‹!channel› ‹@U012› ‹https[:]//evil.example|here›',
  );
  expect(inert('[here](HTTPS://evil.example)', 100)).toBe('[here] (HTTPS[:]//evil.example)');
  expect(inert('arn:aws:s3:::www.example.com', 100)).toBe('arn:aws:s3:::www.example.com');
});

test('a subject takes ASCII alone', () => {
  expect(ascii('Zoë <b> 👩 …', 100)).toBe('Zo? |b| ? ...');
  expect(ascii('x'.repeat(20), 10)).toBe('xxxxxxxxx.');
});

const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc
    .array(
      fc.constantFrom('\r\n', '<', '>', '](', '://', '\u202e', '\u200b', '\ud800', '\u001b[', '…', 'a', ' ', '\u0301'),
      { maxLength: 60 },
    )
    .map((parts) => parts.join('')),
);

test('whatever the text, what comes out is one visible line of its length', () => {
  fc.assert(
    fc.property(hostile, fc.integer({ min: 1, max: 120 }), (text, most) => {
      const line = plain(text, most);
      expect([...line].length).toBeLessThanOrEqual(most);
      expect(line).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
      expect(line.isWellFormed()).toBe(true);
      expect(plain(line, most)).toBe(line);
      expect(inert(text, most)).not.toMatch(/[<>]|:\/\/|\]\(/);
      const subject = ascii(text, most);
      expect(subject).toMatch(/^[\x20-\x7e]*$/);
      expect(subject.length).toBeLessThanOrEqual(most);
      expect(subject).not.toMatch(/[<>]|:\/\//);
    }),
    { numRuns: 1000 },
  );
});
