// Figures as text for people, and as Markdown for bench/record/ and docs/.
import { sorted } from './measure.mjs';
import { wilson } from './statistics.mjs';

const RULES_SHOWN_MAX = 15;

export function percent(share) {
  return share === null ? '–' : `${(share * 100).toFixed(share > 0 && share < 0.01 ? 2 : 1)} %`;
}

/** `97.2 % of 1204 [96.1 %, 98.0 %]` */
export function shareText({ refused, total }) {
  if (total === 0) return '–';
  const [low, high] = wilson(refused, total);
  return `${percent(refused / total)} of ${total} [${percent(low)}, ${percent(high)}]`;
}

/** A row for each collection, and one for all that are only measured: what goals are held against. */
export function totalsTable(all) {
  const measured = all.filter(({ use }) => use === 'measure');
  const rows = measured.length > 1 ? [...all, pooled(measured)] : all;
  const texts = rows.map(
    ({ name, use, attack, benign }) => `| ${name} | ${use} | ${shareText(attack)} | ${shareText(benign)} |`,
  );
  return ['| collection | use | attacks refused | benign refused |', '|---|---|---|---|', ...texts].join(
    '\n',
  );
}

function pooled(all) {
  const sum = (label, count) => all.reduce((total, figures) => total + figures[label][count], 0);
  const tally = (label) => ({ total: sum(label, 'total'), refused: sum(label, 'refused') });
  return { name: 'all measured only', use: '', attack: tally('attack'), benign: tally('benign') };
}

/** Classes of one label side by side, a column for each collection. */
export function classTable(all, label) {
  const tables = all.map(({ byClass }) => byClass[label].toJSON());
  const classes = [...new Set(tables.flatMap(Object.keys))].sort();
  const row = (name) =>
    `| ${name} | ${tables.map((table) => shareText(table[name] ?? { total: 0 })).join(' | ')} |`;
  const head = `| ${label} refused | ${all.map(({ name }) => name).join(' | ')} |`;
  return [head, `|---|${'---|'.repeat(all.length)}`, ...classes.map(row)].join('\n');
}

export function details(figures) {
  const lines = [];
  for (const [title, tallies] of [
    ['class', figures.byClass],
    ['place', figures.byPlace],
    ['encoding', figures.byEncoding],
  ]) {
    for (const label of ['attack', 'benign']) {
      for (const [name, tally] of Object.entries(tallies[label].toJSON())) {
        lines.push(`  ${label.padEnd(7)} ${title.padEnd(9)} ${name.padEnd(28)} ${shareText(tally)}`);
      }
    }
  }
  if (!figures.mayShow) return lines.join('\n');
  for (const [rule, count] of sorted(figures.falseAlarms).slice(0, RULES_SHOWN_MAX)) {
    lines.push(`  false alarms by ${rule}: ${count}`);
  }
  for (const { label, class: kind, place, encoding, by, seen, text } of figures.shown) {
    const answer = label === 'attack' ? 'missed' : 'false alarm';
    lines.push(`  -- ${answer}: ${kind}, ${place}, ${encoding}; matched: ${by.join(', ') || 'nothing'}`);
    lines.push(...seen.map((line) => `     ${line}`), text.replace(/^/gm, '     '));
  }
  return lines.join('\n');
}
