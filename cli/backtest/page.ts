/**
 * The answer as one HTML page: it asks nothing of any network, needs no script, and reads in light, dark and print. All that
 * came out of a log is escaped, and made harmless text before.
 */
import { plain } from '../../shared/notify/plain.ts';
import type { Answer, OfRule } from './answer.ts';
import { type Kind, kinds } from './judge.ts';

const entities: { readonly [character: string]: string } = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text for HTML, inside or outside of an attribute. */
export const escaped = (text: string, most = 300): string =>
  plain(text, most).replace(/[&<>"']/g, (character) => entities[character] ?? '');

const number = (value: number): string => value.toLocaleString('en');
const times = (value: number, what: string): string => `${number(value)} ${what}${value === 1 ? '' : 's'}`;

const labels: { readonly [kind in Kind]: string } = {
  person: 'people',
  pipeline: 'pipelines',
  service: 'services',
  unclear: 'unclear',
};

const style = `
:root{color-scheme:light dark;--bg:#fff;--ink:#1c2126;--soft:#57606a;--line:#d8dee4;--card:#f6f8fa;--h0:#e9edf1;--h1:#ffd8a8;--h2:#fda65b;--h3:#ea6a1f;--h4:#a93a05;
--person:#0b67b2;--pipeline:#8a4fc7;--service:#23856d;--unclear:#767f89;--bad:#b42318;--good:#1a7f37}
@media (prefers-color-scheme:dark){:root{--bg:#12161b;--ink:#e6edf3;--soft:#9aa6b2;--line:#30373f;--card:#1a2027;--h0:#262d35;--h1:#5c3415;--h2:#98501a;--h3:#dd7426;--h4:#ffb77a;
--person:#5aa9e6;--pipeline:#b992ea;--service:#4fc0a4;--unclear:#8d97a1;--bad:#ff8a7a;--good:#56d364}}
*{box-sizing:border-box}body{margin:0 auto;max-width:68rem;padding:1.5rem 1.25rem 4rem;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
h1{font-size:1.7rem;margin:0 0 .2rem}h2{font-size:1.2rem;margin:2.4rem 0 .6rem;border-bottom:1px solid var(--line);padding-bottom:.3rem}h3{font-size:1rem;margin:0}
p{margin:.4rem 0}.soft{color:var(--soft)}a{color:inherit}
table{border-collapse:collapse;width:100%;font-size:.9rem}th,td{text-align:left;padding:.3rem .6rem .3rem 0;border-bottom:1px solid var(--line);vertical-align:top}th{font-weight:600;color:var(--soft)}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}td.r{overflow-wrap:anywhere}.scroll{overflow-x:auto}
code,pre{font:.85em/1.5 ui-monospace,monospace}code{overflow-wrap:anywhere}pre{background:var(--card);border:1px solid var(--line);border-radius:6px;padding:.7rem .9rem;overflow-x:auto;white-space:pre-wrap;overflow-wrap:anywhere;margin:.5rem 0}
.facts{display:flex;flex-wrap:wrap;gap:.6rem 2.2rem;margin:1rem 0}.facts b{display:block;font-size:1.35rem;font-variant-numeric:tabular-nums}
section.rule{border:1px solid var(--line);border-radius:8px;padding:1rem 1.1rem;margin:1rem 0}
.head{display:flex;flex-wrap:wrap;gap:.3rem 1rem;align-items:baseline;justify-content:space-between}.tag{border:1px solid var(--line);border-radius:99px;padding:0 .55rem;font-size:.8rem;white-space:nowrap}
.critical,.high{color:var(--bad);border-color:currentColor}.cols{display:grid;grid-template-columns:repeat(auto-fit,minmax(17rem,1fr));gap:.4rem 2rem;margin:.6rem 0}
svg{max-width:100%;height:auto;display:block}svg text{fill:var(--soft);font:10px system-ui,sans-serif}
.h0{fill:var(--h0)}.h1{fill:var(--h1)}.h2{fill:var(--h2)}.h3{fill:var(--h3)}.h4{fill:var(--h4)}.person{fill:var(--person)}.pipeline{fill:var(--pipeline)}.service{fill:var(--service)}.unclear{fill:var(--unclear)}
.add{color:var(--good)}.del{color:var(--bad)}summary{cursor:pointer;color:var(--soft)}
@media print{:root{--bg:#fff;--ink:#000;--soft:#444;--line:#bbb;--card:#fff;--h0:#eee;--h1:#ffd8a8;--h2:#fda65b;--h3:#ea6a1f;--h4:#a93a05;color-scheme:light}body{max-width:none;padding:0;font-size:11px}section.rule{break-inside:avoid}details>*{display:block}*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
`;

export function page(answer: Answer): string {
  const { read, rules } = answer;
  const fired = rules.filter(({ findings }) => findings > 0);
  const quiet = rules.filter(({ findings }) => findings === 0);
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">',
    // Nothing is loaded, run or sent, even if a text of an attacker's found a way in.
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">`,
    '<meta name="referrer" content="no-referrer"><title>Firebreak: what it would have done</title>',
    `<style>${style}</style></head><body><main>`,
    head(answer, fired),
    fired.length === 0 ? '<p>No rule would have recognised anything dangerous.</p>' : overview(fired),
    fired.length > 1 ? `<h2>When</h2>${calendar(summed(fired), read.from, read.to, 'all rules')}` : '',
    fights(answer),
    exemptions(answer),
    '<h2>Rule by rule</h2>',
    ...fired.map((rule) => section(rule, read.from, read.to)),
    quiet.length > 0 ? quietOnes(quiet) : '',
    unread(answer),
    '</main></body></html>\n',
  ].join('\n');
}

function head({ read, preset }: Answer, fired: readonly OfRule[]): string {
  const findings = fired.reduce((sum, one) => sum + one.findings, 0);
  const facts: readonly (readonly [string, string])[] = [
    [number(read.records), 'records'],
    [number(read.logs), 'logs'],
    [number(read.days), 'days'],
    [number(findings), 'findings'],
    [`${fired.length}`, 'rules that fired'],
    [number(read.unreadable), 'unreadable'],
  ];
  const span =
    read.from && read.to ? `${escaped(read.from.slice(0, 10))} to ${escaped(read.to.slice(0, 10))}` : 'no dated record';
  return `<header><h1>What Firebreak would have done</h1><p class="soft">By the account’s own CloudTrail logs, ${span}, with preset ${escaped(preset)}. Nothing was changed, and AWS was asked nothing about the resources.</p><div class="facts">${facts.map(([value, what]) => `<div><b>${value}</b><span class="soft">${what}</span></div>`).join('')}</div></header>`;
}

/** Noisiest first, each kind of actor in its own colour. */
function overview(fired: readonly OfRule[]): string {
  const most = Math.max(...fired.map(({ findings }) => findings));
  const [left, width, row] = [210, 560, 22];
  const bars = fired.map((rule, index) => {
    let x = left;
    const parts = kinds.map((kind) => {
      const length = (rule.who[kind] / most) * width;
      const bar = `<rect class="${kind}" x="${x.toFixed(1)}" y="${index * row + 4}" width="${length.toFixed(1)}" height="14"><title>${number(rule.who[kind])} by ${labels[kind]}</title></rect>`;
      x += length;
      return rule.who[kind] > 0 ? bar : '';
    });
    return `<text x="0" y="${index * row + 15}">${escaped(rule.rule, 40)}</text>${parts.join('')}<text x="${(x + 6).toFixed(1)}" y="${index * row + 15}">${number(rule.findings)}</text>`;
  });
  const y = fired.length * row + 18;
  const legend = kinds.map(
    (kind, index) =>
      `<rect class="${kind}" x="${left + index * 110}" y="${y - 9}" width="10" height="10"/><text x="${left + index * 110 + 15}" y="${y}">${labels[kind]}</text>`,
  );
  return `<h2>The noisiest</h2><svg viewBox="0 0 840 ${y + 8}" role="img" aria-label="Findings by rule and kind of actor">${bars.join('')}${legend.join('')}</svg>
<p class="soft">Who is who is told by the caller’s identity, the names of role and session, and the user agent, which callers choose; what none of them tells is unclear.</p>
<div class="scroll"><table><tr><th>Rule</th><th class="n">Findings</th><th>Mode now</th><th>Suggested</th><th>Because</th></tr>${fired
    .filter(({ fix }) => fix !== null)
    .map(suggestion)
    .join('')}</table></div>${onlyTell(fired)}`;
}

function onlyTell(fired: readonly OfRule[]): string {
  const names = fired
    .filter(({ fix }) => fix === null)
    .map((rule) => `<a href="#${anchor(rule)}">${escaped(rule.rule)}</a>`);
  return names.length === 0 ? '' : `<p class="soft">These only tell: ${names.join(', ')}.</p>`;
}

const suggestion = (rule: OfRule): string =>
  `<tr><td><a href="#${anchor(rule)}">${escaped(rule.rule)}</a></td><td class="n">${number(rule.findings)}</td><td>${rule.mode}</td><td>${rule.suggestion.mode === rule.mode ? rule.mode : `<b>${rule.suggestion.mode}</b>`}</td><td>${rule.suggestion.why.map((why) => escaped(why)).join('; ')}</td></tr>`;

const anchor = ({ rule }: OfRule): string => rule.replace(/[^a-z0-9]/g, '-');

function summed(fired: readonly OfRule[]): { readonly [day: string]: number } {
  const days: Record<string, number> = {};
  for (const rule of fired) for (const [day, count] of Object.entries(rule.days)) days[day] = (days[day] ?? 0) + count;
  return days;
}

const day = 86_400_000;
/** Two years of weeks; what is older shows in the numbers. */
const mostWeeks = 106;

/** A column a week, Monday on top; the darker, the more. */
function calendar(
  days: { readonly [day: string]: number },
  from: string | null,
  to: string | null,
  what: string,
): string {
  const known = Object.keys(days);
  const last = Date.parse((to ?? known.at(-1) ?? '').slice(0, 10));
  let first = Date.parse((from ?? known[0] ?? '').slice(0, 10));
  if (Number.isNaN(first) || Number.isNaN(last)) return '';
  first = Math.max(first, last - mostWeeks * 7 * day);
  const monday = first - ((new Date(first).getUTCDay() + 6) % 7) * day;
  const most = Math.max(1, ...Object.values(days));
  const cells: string[] = [];
  const months: string[] = [];
  for (let at = first; at <= last; at += day) {
    const date = new Date(at).toISOString().slice(0, 10);
    const [x, y] = [Math.floor((at - monday) / (7 * day)) * 13 + 28, ((new Date(at).getUTCDay() + 6) % 7) * 13 + 14];
    const count = days[date] ?? 0;
    const shade = count === 0 ? 0 : Math.max(1, Math.ceil((Math.log(count + 1) / Math.log(most + 1)) * 4));
    cells.push(
      `<rect class="h${shade}" x="${x}" y="${y}" width="11" height="11" rx="2"><title>${date}: ${number(count)}</title></rect>`,
    );
    if (at === first || date.endsWith('-01')) months.push(`<text x="${x}" y="9">${date.slice(0, 7)}</text>`);
  }
  const shown = months.filter((_, index) => index !== 0 || months.length === 1 || new Date(first).getUTCDate() < 10);
  const width = Math.max(260, (Math.floor((last - monday) / (7 * day)) + 1) * 13 + 90);
  const names = ['Mon', 'Wed', 'Fri'].map((name, index) => `<text x="0" y="${index * 26 + 23}">${name}</text>`);
  return `<svg viewBox="0 0 ${width} 108" width="${width}" role="img" aria-label="Findings by day, ${escaped(what, 80)}">${names.join('')}${shown.join('')}${cells.join('')}</svg>`;
}

const [mostListed, mostFights] = [8, 30];

function section(rule: OfRule, from: string | null, to: string | null): string {
  const ways = Object.entries(rule.ways).map(([way, count]) => `${number(count)} ${wayWords[way] ?? escaped(way)}`);
  const more = (all: readonly unknown[]): string =>
    all.length > mostListed ? `<p class="soft">and ${number(all.length - mostListed)} more: see --json</p>` : '';
  return `<section class="rule" id="${anchor(rule)}"><div class="head"><h3>${escaped(rule.title)}</h3><span><code>${escaped(rule.rule)}</code> <span class="tag ${rule.severity}">${rule.severity}</span> <span class="tag">mode ${rule.mode}</span></span></div>
<p><b>${times(rule.findings, 'finding')}</b>, ${number(rule.certain)} certain, ${number(rule.possible)} that only a read could tell${rule.repeated > 0 ? `; ${number(rule.repeated)} told twice by several logs, not counted` : ''}. With this firebreak.yml: ${ways.join(', ')}.</p>
${calendar(rule.days, from, to, rule.rule)}${rule.undated > 0 ? `<p class="soft">${times(rule.undated, 'finding')} without a date</p>` : ''}
<div class="cols"><div><table><tr><th>Who</th><th>Kind</th><th class="n">Findings</th></tr>${rule.actors
    .slice(0, mostListed)
    .map(
      (who) =>
        `<tr><td class="r" title="${escaped(who.arn ?? '')}">${escaped(who.name, 80)}</td><td>${who.kind}</td><td class="n">${number(who.findings)}</td></tr>`,
    )
    .join(
      '',
    )}</table>${more(rule.actors)}</div><div><table><tr><th>Resource</th><th class="n">Findings</th></tr>${rule.resources
    .slice(0, mostListed)
    .map(
      ({ resource, findings }) =>
        `<tr><td class="r">${escaped(resource, 160)}</td><td class="n">${number(findings)}</td></tr>`,
    )
    .join('')}</table>${more(rule.resources)}</div></div>
${consequence(rule)}</section>`;
}

const wayWords: { readonly [way: string]: string } = {
  exempt: 'exempt',
  off: 'off',
  tell: 'told',
  rehearse: 'rehearsed and told',
  approve: 'asked about',
  remediate: 'to be mended',
};

function consequence({ would, fix }: OfRule): string {
  if (fix === null) return '<p>This rule only tells: it would have changed nothing.</p>';
  const parts = [
    ...(would.change > 0
      ? [`${times(would.change, 'event')} held the whole state, and the fix would have changed it`]
      : []),
    ...(would.nothing > 0 ? [`${times(would.nothing, 'event')} held the whole state, with nothing to change`] : []),
    ...(would.look > 0 && would.looks
      ? [
          `for ${number(would.look)} it would have looked first (<code>${escaped(would.looks.lens)}</code>, by ${would.looks.actions.map((action) => escaped(action)).join(', ')}): what it would have found is not in the log`,
        ]
      : []),
  ];
  const lines = (would.example?.lines ?? []).map((line) => {
    const mark = line.startsWith('+') ? 'add' : line.startsWith('-') ? 'del' : '';
    // `plain` would take the indentation, which the diff has made harmless already.
    const text = line.replace(/[&<>"']/g, (character) => entities[character] ?? '');
    return mark === '' ? text : `<span class="${mark}">${text}</span>`;
  });
  const example = would.example
    ? `<details open><summary>One of them: ${escaped(would.example.resource, 160)}</summary><pre>${lines.join('\n')}</pre></details>`
    : '';
  return `<p><b>The fix</b> ${escaped(fix, 400)}</p><p>${parts.join('; ')}.</p>${example}`;
}

function fights({ fights: all }: Answer): string {
  if (all.length === 0) return '';
  const rows = all
    .slice(0, mostFights)
    .map(
      ({ rule, resource, actor, times: when, breaker }) =>
        `<tr><td>${escaped(rule)}</td><td class="r">${escaped(resource, 160)}</td><td class="r">${escaped(actor.arn ?? actor.name, 160)} <span class="soft">(${actor.kind})</span></td><td class="n">${number(when.length)}</td><td>${escaped(when[0]?.slice(0, 10) ?? '')} – ${escaped(when.at(-1)?.slice(0, 10) ?? '')}</td><td>${breaker ? 'yes' : ''}</td></tr>`,
    );
  return `<h2>Who would fight with it</h2><p class="soft">The same resource, broken again by the same actor: each time the fix would have undone their work, and they the fix. Mend these where they come from, or exempt them.</p>
<div class="scroll"><table><tr><th>Rule</th><th>Resource</th><th>Actor</th><th class="n">Times</th><th>When</th><th>Breaker trips</th></tr>${rows.join('')}</table></div>${all.length > mostFights ? `<p class="soft">and ${number(all.length - mostFights)} more: see --json</p>` : ''}`;
}

function exemptions({ exemptions: { yaml, list } }: Answer): string {
  if (list.length === 0) return '';
  const text = yaml.replace(/[&<>"']/g, (character) => entities[character] ?? '');
  return `<h2>Exemptions to think about</h2><p class="soft">What pipelines and services did to the same resource on several days. For firebreak.yml, once a person has looked at each and put a name to it; they end by themselves.</p><pre>${text}</pre>`;
}

const quietOnes = (quiet: readonly OfRule[]): string =>
  `<h2>Nothing found</h2><div class="scroll"><table><tr><th>Rule</th><th>Mode now</th><th>Suggested</th><th>Because</th></tr>${quiet
    .map(
      (rule) =>
        `<tr><td>${escaped(rule.rule)}</td><td>${rule.mode}</td><td>${rule.suggestion.mode === rule.mode ? rule.mode : `<b>${rule.suggestion.mode}</b>`}</td><td>${rule.suggestion.why.map((why) => escaped(why)).join('; ')}</td></tr>`,
    )
    .join('')}</table></div>`;

function unread({ read: { problems, unreadable, skipped } }: Answer): string {
  const passed = Object.entries(skipped).map(([what, count]) => `${number(count)} ${escaped(what)}`);
  if (problems.length === 0 && passed.length === 0) return '';
  const listed = problems.map(
    ({ source, error }) => `<tr><td class="r">${escaped(source, 200)}</td><td>${escaped(error, 200)}</td></tr>`,
  );
  return `<h2>What was not read</h2>${passed.length > 0 ? `<p>Passed over by name: ${passed.join(', ')}.</p>` : ''}${listed.length > 0 ? `<p>${number(unreadable)} that could not be read${unreadable > listed.length ? `, of which ${listed.length} are named` : ''}:</p><div class="scroll"><table><tr><th>Where</th><th>Why</th></tr>${listed.join('')}</table></div>` : ''}`;
}
