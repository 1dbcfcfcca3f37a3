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

export function totalsTable(all) {
  const rows = all.map(
    ({ name, use, attack, benign }) => `| ${name} | ${use} | ${shareText(attack)} | ${shareText(benign)} |`,
  );
  return ['| collection | use | attacks refused | benign refused |', '|---|---|---|---|', ...rows].join('\n');
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
  for (const { label, class: kind, place, encoding = 'plain', by, text } of figures.shown) {
    const answer = label === 'attack' ? 'missed' : 'false alarm';
    lines.push(`  -- ${answer}: ${kind}, ${place}, ${encoding}; matched: ${by.join(', ') || 'nothing'}`);
    lines.push(text.replace(/^/gm, '     '));
  }
  return lines.join('\n');
}
