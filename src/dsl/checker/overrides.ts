/** Overrides: the narrowest that speaks of a rule wins, two that are equally narrow tie (E308). */
import type { Exclude, ExcludeEntry, ModeName, Override, OverrideEntry, SeverityName } from '../ast-rule.ts';
import type { PolicySettings } from '../checked.ts';
import { entryOf } from '../walk.ts';
import type { Context } from './context.ts';
import { checkUntil } from './dates.ts';
import type { RuleDraft } from './rules.ts';
import { narrowness, selectRules } from './selectors.ts';

interface Setting<Value> {
  readonly value: Value;
  readonly rank: number;
  readonly override: Override;
}

interface Change {
  mode: Setting<ModeName> | undefined;
  severity: Setting<SeverityName> | undefined;
}

/** The rules after all overrides and the paranoia levels of the policy. */
export function applyOverrides(
  context: Context,
  drafts: readonly RuleDraft[],
  settings: PolicySettings,
): RuleDraft[] {
  const changes = new Map<RuleDraft, Change>();
  for (const override of context.names.overrides) {
    checkEntries(context, override);
    const rank = narrowness(override.selector);
    const mode = entryOf<OverrideEntry, 'ModeEntry'>(override.entries, 'ModeEntry');
    const severity = entryOf<OverrideEntry, 'SeverityEntry'>(override.entries, 'SeverityEntry');
    for (const draft of selectRules(context, override.selector, drafts)) {
      const change = changes.get(draft) ?? { mode: undefined, severity: undefined };
      changes.set(draft, change);
      if (mode !== undefined) {
        change.mode = narrower(context, change.mode, { value: mode.mode, rank, override });
      }
      if (severity !== undefined) {
        change.severity = narrower(context, change.severity, { value: severity.severity, rank, override });
      }
    }
  }
  return drafts.map((draft) => changed(draft, changes.get(draft), settings));
}

function checkEntries(context: Context, override: Override): void {
  checkReason(context, override, 'override');
  const until = entryOf(override.entries, 'UntilEntry');
  if (until !== undefined) checkUntil(context, until.date, 'this override');
  if (!override.entries.some((entry) => entry.kind === 'ModeEntry' || entry.kind === 'SeverityEntry')) {
    context.report('E310', override.selector.span, 'the override changes nothing', {
      help: 'add `mode` or `severity`',
    });
  }
}

/** E305: whoever loosens a policy says why. */
export function checkReason(context: Context, item: Exclude | Override, what: string): string {
  const entries: readonly (ExcludeEntry | OverrideEntry)[] = item.entries;
  const because = entries.find((entry) => entry.kind === 'BecauseEntry');
  if (because !== undefined && because.reason.value.trim() !== '') return because.reason.value;
  const { source, start } = item.span;
  const span = because?.span ?? { source, start, end: start + what.length };
  context.report('E305', span, `this ${what} does not say why`, { help: 'add `because "…"`' });
  return '';
}

function narrower<Value>(
  context: Context,
  before: Setting<Value> | undefined,
  next: Setting<Value>,
): Setting<Value> {
  if (before === undefined || next.rank > before.rank) return next;
  if (next.rank === before.rank) {
    context.report('E308', next.override.selector.span, 'another override of equal reach sets the same', {
      labels: [{ span: before.override.selector.span, message: 'this one' }],
      help: 'name the rule in one of them: the narrower override wins',
    });
  }
  return before;
}

function changed(draft: RuleDraft, change: Change | undefined, settings: PolicySettings): RuleDraft {
  const severity = change?.severity?.value ?? draft.checked.severity;
  const wanted = change?.mode?.value ?? draft.checked.mode;
  const mode = atParanoia(wanted, draft.checked.level, settings);
  return { ...draft, checked: { ...draft.checked, severity, mode } };
}

/** Levels up to `paranoia` enforce, those up to `observe` run as trials, others are off (LANGUAGE, 5.6). */
function atParanoia(mode: ModeName, level: number, settings: PolicySettings): ModeName {
  if (level <= settings.paranoia || mode === 'off') return mode;
  return level <= settings.paranoiaObserve ? 'monitor' : 'off';
}
