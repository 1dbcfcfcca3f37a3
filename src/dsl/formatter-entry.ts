/** Layout of block entries: the entry word and what stands in the column after it. */
import { unreachable } from '../core/assert.ts';
import { FORMATTED_LINE_COLUMNS_MAX } from '../core/limits.ts';
import type {
  Action,
  ExcludeEntry,
  ExamplesEntry,
  OverrideEntry,
  RuleEntry,
  RuleSelector,
} from './ast-rule.ts';
import type { AnsweredOption, Request, RequestOption, SendStep } from './ast-scenario.ts';
import type { FloodEntry, FloodStage, LimiterEntry, Penalty, Rate, StoreEntry } from './ast-limiter.ts';
import type { Outcome, PolicyEntry, ProfileEntry } from './ast.ts';
import type { Json } from './ast-expression.ts';
import {
  fillLines,
  flatJson,
  flatPick,
  flatPipe,
  indentation,
  layoutArray,
  layoutExpr,
  layoutJson,
  layoutPipe,
  prefixed,
} from './formatter-expression.ts';

/** Entries printed in columns; blocks inside blocks (examples, profiles) are the printer's. */
export type ColumnEntry =
  | Exclude<PolicyEntry, ProfileEntry>
  | LimiterEntry
  | FloodEntry
  | Exclude<RuleEntry, ExamplesEntry>
  | ExcludeEntry
  | OverrideEntry;

export interface EntryText {
  readonly word: string;
  /** First line without indentation, further ones with all of theirs; empty if the word stands alone. */
  readonly lines: readonly string[];
}

/** What neighbouring entries of a block agree on. */
export interface EntryColumns {
  /** Width of the longest threshold subject. */
  readonly subject: number;
  /** Width of the longest direction of `on uninspectable`. */
  readonly direction: number;
}

/** An entry whose text begins at `column`. */
export function entryText(entry: ColumnEntry, column: number, columns: EntryColumns): EntryText {
  switch (entry.kind) {
    case 'KeyEntry':
      return { word: 'key', lines: layoutItems(entry.parts.map(flatPipe), column) };
    case 'CountEntry':
      return { word: 'count', lines: layoutExpr(entry.condition, column) };
    case 'CostEntry':
      return { word: 'cost', lines: layoutPipe(entry.amount, column) };
    case 'AllowEntry': {
      const rate = `${flatRate(entry.rate)}${entry.burst === undefined ? '' : ` burst ${entry.burst.raw}`}`;
      if (entry.when === undefined) return { word: 'allow', lines: [rate] };
      const head = `${rate} when `;
      return { word: 'allow', lines: prefixed(head, layoutExpr(entry.when, column + head.length)) };
    }
    case 'RedactEntry':
      return { word: 'redact', lines: layoutItems(entry.items.map(flatPick), column) };
    case 'TargetEntry':
      return { word: 'target', lines: layoutItems(entry.items.map(flatPick), column) };
    case 'WhenEntry':
      return { word: 'when', lines: layoutExpr(entry.condition, column) };
    case 'ThenEntry':
      return { word: 'then', lines: layoutItems(entry.actions.map(flatAction), column) };
    case 'StagesEntry':
      return { word: 'then', lines: layoutItems(entry.stages.map(flatStage), column) };
    case 'OnEntry':
      return {
        word: 'on',
        lines: layoutItems(
          entry.routes.map((route) => route.name),
          column,
        ),
      };
    case 'TagsEntry':
      return { word: 'tags', lines: layoutArray(entry.tags, column, column) };
    case 'SealedEntry':
      return { word: 'sealed', lines: [] };
    default: {
      const [word, text] = flatEntry(entry, columns);
      return { word, lines: [text] };
    }
  }
}

type FlatEntry = Exclude<
  ColumnEntry,
  {
    kind:
      | 'KeyEntry'
      | 'CountEntry'
      | 'CostEntry'
      | 'AllowEntry'
      | 'RedactEntry'
      | 'TargetEntry'
      | 'WhenEntry'
      | 'ThenEntry'
      | 'StagesEntry'
      | 'OnEntry'
      | 'TagsEntry'
      | 'SealedEntry';
  }
>;

/** Entries that never need a second line. */
function flatEntry(entry: FlatEntry, columns: EntryColumns): [word: string, text: string] {
  switch (entry.kind) {
    case 'SeverityEntry':
      return ['severity', entry.severity];
    case 'LevelEntry':
      return ['level', entry.level.raw];
    case 'IdEntry':
      return ['id', entry.id.raw];
    case 'ModeEntry':
      return ['mode', entry.until === undefined ? entry.mode : `${entry.mode} until ${entry.until.raw}`];
    case 'UnknownEntry':
      return ['unknown', entry.verdict];
    case 'MessageEntry':
      return ['message', entry.text.raw];
    case 'BecauseEntry':
      return ['because', entry.reason.raw];
    case 'UntilEntry':
      return ['until', entry.date.raw];
    case 'UsingEntry':
      return ['using', entry.algorithm];
    case 'StoreEntry':
      return ['store', flatStore(entry)];
    case 'PenaltyEntry':
      return ['then', flatPenalty(entry.penalty)];
    case 'BaselineEntry':
      return ['baseline', `ewma ${entry.window.raw}`];
    case 'TripEntry':
      return ['trip', `above ${entry.times.raw} times baseline floor ${flatRate(entry.floor)}`];
    case 'ReleaseEntry':
      return ['release', `below ${entry.times.raw} times baseline for ${entry.duration.raw}`];
    default:
      return flatPolicyEntry(entry, columns);
  }
}

type FlatPolicyEntry = Exclude<PolicyEntry, { kind: 'ModeEntry' | 'RedactEntry' | 'ProfileEntry' }>;

function flatPolicyEntry(entry: FlatPolicyEntry, columns: EntryColumns): [word: string, text: string] {
  switch (entry.kind) {
    case 'DefaultEntry':
      return [
        'default',
        entry.outcome === undefined ? entry.verdict : `${entry.verdict} -> ${flatOutcome(entry.outcome)}`,
      ];
    case 'BudgetEntry':
      return ['budget', entry.parts.map((part) => `${part.scope} ${part.duration.raw}`).join(', ')];
    case 'EventEntry': {
      const direction = entry.direction === undefined ? '' : ` ${entry.direction.padEnd(columns.direction)}`;
      return ['on', `${entry.event}${direction} -> ${flatOutcome(entry.outcome)}`];
    }
    case 'BodyEntry': {
      const sizes = `hold ${entry.hold.raw}, window ${entry.window.raw}, max ${entry.max.raw}`;
      return ['body', `${sizes} -> ${flatOutcome(entry.outcome)}`];
    }
    case 'ResponseEntry': {
      const over = entry.over === 'scan' ? 'scan' : flatOutcome(entry.over);
      return ['response', `hold ${entry.hold.raw}, over -> ${over}`];
    }
    case 'PointsEntry':
      return ['score', entry.points.map((one) => `${one.severity} = ${one.value.raw}`).join(', ')];
    case 'ThresholdEntry': {
      const routes =
        entry.on === undefined ? '' : ` on ${entry.on.routes.map((route) => route.name).join(', ')}`;
      const subject = entry.subject.name.padEnd(columns.subject);
      const label = entry.label === undefined ? '' : ` id ${entry.label.id.raw} ${entry.label.title.raw}`;
      const outcome = flatOutcome(entry.outcome);
      return ['threshold', `${subject} >= ${entry.atLeast.raw}${routes} -> ${outcome}${label}`];
    }
    case 'ParanoiaEntry':
      return [
        'paranoia',
        entry.observe === undefined ? entry.level.raw : `${entry.level.raw}, observe ${entry.observe.raw}`,
      ];
    case 'NeverBanEntry':
      return ['never ban', entry.lists.map((list) => list.name).join(', ')];
    default:
      return unreachable(entry, 'policy entry');
  }
}

function layoutItems(items: readonly string[], column: number): string[] {
  const lines = fillLines(items, column);
  return [lines[0].trimStart(), ...lines.slice(1)];
}

function flatRate(rate: Rate): string {
  return `${rate.count.raw} per ${rate.per.raw}`;
}

function flatPenalty(penalty: Penalty): string {
  return `block ${penalty.status.raw}${penalty.duration === undefined ? '' : ` for ${penalty.duration.raw}`}`;
}

function flatStore(entry: StoreEntry): string {
  const leased = entry.leased ? ' leased' : '';
  return `${entry.store}${leased}${entry.down === undefined ? '' : `, down -> ${entry.down}`}`;
}

function flatStage(stage: FloodStage): string {
  return `${flatMeasure(stage.measure)}${stage.after === undefined ? '' : ` after ${stage.after.raw}`}`;
}

function flatMeasure(measure: FloodStage['measure']): string {
  switch (measure.kind) {
    case 'FloodLimit':
      return `limit to ${flatRate(measure.rate)}`;
    case 'FloodBan':
      return `ban for ${measure.duration.raw}`;
    case 'Penalty':
      return flatPenalty(measure);
    default:
      return unreachable(measure, 'measure of a flood');
  }
}

function flatOutcome(outcome: Outcome): string {
  return outcome.kind === 'Pass' ? 'pass' : flatAction(outcome);
}

function flatAction(action: Action): string {
  switch (action.kind) {
    case 'Block':
      return `block ${action.status.raw}${action.retry === undefined ? '' : ` retry ${action.retry.raw}`}`;
    case 'AllowAction':
      return 'allow';
    case 'RedirectAction':
      return `redirect ${action.status.raw} ${action.to === 'https' ? 'to https' : action.to.raw}`;
    case 'ScoreAction': {
      const points = action.points === undefined ? '' : ` ${action.points.raw}`;
      return `score${points}${action.category === undefined ? '' : ` to ${action.category.name}`}`;
    }
    case 'LimitAction':
      return `limit ${action.limiter.name}`;
    case 'BanAction':
      return `ban ${flatPipe(action.key)} for ${action.duration.raw}`;
    case 'MaskAction':
      return action.keep === undefined ? 'mask' : `mask keep ${action.keep.raw}`;
    case 'LogAction':
      return action.alert ? 'log alert' : 'log';
    case 'TagAction':
      return `tag ${action.tag.raw}`;
    case 'DelayAction':
      return `fault delay ${action.duration.raw}`;
    case 'AbortAction':
      return `fault abort ${action.status.raw}`;
    default:
      return unreachable(action, 'action');
  }
}

export function flatSelector(selector: RuleSelector): string {
  switch (selector.kind) {
    case 'NameSelector':
      return selector.prefix ? `${selector.name.text}.*` : selector.name.text;
    case 'TagSelector':
      return `tag ${selector.tag.raw}`;
    case 'IdSelector':
      return `id ${selector.first.raw}${selector.last === undefined ? '' : `..${selector.last.raw}`}`;
    default:
      return unreachable(selector, 'selector');
  }
}

// -- requests

/** A request and what follows it, from `column` on, filled; further lines begin at `column`. */
export function layoutRequest(request: Request, column: number, tail: readonly string[] = []): string[] {
  const lines = [`${request.method.name} ${request.target.raw}`];
  let room = column;
  const add = (text: string, broken: () => string[]): void => {
    const last = lines.length - 1;
    if (room + lines[last].length + 1 + text.length <= FORMATTED_LINE_COLUMNS_MAX) lines[last] += ` ${text}`;
    else {
      lines.push(...prefixed(indentation(column), broken()));
      // Every line but the first carries its indentation.
      room = 0;
    }
  };
  for (const option of request.options) add(flatOption(option), () => layoutOption(option, column));
  for (const text of tail) add(text, () => [text]);
  return lines;
}

/** The `expect` of a scenario step, kept together. */
export function flatExpectation(step: SendStep): string {
  const status = step.expected.status === undefined ? '' : ` ${step.expected.status.raw}`;
  return `expect ${step.expected.verdict}${status}${step.by === undefined ? '' : ` by ${step.by.text}`}`;
}

function layoutOption(option: RequestOption, column: number): string[] {
  const json = (word: string, value: Json): string[] =>
    prefixed(word, layoutJson(value, column + word.length, column));
  if (option.kind === 'JsonOption') return json('json ', option.value);
  if (option.kind === 'FormOption') return json('form ', option.value);
  if (option.kind === 'ClaimsOption') return json('claims ', option.value);
  return [flatOption(option)];
}

function flatOption(option: RequestOption): string {
  switch (option.kind) {
    case 'FromOption':
      return `from ${option.address.raw}`;
    case 'BodyOption':
      return `body ${option.content.raw}`;
    case 'CertOption':
      return `cert ${option.identity.raw}`;
    case 'HeaderOption':
      return `header ${option.name.raw} ${option.value.raw}`;
    case 'CookieOption':
      return `cookie ${option.name.raw} ${option.value.raw}`;
    case 'JsonOption':
      return `json ${flatJson(option.value)}`;
    case 'FormOption':
      return `form ${flatJson(option.value)}`;
    case 'ClaimsOption':
      return `claims ${flatJson(option.value)}`;
    case 'PartOption': {
      const file = option.filename === undefined ? '' : ` file ${option.filename.raw}`;
      return `part ${option.name.raw}${file} ${option.content.raw}`;
    }
    case 'OverOption':
      return `over ${option.scheme}`;
    case 'AnsweredOption':
      return flatAnswered(option);
    default:
      return unreachable(option, 'request option');
  }
}

function flatAnswered(option: AnsweredOption): string {
  const parts = option.parts.map(flatOption);
  return `answered ${option.status.raw}${parts.length === 0 ? '' : ` { ${parts.join(' ')} }`}`;
}
