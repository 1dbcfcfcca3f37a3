/**
 * The rule book: a page in Markdown for each rule file, made of the checked rules, so that it says what they do today.
 * It is for whoever operates them: what a rule looks at, what it stops, what it lets pass, how to except something.
 */
import { basename } from 'node:path';
import type { CheckedExample } from '../dsl/checked-request.ts';
import type { CheckedAction, CheckedPolicy, CheckedRule } from '../dsl/checked.ts';
import type { Key, Pick, Step } from '../dsl/checked-condition.ts';
import { visitCondition } from '../dsl/checker/tree.ts';
import { spanText } from '../dsl/source.ts';

export interface RuleBookPage {
  /** `sqli.md` for `rules/sqli.ward`. */
  readonly file: string;
  readonly text: string;
}

/** Names a target leaves out are shown up to this many: the rest stands in the rules. */
const EXCEPTIONS_SHOWN_MAX = 6;
const CWE = /^cwe-(\d+)$/i;

/** A page for each file that has rules, by name. O(size of the policy). */
export function ruleBook(policy: CheckedPolicy): readonly RuleBookPage[] {
  const files = new Map<string, CheckedRule[]>();
  for (const rule of policy.rules) {
    const name = basename(rule.span.source.path, '.ward');
    const rules = files.get(name);
    if (rules === undefined) files.set(name, [rule]);
    else rules.push(rule);
  }
  return [...files]
    .map(([name, rules]) => ({ file: `${name}.md`, text: pageOf(name, rules) }))
    .sort((a, b) => (a.file < b.file ? -1 : 1));
}

function pageOf(name: string, rules: readonly CheckedRule[]): string {
  const inOrder = [...rules].sort((a, b) => a.span.start - b.span.start);
  const head = `# Rules of ${name}.ward\n\nMade from the rules (\`ward docs rules\`); do not edit.`;
  const table = [
    '| rule | severity | level | finds |',
    '|---|---|---|---|',
    ...inOrder.map(
      ({ name: rule, severity, level, title }) =>
        `| [${rule}](#${anchor(rule)}) | ${severity} | ${level} | ${cell(title)} |`,
    ),
  ];
  return `${[head, table.join('\n'), ...inOrder.map(sectionOf)].join('\n\n')}\n`;
}

/** As GitHub makes anchors of headings: lower case, no dots. */
function anchor(heading: string): string {
  return heading.toLowerCase().replaceAll('.', '');
}

function sectionOf(rule: CheckedRule): string {
  const { name, title, doc, condition } = rule;
  const parts = [`## ${name}`, `${title}.${doc === '' ? '' : ` ${doc}`}`, factsOf(rule)];
  if (condition !== undefined) {
    const looks = targetsOf(rule).map((target) => `- ${target}`);
    if (looks.length > 0) parts.push(`Looks at:\n\n${looks.join('\n')}`);
    const steps = stepsOf(rule);
    if (steps.length > 0) parts.push(`Decodes by ${steps.map((step) => `\`${step}\``).join(', ')}.`);
    parts.push(fenced(`when ${spanText(condition.span)}`));
  }
  parts.push(...examplesOf(rule), tuningOf(rule));
  return parts.join('\n\n');
}

function factsOf(rule: CheckedRule): string {
  const facts = [
    `severity **${rule.severity}**`,
    `level ${rule.level}`,
    `decided in the phase ${rule.phase}`,
    ...(rule.id === undefined ? [] : [`id ${rule.id}`]),
    ...(rule.routes.length === 0 ? [] : [`on ${rule.routes.join(', ')}`]),
    `then ${rule.actions.map(actionText).join(', ')}`,
    ...(rule.tags.length === 0 ? [] : [`tags ${rule.tags.map(tagText).join(', ')}`]),
    ...(rule.sealed ? ['sealed'] : []),
  ];
  return facts.join(' · ');
}

function tagText(tag: string): string {
  const number = CWE.exec(tag)?.[1];
  return number === undefined
    ? `\`${tag}\``
    : `[${tag}](https://cwe.mitre.org/data/definitions/${number}.html)`;
}

function actionText(action: CheckedAction): string {
  switch (action.kind) {
    case 'block':
      return `block ${action.status}`;
    case 'redirect':
      return `redirect ${action.status}`;
    case 'score': {
      const points = action.points === undefined ? 'score' : `score ${action.points}`;
      return action.category === undefined ? points : `${points} to ${action.category}`;
    }
    case 'limit':
      return `limit by ${action.name}`;
    case 'ban':
      return `ban ${action.label}`;
    case 'tag':
      return `tag ${action.tag}`;
    case 'delay':
      return `fault delay ${action.delayMs}ms`;
    case 'abort':
      return `fault abort ${action.status}`;
    case 'allow':
    case 'mask':
    case 'log':
      return action.kind;
  }
}

/** What the condition reads, each once, with what its field means. */
function targetsOf({ condition }: CheckedRule): readonly string[] {
  const found = new Set<string>();
  if (condition === undefined) return [];
  visitCondition(condition, {
    pick: (pick) => {
      const text = pickText(pick);
      if (text !== undefined) found.add(text);
    },
    scalar: (scalar) => {
      if (scalar.kind === 'field') found.add(described(scalar.field.name, scalar.field.doc));
      else if (scalar.kind === 'lines')
        found.add(described(`${scalar.field.name}[${JSON.stringify(scalar.key)}]`, undefined));
      else if (scalar.kind === 'json')
        found.add(described(`${scalar.field.name} at ${scalar.path.join('.')}`, undefined));
    },
  });
  return [...found];
}

function pickText({ field, key, except }: Pick): string | undefined {
  if (field === undefined) return undefined; // a single value, which is visited by itself
  const name = key === undefined ? field.name : `${field.name}[${keyText(key)}]`;
  const shown = except.slice(0, EXCEPTIONS_SHOWN_MAX).map((one) => `\`${keyText(one)}\``);
  const more = except.length > shown.length ? ` and ${except.length - shown.length} more` : '';
  const but = except.length === 0 ? '' : `, but not ${shown.join(', ')}${more}`;
  return `${described(name, key === undefined ? field.doc.replace(/\.$/, '') : undefined)}${but}`;
}

function described(name: string, doc: string | undefined): string {
  return doc === undefined ? `\`${name}\`` : `\`${name}\`: ${doc.replace(/\.$/, '')}`;
}

function keyText(key: Key): string {
  return key.kind === 'name' ? JSON.stringify(key.name) : `/${key.pattern.source}/${key.pattern.flags}`;
}

function stepsOf({ condition }: CheckedRule): readonly string[] {
  const found = new Set<string>();
  if (condition !== undefined) visitCondition(condition, { step: (step) => found.add(stepText(step)) });
  return [...found];
}

function stepText({ name, args }: Step): string {
  const shown = args.flatMap((argument) => {
    if (argument.kind === 'int') return [String(argument.value)];
    return argument.kind === 'pattern' ? [`/${argument.pattern.source}/`] : [];
  });
  return shown.length === 0 ? name : `${name}(${shown.join(', ')})`;
}

function examplesOf({ examples }: CheckedRule): string[] {
  const first = (...kinds: readonly CheckedExample['expect'][]): CheckedExample | undefined =>
    examples.find(({ expect }) => kinds.includes(expect));
  const [hit, pass] = [first('hit'), first('pass', 'miss')];
  return [
    ...(hit === undefined ? [] : [`Matches, for example:\n\n${fenced(spanText(hit.span))}`]),
    ...(pass === undefined ? [] : [`Leaves alone, for example:\n\n${fenced(spanText(pass.span))}`]),
  ];
}

function tuningOf(rule: CheckedRule): string {
  if (rule.actions.some(({ kind }) => kind === 'limit'))
    return 'To tune it, change its limiter: gates take no exclusions.';
  if (rule.sealed) return 'It is sealed: no exclusion and no override changes it.';
  const target = firstTarget(rule);
  const lines = [
    `exclude ${rule.name} {`,
    ...(target === undefined ? [] : [`  target  ${target}`]),
    '  when    request.path == "/where/it/is/harmless"',
    '  because "why it is harmless there"',
    '  until   2099-12-31',
    '}',
  ];
  return `To except a value (the event of a refused request has this ready):\n\n${fenced(lines.join('\n'))}`;
}

/** A target as an exclusion could have it; undefined for a rule of which only the whole can be excluded. */
function firstTarget({ condition }: CheckedRule): string | undefined {
  let target: string | undefined;
  if (condition === undefined) return undefined;
  visitCondition(condition, {
    pick: ({ field, key }, aggregated) => {
      if (aggregated || field === undefined || target !== undefined) return;
      if (key?.kind === 'name') target = `${field.name}[${JSON.stringify(key.name)}]`;
      else target = field.form === 'map' ? `${field.name}["name"]` : field.name;
    },
    scalar: (scalar, aggregated) => {
      if (aggregated || target !== undefined) return;
      if (scalar.kind === 'field') target = scalar.field.name;
      else if (scalar.kind === 'lines') target = `${scalar.field.name}[${JSON.stringify(scalar.key)}]`;
    },
  });
  return target;
}

/** A block that ends at no line of its own text. */
function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}ward\n${outdented(text)}\n${fence}`;
}

/** Lines after the first lose the indentation they share: they come from the middle of a block. */
function outdented(text: string): string {
  const [first, ...rest] = text.split('\n');
  const shared = Math.min(...rest.filter((line) => line.trim() !== '').map((line) => line.search(/\S/)));
  if (rest[0]?.startsWith('  ') !== true || rest.at(-1) === '}') return text;
  return [first, ...rest.map((line) => `  ${line.slice(Math.min(shared, line.length))}`.trimEnd())].join(
    '\n',
  );
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
