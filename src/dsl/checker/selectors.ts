/** Which rules an exclusion or override speaks of. */
import type { RuleSelector } from '../ast-rule.ts';
import type { Context } from './context.ts';
import type { RuleDraft } from './rules.ts';

/** Rules of a selector that may be changed; E303 (a name) or W303 (a tag or id) if there is none. */
export function selectRules(
  context: Context,
  selector: RuleSelector,
  drafts: readonly RuleDraft[],
): readonly RuleDraft[] {
  const selected = drafts.filter((draft) => selects(selector, draft));
  const free = selected.filter((draft) => !draft.checked.sealed && !draft.gate);
  if (free.length > 0) return free;
  const [fixed] = selected;
  if (fixed === undefined) {
    const cure =
      selector.kind === 'NameSelector'
        ? context.cureFor(
            selector.name.text,
            drafts.map((draft) => draft.checked.name),
          )
        : {};
    // Tags and ids come with rule sets that a policy may load or not; names are the author's own.
    const code = selector.kind === 'NameSelector' ? 'E303' : 'W303';
    context.report(code, selector.span, 'no rule is selected', cure);
  } else {
    const why = fixed.gate ? 'a gate: it limits' : 'sealed';
    context.report('E303', selector.span, 'this rule cannot be excluded or overridden', {
      labels: [{ span: fixed.node.name.span, message: why }],
    });
  }
  return [];
}

function selects(selector: RuleSelector, draft: RuleDraft): boolean {
  const { name, tags, id } = draft.checked;
  switch (selector.kind) {
    case 'NameSelector':
      return selector.prefix ? name.startsWith(`${selector.name.text}.`) : name === selector.name.text;
    case 'TagSelector':
      return tags.includes(selector.tag.value);
    case 'IdSelector':
      return (
        id !== undefined && id >= selector.first.value && id <= (selector.last?.value ?? selector.first.value)
      );
  }
}

const TAG_REACH = 0;
const PREFIX_REACH = 1;
const NAME_REACH = 1_000_000;

/**
 * How narrow a selector is; the narrower override wins: name or id, then prefix (the longer the narrower) or range (the
 * shorter the narrower), then tag.
 */
export function narrowness(selector: RuleSelector): number {
  switch (selector.kind) {
    case 'NameSelector':
      return selector.prefix ? PREFIX_REACH + selector.name.text.split('.').length : NAME_REACH;
    case 'TagSelector':
      return TAG_REACH;
    case 'IdSelector': {
      const width = (selector.last?.value ?? selector.first.value) - selector.first.value;
      return width === 0 ? NAME_REACH : PREFIX_REACH + 1 / (1 + width);
    }
  }
}
