/** A page as text: no script, one style, nothing fetched from anywhere. Whatever was escaped once is `Html`. */
import { createHash } from 'node:crypto';
import { inert } from '../notify/plain.ts';

export type Html = { readonly html: string };

export const raw = (html: string): Html => ({ html });

const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** Texts are escaped, and made inert first: no link, no direction override, no line that is not ours. */
export function html(
  parts: TemplateStringsArray,
  ...values: readonly (string | number | Html | readonly Html[])[]
): Html {
  const shown = (value: (typeof values)[number]): string => {
    if (typeof value === 'number') return String(value);
    if (typeof value === 'string') return escaped(inert(value, 1000));
    return 'html' in value ? value.html : value.map((one) => one.html).join('');
  };
  return raw(parts.map((part, index) => part + (index < values.length ? shown(values[index] ?? '') : '')).join(''));
}

/** A line of a change: its indent stays. */
export const line = (text: string): Html => raw(escaped(text));

const style = `
:root{color-scheme:light dark;--paper:#fff;--ink:#1b1d21;--soft:#565c66;--edge:#c9ced6;--card:#f6f7f9;--act:#0b57d0;--on-act:#fff;
--plus:#e2f3e6;--plus-ink:#0c3d1b;--minus:#fde7e5;--minus-ink:#5e1611;--warn:#fff3d6;--warn-ink:#4a3300}
@media(prefers-color-scheme:dark){:root{--paper:#14161a;--ink:#e9ebee;--soft:#adb4be;--edge:#4a515c;--card:#1d2025;--act:#a8c7fa;--on-act:#062e6f;
--plus:#11301c;--plus-ink:#bdf0ca;--minus:#3d1714;--minus-ink:#ffd0cb;--warn:#3b2e0c;--warn-ink:#ffe3a1}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:1rem/1.5 system-ui,sans-serif}
main{max-width:46rem;margin:0 auto;padding:1rem 1rem 3rem}
header{color:var(--soft);margin-bottom:.5rem}
h1{font-size:1.5rem;line-height:1.25;margin:0 0 1rem;overflow-wrap:anywhere}
h2{font-size:1.1rem;margin:2rem 0 .5rem}
p{margin:.5rem 0;overflow-wrap:anywhere}dd p:first-child{margin-top:0}
dl{display:grid;grid-template-columns:minmax(4.5rem,max-content) 1fr;gap:.35rem 1rem;margin:0}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
ol.diff{list-style:none;margin:0;padding:.5rem 0;border:1px solid var(--edge);border-radius:.5rem;overflow:hidden;
font:.875rem/1.6 ui-monospace,monospace}
ol.diff li{padding:0 .75rem;white-space:pre-wrap;overflow-wrap:anywhere}
ol.diff ins,ol.diff del{text-decoration:none}
.plus{background:var(--plus);color:var(--plus-ink)}.minus{background:var(--minus);color:var(--minus-ink)}
.said{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.note{background:var(--warn);color:var(--warn-ink);padding:.75rem 1rem;border-radius:.5rem}
section.answer{background:var(--card);border:1px solid var(--edge);border-radius:.5rem;padding:1rem;margin:1rem 0}
section.answer h3{font-size:1rem;margin:0 0 .25rem}section.answer p{color:var(--soft);margin:.25rem 0 .75rem}
.fields{display:grid;gap:.75rem;margin-bottom:.75rem}
@media(min-width:34rem){.fields{grid-template-columns:8rem 1fr}}
label{display:block;font-weight:600}
input,select,button{font:inherit;min-height:2.75rem;border-radius:.5rem;border:1px solid var(--soft);background:var(--paper);color:var(--ink);padding:.4rem .75rem;width:100%}
button{width:auto;min-width:10rem;font-weight:600;cursor:pointer}
button.act{background:var(--act);border-color:var(--act);color:var(--on-act)}
:focus-visible{outline:3px solid var(--act);outline-offset:3px}
code{font:.9em ui-monospace,monospace;overflow-wrap:anywhere}
footer{color:var(--soft);margin-top:2rem;font-size:.875rem}
`;

const styleHash = createHash('sha256').update(style).digest('base64');

/**
 * Nothing but this style may be loaded, and forms go nowhere else: "Content-Security-Policy" (MDN). The link is in the
 * address: no other site may see it, no cache keep it.
 */
export const headers: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${styleHash}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  'strict-transport-security': 'max-age=63072000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'x-robots-tag': 'noindex, nofollow',
};

export const document = (title: string, body: Html): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Firebreak</title>
<style>${raw(style)}</style>
</head>
<body>
<main>
<header>Firebreak</header>
${body}
</main>
</body>
</html>
`.html;
