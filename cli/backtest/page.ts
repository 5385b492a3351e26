/**
 * The answer as one HTML page: it asks nothing of any network, needs no script, and reads in light, dark and print. All that
 * came out of a log is escaped, and made harmless text before.
 */
import { plain } from '../../shared/notify/plain.ts';
import type { Answer, Counted, OfRule } from './answer.ts';
import { cellsOf, shadeOf, summed } from './calendar.ts';
import { type Kind, kinds } from './judge.ts';
import { setOut, times, wayWords } from './summary.ts';

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
/** A name or ARN, which may be broken behind its signs: in a narrow column, else anywhere. */
const named = (text: string, most = 160): string => escaped(text, most).replace(/[:/]/g, '$&<wbr>');

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
*{box-sizing:border-box}body{margin:0 auto;max-width:68rem;padding:1.5rem 1.25rem 4rem;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,sans-serif;overflow-wrap:break-word}
h1{font-size:1.7rem;margin:0 0 .2rem}h2{font-size:1.2rem;margin:2.4rem 0 .6rem;border-bottom:1px solid var(--line);padding-bottom:.3rem}h3{font-size:1rem;margin:0}
p{margin:.4rem 0}.soft{color:var(--soft)}a{color:inherit}
table{border-collapse:collapse;width:100%;font-size:.9rem}th,td{text-align:left;padding:.3rem .6rem .3rem 0;border-bottom:1px solid var(--line);vertical-align:top}th{font-weight:600;color:var(--soft)}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}td.r{overflow-wrap:anywhere;min-width:6rem}.scroll{overflow-x:auto}
code,pre{font:.85em/1.5 ui-monospace,monospace}code{overflow-wrap:anywhere}pre{background:var(--card);border:1px solid var(--line);border-radius:6px;padding:.7rem .9rem;overflow-x:auto;white-space:pre-wrap;overflow-wrap:anywhere;margin:.5rem 0}
.facts{display:flex;flex-wrap:wrap;gap:.6rem 2.2rem;margin:1rem 0}.facts b{display:block;font-size:1.35rem;font-variant-numeric:tabular-nums}
section.rule{border:1px solid var(--line);border-radius:8px;padding:1rem 1.1rem;margin:1rem 0}
.head{display:flex;flex-wrap:wrap;gap:.3rem 1rem;align-items:baseline;justify-content:space-between}.tag{border:1px solid var(--line);border-radius:99px;padding:0 .55rem;font-size:.8rem;white-space:nowrap}
.critical,.high{color:var(--bad);border-color:currentColor}.cols{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(17rem,100%),1fr));gap:.6rem 2rem;margin:.6rem 0}.cols.short{grid-template-columns:minmax(12rem,auto) minmax(14rem,2fr) minmax(16rem,3fr)}.cols>div{min-width:0}
svg{max-width:100%;height:auto;display:block}.names a{text-decoration-color:var(--line)}.scroll svg{min-width:38rem}svg a{fill:var(--ink);text-decoration:underline}svg a text{fill:var(--ink)}svg text{fill:var(--soft);font:10px system-ui,sans-serif}
.h0{fill:var(--h0)}.h1{fill:var(--h1)}.h2{fill:var(--h2)}.h3{fill:var(--h3)}.h4{fill:var(--h4)}.person{fill:var(--person)}.pipeline{fill:var(--pipeline)}.service{fill:var(--service)}.unclear{fill:var(--unclear)}
.add{color:var(--good)}.del{color:var(--bad)}summary{cursor:pointer;color:var(--soft)}
@media(max-width:52rem){.cols.short{grid-template-columns:minmax(0,1fr)}}@media print{html{font-size:11px}:root{--bad:#b42318;--good:#1a7f37;--person:#0b67b2;--pipeline:#8a4fc7;--service:#23856d;--unclear:#767f89;--bg:#fff;--ink:#000;--soft:#444;--line:#bbb;--card:#fff;--h0:#eee;--h1:#ffd8a8;--h2:#fda65b;--h3:#ea6a1f;--h4:#a93a05;color-scheme:light}body{max-width:none;padding:0;font-size:1rem}section.rule{break-inside:avoid}details::details-content{content-visibility:visible;display:block}a,svg a{text-decoration:none}.cols.short{grid-template-columns:13rem 2fr 3fr;gap:.4rem 1rem}*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
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
    fired.length > 0 ? modes(fired) : '',
    fights(answer),
    exemptions(answer),
    fired.length > 0 ? '<h2>Rule by rule</h2>' : '',
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
  return `<header><h1>What Firebreak would have done</h1><p class="soft">By the account’s own CloudTrail logs, ${span}, with preset ${escaped(preset)}. Nothing was changed, and AWS was asked nothing about the resources.</p><div class="facts">${facts.map(([value, what]) => `<div><b>${value}</b><span class="soft">${what}</span></div>`).join('')}</div>${fired.length === 0 ? '' : `<p><b>With this firebreak.yml:</b> ${setOut(fired)}. ${known(fired)}</p>`}</header>`;
}

/** How much of it the logs themselves show. */
function known(fired: readonly OfRule[]): string {
  const sum = (what: 'change' | 'look'): number => fired.reduce((all, { would }) => all + would[what], 0);
  return `Of what has a fix, ${times(sum('change'), 'event')} held the whole state and show the change; at ${number(sum('look'))} it would have had to look first.`;
}

/** Noisiest first, each kind of actor in its own colour. */
function overview(fired: readonly OfRule[]): string {
  const noisiest = fired.slice(0, mostBars);
  const others = fired.slice(mostBars);
  const most = Math.max(...noisiest.map(({ findings }) => findings));
  const [left, width, row] = [210, 560, 22];
  const bars = noisiest.map((rule, index) => {
    let x = left;
    const parts = kinds.map((kind) => {
      const length = (rule.who[kind] / most) * width;
      const bar = `<rect class="${kind}" x="${x.toFixed(1)}" y="${index * row + 4}" width="${length.toFixed(1)}" height="14"><title>${number(rule.who[kind])} by ${labels[kind]}</title></rect>`;
      x += length;
      return rule.who[kind] > 0 ? bar : '';
    });
    return `<a href="#${anchor(rule)}"><text x="0" y="${index * row + 15}">${escaped(rule.rule, 40)}</text></a>${parts.join('')}<text x="${(x + 6).toFixed(1)}" y="${index * row + 15}">${number(rule.findings)}</text>`;
  });
  const y = noisiest.length * row + 18;
  const legend = kinds.map(
    (kind, index) =>
      `<rect class="${kind}" x="${left + index * 110}" y="${y - 9}" width="10" height="10"/><text x="${left + index * 110 + 15}" y="${y}">${labels[kind]}</text>`,
  );
  return `<h2>The noisiest</h2><div class="scroll"><svg viewBox="0 0 840 ${y + 8}" role="img" aria-label="Findings by rule and kind of actor">${bars.join('')}${legend.join('')}</svg></div>
${others.length > 0 ? `<p class="names">And ${times(others.length, 'rule')} with ${number(others[0]?.findings ?? 0)} or fewer: ${others.map(link).join(', ')}.</p>` : ''}<p class="soft">Who is who is told by the caller’s identity, the names of role and session, and the user agent, which callers choose; what none of them tells is unclear.</p>`;
}

const [mostBars, mostListed, mostFights] = [16, 6, 30];

/** The mode of each rule with a fix that found something; those that would change first. */
function modes(fired: readonly OfRule[]): string {
  const fixed = fired.filter(({ fix }) => fix !== null);
  const changes = ({ mode, suggestion }: OfRule): boolean => suggestion.mode !== mode;
  const tell = fired.filter(({ fix }) => fix === null).map(link);
  const rows = [...fixed.filter(changes), ...fixed.filter((rule) => !changes(rule))].map(
    (rule) => `<tr><td>${link(rule)}</td><td class="n">${number(rule.findings)}</td>${modeCells(rule)}</tr>`,
  );
  return `<h2>Modes that the past speaks for</h2>${rows.length === 0 ? '' : `<p class="soft">What is bold is another mode than now. <code>npx firebreak promote RULE --evidence FILE</code>, with the file of <code>--json</code>, shows what it changes and writes it down.</p><div class="scroll"><table><tr><th>Rule</th><th class="n">Findings</th>${modeHeads}</tr>${rows.join('')}</table></div>`}${tell.length === 0 ? '' : `<p class="soft names">These only tell: ${tell.join(', ')}.</p>`}`;
}

const modeHeads = '<th>Mode now</th><th>Suggested</th><th>Its fix breaks</th><th>Because</th>';
const modeCells = ({ mode, suggestion, breaks, fix }: OfRule): string =>
  `<td>${mode}</td><td>${suggestion.mode === mode ? mode : `<b>${suggestion.mode}</b>`}</td><td>${fix === null ? '' : escaped(breaks)}</td><td>${suggestion.why.map((why) => escaped(why)).join('; ')}</td>`;

const link = (rule: OfRule): string => `<a href="#${anchor(rule)}">${escaped(rule.rule)}</a>`;
const anchor = ({ rule }: Pick<OfRule, 'rule'>): string => rule.replace(/[^a-z0-9]/g, '-');

/** Two years of weeks; what is older shows in the numbers. */
const mostWeeks = 106;

function calendar(days: Counted, from: string | null, to: string | null, what: string): string {
  const cells = cellsOf(days, from, to, mostWeeks);
  if (cells.length === 0) return '';
  const most = Math.max(1, ...cells.map(({ count }) => count));
  const squares = cells.map(
    ({ date, week, weekday, count }) =>
      `<rect class="h${shadeOf(count, most)}" x="${week * 13 + 28}" y="${weekday * 13 + 14}" width="11" height="11" rx="2"><title>${date}: ${number(count)}</title></rect>`,
  );
  // A month that is nearly over where the history begins would stand in the way of the next one's name.
  const starts = cells.filter(({ date }, index) => date.endsWith('-01') || index === 0);
  const shown = starts.filter(({ date }, index) => index > 0 || starts.length === 1 || Number(date.slice(8)) < 10);
  const months = shown.map(({ date, week }) => `<text x="${week * 13 + 28}" y="9">${date.slice(0, 7)}</text>`);
  const width = Math.max(120, ((cells.at(-1)?.week ?? 0) + 1) * 13 + 74);
  const names = ['Mon', 'Wed', 'Fri'].map((name, index) => `<text x="0" y="${index * 26 + 23}">${name}</text>`);
  return `<svg viewBox="0 0 ${width} 108" width="${width}" role="img" aria-label="Findings by day, ${escaped(what, 80)}">${names.join('')}${months.join('')}${squares.join('')}</svg>`;
}

function section(rule: OfRule, from: string | null, to: string | null): string {
  const ways = Object.entries(rule.ways).map(([way, count]) => `${number(count)} ${wayWords[way] ?? escaped(way)}`);
  const more = (all: readonly unknown[]): string =>
    all.length > mostListed ? `<p class="soft">and ${number(all.length - mostListed)} more: see --json</p>` : '';
  return `<section class="rule" id="${anchor(rule)}"><div class="head"><h3>${escaped(rule.title)}</h3><span><code>${escaped(rule.rule)}</code> <span class="tag ${rule.severity}">${rule.severity}</span> <span class="tag">mode ${rule.mode}</span></span></div>
<p><b>${times(rule.findings, 'finding')}</b>, ${number(rule.certain)} certain, ${number(rule.possible)} that only a read could tell${rule.repeated > 0 ? `; ${number(rule.repeated)} told twice by several logs, not counted` : ''}. With this firebreak.yml: ${ways.join(', ')}.</p>
<div class="cols${weeks(from, to) > 26 ? '' : ' short'}"><div>${calendar(rule.days, from, to, rule.rule)}${rule.undated > 0 ? `<p class="soft">${times(rule.undated, 'finding')} without a date</p>` : ''}</div><div><table><tr><th>Who</th><th>Kind</th><th class="n">Findings</th></tr>${rule.actors
    .slice(0, mostListed)
    .map(
      (who) =>
        `<tr><td class="r" title="${escaped(who.arn ?? '')}">${named(who.name, 80)}</td><td>${who.kind}</td><td class="n">${number(who.findings)}</td></tr>`,
    )
    .join(
      '',
    )}</table>${more(rule.actors)}</div><div><table><tr><th>Resource</th><th class="n">Findings</th></tr>${rule.resources
    .slice(0, mostListed)
    .map(
      ({ resource, findings }) =>
        `<tr><td class="r">${named(resource)}</td><td class="n">${number(findings)}</td></tr>`,
    )
    .join('')}</table>${more(rule.resources)}</div></div>
${consequence(rule)}</section>`;
}

const weeks = (from: string | null, to: string | null): number =>
  from === null || to === null ? 0 : (Date.parse(to) - Date.parse(from)) / (7 * 86_400_000);

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

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
  return `<p><b>The fix</b> ${escaped(fix, 400)}</p><p>${capital(parts.join('; '))}.</p>${example}`;
}

/** The first day and the last; what has no date comes first among the times. */
function between(times: readonly string[]): string {
  const days = [...new Set(times.filter(Boolean).map((time) => time.slice(0, 10)))];
  return days.length > 1 ? `${days[0]} – ${days.at(-1)}` : (days[0] ?? '');
}

function fights({ fights: all }: Answer): string {
  if (all.length === 0) return '';
  const rows = all
    .slice(0, mostFights)
    .map(
      ({ rule, resource, actor, times: when, breaker }) =>
        `<tr><td><a href="#${anchor({ rule })}">${escaped(rule)}</a></td><td class="r">${named(resource)}</td><td class="r">${named(actor.arn ?? actor.name)} <span class="soft">(${actor.kind})</span></td><td class="n">${number(when.length)}</td><td>${escaped(between(when))}</td><td>${breaker ? 'yes' : ''}</td></tr>`,
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
  `<h2>Nothing found</h2><div class="scroll"><table><tr><th>Rule</th>${modeHeads}</tr>${quiet
    .map((rule) => `<tr><td>${escaped(rule.rule)}</td>${modeCells(rule)}</tr>`)
    .join('')}</table></div>`;

function unread({ read: { problems, unreadable, skipped } }: Answer): string {
  const passed = Object.entries(skipped).map(([what, count]) => `${number(count)} ${escaped(what)}`);
  if (problems.length === 0 && passed.length === 0) return '';
  const listed = problems.map(
    ({ source, error }) => `<tr><td class="r">${named(source, 200)}</td><td>${escaped(error, 200)}</td></tr>`,
  );
  return `<h2>What was not read</h2>${passed.length > 0 ? `<p>Passed over by name: ${passed.join(', ')}.</p>` : ''}${listed.length > 0 ? `<p>${number(unreadable)} that could not be read${unreadable > listed.length ? `, of which ${listed.length} are named` : ''}:</p><div class="scroll"><table><tr><th>Where</th><th>Why</th></tr>${listed.join('')}</table></div>` : ''}`;
}
