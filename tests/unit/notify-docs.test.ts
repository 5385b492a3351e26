import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { render } from '../../shared/notify/message.ts';
import { examples } from '../support/messages.ts';

const page = readFileSync('docs/messages.md', 'utf8');

test.each(Object.entries(examples))('docs/messages.md shows it as it is: %s', (_, incident) => {
  const { subject, text } = render(incident);
  expect(page).toContain(`\`\`\`text\nSubject: ${subject}\n\n${text}\`\`\`\n`);
});
