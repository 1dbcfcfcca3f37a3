/** From the words of directives to the tree. A mistake costs one directive, is reported, and the reading goes on. */
import { parseActions, valuesOf } from './actions.ts';
import type { Directive, Place, RuleChoice, RuleDirective } from './ast.ts';
import { readLines } from './lexer.ts';
import type { DirectiveLine } from './lexer.ts';
import { parseOperator } from './operators.ts';
import { phaseNumber } from './phases.ts';
import { DirectiveMistake } from './problem.ts';
import type { ReportProblem } from './problem.ts';
import { isKnownSetting } from './server-settings.ts';
import { knownTransformation } from './transformations.ts';
import { parseVariables } from './variables.ts';

/** `Include` is not resolved here: it is a setting that the reader understands. */
export function parseSecLang(file: string, text: string, report: ReportProblem): readonly Directive[] {
  const directives: Directive[] = [];
  let broken = false;
  for (const line of readLines(file, text, report)) {
    const chained = broken;
    broken = false;
    if (chained && line.words[0].toLowerCase() === 'secrule') {
      // The links after a broken one mean nothing alone, and the link itself must not stand for the whole chain.
      report({
        code: 'S011',
        place: line.place,
        reason: 'an earlier link of its chain is broken',
        kept: LEFT_OUT,
      });
      broken = isChained(line);
      continue;
    }
    try {
      directives.push(parseDirective(line));
    } catch (error) {
      if (!(error instanceof DirectiveMistake)) throw error;
      const begins = dropOpenChain(directives);
      const kept = begins === undefined ? LEFT_OUT : `the chain from line ${begins} on was left out`;
      report({ code: error.code, place: line.place, reason: error.message, kept });
      broken = isChained(line);
    }
  }
  return directives;
}

const LEFT_OUT = 'the directive was left out';

/** Takes away the links before a broken one. The line where its chain begins, undefined if it is the first link. */
function dropOpenChain(directives: Directive[]): number | undefined {
  let begins: number | undefined;
  for (let last = directives.at(-1); last !== undefined; last = directives.at(-1)) {
    if (last.kind !== 'rule' || valuesOf(last.actions, 'chain').length === 0) return begins;
    begins = last.place.line;
    directives.pop();
  }
  return begins;
}

function isChained(line: DirectiveLine): boolean {
  return /(?:^|,)\s*chain\s*(?:,|$)/.test(line.words.at(-1) ?? '');
}

function parseDirective({ place, words }: DirectiveLine): Directive {
  const [name, ...rest] = words;
  switch (name.toLowerCase()) {
    case 'secrule':
      expectWords(rest, 2, 3);
      return ruleOf(place, rest);
    case 'secaction':
      expectWords(rest, 1, 1);
      return { kind: 'rule', place, variables: [], operator: undefined, actions: actionsOf(rest[0]) };
    case 'secmarker':
      expectWords(rest, 1, 1);
      return { kind: 'marker', place, name: rest[0] };
    case 'secdefaultaction':
      expectWords(rest, 1, 1);
      return { kind: 'defaults', place, actions: actionsOf(rest[0]) };
    case 'secruleremovebyid':
      expectWords(rest, 1, Infinity);
      return { kind: 'remove', place, rules: rest.flatMap(idChoices) };
    case 'secruleremovebytag':
      expectWords(rest, 1, Infinity);
      return { kind: 'remove', place, rules: rest.map((pattern) => ({ by: 'tag', pattern })) };
    case 'secruleremovebymsg':
      expectWords(rest, 1, Infinity);
      return { kind: 'remove', place, rules: rest.map((pattern) => ({ by: 'msg', pattern })) };
    case 'secruleupdatetargetbyid':
      return targetsOf(place, rest, idChoices(rest[0] ?? ''));
    case 'secruleupdatetargetbytag':
      return targetsOf(place, rest, [{ by: 'tag', pattern: rest[0] ?? '' }]);
    case 'secruleupdatetargetbymsg':
      return targetsOf(place, rest, [{ by: 'msg', pattern: rest[0] ?? '' }]);
    case 'secruleupdateactionbyid':
      expectWords(rest, 2, 2);
      return { kind: 'update-actions', place, rules: idChoices(rest[0]), actions: actionsOf(rest[1]) };
    default:
      if (!isKnownSetting(name)) throw new DirectiveMistake('S003', `unknown directive ${name.slice(0, 40)}`);
      return { kind: 'setting', place, name, words: rest };
  }
}

function ruleOf(place: Place, words: readonly string[]): RuleDirective {
  return {
    kind: 'rule',
    place,
    variables: parseVariables(words[0]),
    operator: parseOperator(words[1]),
    actions: actionsOf(words[2] ?? ''),
  };
}

function targetsOf(place: Place, words: readonly string[], rules: readonly RuleChoice[]): Directive {
  expectWords(words, 2, 3);
  return { kind: 'update-targets', place, rules, variables: parseVariables(words[1]) };
}

function actionsOf(text: string): RuleDirective['actions'] {
  const actions = parseActions(text);
  for (const id of valuesOf(actions, 'id')) {
    if (!/^\d{1,15}$/.test(id))
      throw new DirectiveMistake('S009', `the id ${JSON.stringify(id)} is no number`);
  }
  for (const phase of valuesOf(actions, 'phase')) {
    if (phaseNumber(phase) === undefined)
      throw new DirectiveMistake('S009', `there is no phase ${JSON.stringify(phase)}`);
  }
  for (const name of valuesOf(actions, 't')) {
    if (knownTransformation(name) === undefined)
      throw new DirectiveMistake('S008', `unknown transformation t:${name}`);
  }
  return actions;
}

function idChoices(text: string): readonly RuleChoice[] {
  return text.split(/[\s,]+/).map((part): RuleChoice => {
    const range = /^(\d+)(?:-(\d+))?(?::\d+)?$/.exec(part);
    if (range === null) throw new DirectiveMistake('S009', `${JSON.stringify(part)} is no rule id`);
    return { by: 'id', first: Number(range[1]), last: Number(range[2] ?? range[1]) };
  });
}

function expectWords(words: readonly string[], least: number, most: number): void {
  if (words.length < least) throw new DirectiveMistake('S002', 'words are missing');
  if (words.length > most)
    throw new DirectiveMistake('S002', `nothing was expected after ${words[most - 1].slice(0, 40)}`);
}
