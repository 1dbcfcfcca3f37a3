/** `msg` and `logdata`: the title of a rule and its message, with Ward's fields in place of macros. */
import type { Expr } from '../dsl/ast-expression.ts';
import { valueOf } from './actions.ts';
import type { Chain } from './chain.ts';
import { partsOf } from './macros.ts';
import { categoryOf, isSum } from './scores.ts';
import type { Settings } from './settings.ts';

export function titleOf(chain: Chain): string {
  const title = valueOf(chain.actions, 'msg') ?? `Rule ${chain.id ?? `of line ${chain.place.line}`}`;
  return partsOf(title)
    .map((part) => (part.kind === 'text' ? part.text : '…'))
    .join('')
    .replace(/…/g, '\xe2\x80\xa6');
}

/** `msg` of a rule that compares or reports sums: they are shown, and so are settings. */
export function thresholdTitleOf(chain: Chain, settings: Settings): string {
  return partsOf(valueOf(chain.actions, 'msg') ?? `Rule ${chain.id ?? ''}`)
    .map((part) => {
      if (part.kind === 'text') return part.text.replace(/[{}]/g, '$&$&');
      const constant = part.collection === 'TX' ? settings.valueOf(part.name) : undefined;
      const category = categoryOf(part.name);
      if (category !== undefined) return `{score.${category}}`;
      if (!isSum(part.name) || /_pl\d$/.test(part.name)) return constant ?? '\xe2\x80\xa6';
      if (/inbound/.test(part.name)) return '{score.request}';
      return /outbound/.test(part.name) ? '{score.response}' : '{score.exchange}';
    })
    .join('');
}

/** Undefined without `logdata`, or where the rule has no value to speak of. */
export function messageOf(chain: Chain, condition: Expr): string | undefined {
  const logdata = valueOf(
    chain.links.flatMap((link) => link.actions),
    'logdata',
  );
  if (logdata === undefined || !hasWitness(condition)) return undefined;
  // Of several captures the last one tells, and what it was taken from.
  const isNested = chain.links.filter((link) => link.capture).length > 1;
  return partsOf(logdata)
    .map((part) =>
      part.kind === 'text'
        ? part.text.replace(/[{}]/g, '$&$&')
        : placeholder(part.collection, part.name, isNested),
    )
    .join('');
}

function placeholder(collection: string, name: string, isNested: boolean): string {
  if (collection === 'MATCHED_VAR') return isNested ? '{match.subject}' : '{match.value}';
  if (collection === 'MATCHED_VAR_NAME' || name.endsWith('matched_var_name') || name === 'original_target')
    return '{match.variable}';
  if (collection === 'TX') return '{match.text}';
  if (collection === 'REQUEST_HEADERS' && /^[\w-]+$/.test(name)) return `{request.headers["${name}"]}`;
  return '';
}

/** Whether some value decides: a condition on counts and functions alone has none. */
function hasWitness(condition: Expr): boolean {
  switch (condition.kind) {
    case 'Quantified':
    case 'Binder':
      return condition.quantifier === 'any';
    case 'And':
    case 'Or':
      return condition.operands.some(hasWitness);
    case 'Paren':
      return hasWitness(condition.inner);
    case 'Not':
      return false;
    case 'Test':
      return condition.pipe.head.kind === 'Operand' && condition.pipe.head.args === undefined;
  }
}
