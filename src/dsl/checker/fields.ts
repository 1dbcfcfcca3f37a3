/** From a dotted operand to a field: the longest field name that fits, then its key or path. */
import { FIELDS, FIELD_BY_NAME } from '../../http/schema.ts';
import type { FieldSchema } from '../../http/schema.ts';
import { TRANSFORMATIONS } from '../../http/transform/registry.ts';
import type { Index, Operand, OperandSelector } from '../ast-expression.ts';
import type { Key, Pick, Scalar } from '../checked-condition.ts';
import { didYouMean } from '../diagnostics/nearest.ts';
import type { Context, Use } from './context.ts';
import { checkRegex } from './patterns.ts';
import type { Typed } from './types.ts';

/** Separators that RFC 9110 §5.3 and RFC 6265 §4.2 join lines of one name with. */
const LINES_JOINED_BY: ReadonlyMap<string, string> = new Map([
  ['request.headers', ', '],
  ['response.headers', ', '],
  ['request.cookies', '; '],
  ['route.params', ''],
]);

const LOWER_CASE_NAMES: ReadonlySet<string> = new Set(['request.headers', 'response.headers']);

/** What an operand that begins with the root of a field is. */
export function fieldOperand(context: Context, operand: Operand, use: Use): Typed {
  const { field, taken } = longestField(operand);
  if (field === undefined) return unknownField(context, operand);
  if (field.later) context.later(operand.span, `\`${field.name}\``);
  if (field.needs !== undefined) context.need(field.needs, field.name, operand.span);
  const rest = operand.selectors.slice(taken);
  switch (field.form) {
    case 'scalar':
    case 'list':
    case 'records':
      return rest.length === 0 ? plainField(operand, field) : noSuchPart(context, field, rest[0]);
    case 'map':
      return mapField(context, operand, field, rest, use);
    case 'json':
      return jsonField(context, operand, field, rest);
  }
}

function longestField(operand: Operand): { field: FieldSchema | undefined; taken: number } {
  let name = operand.root.name;
  let field = FIELD_BY_NAME.get(name);
  let taken = 0;
  for (const [index, selector] of operand.selectors.entries()) {
    if (selector.kind !== 'Member') break;
    name += `.${selector.name.name}`;
    const longer = FIELD_BY_NAME.get(name);
    if (longer !== undefined) {
      field = longer;
      taken = index + 1;
    }
  }
  return { field, taken };
}

function unknownField(context: Context, operand: Operand): Typed {
  const members = operand.selectors.filter((selector) => selector.kind === 'Member');
  const name = [operand.root.name, ...members.map((member) => member.name.name)].join('.');
  const help = didYouMean(
    name,
    FIELDS.map((field) => field.name),
  );
  return context.broken('E201', operand.span, `there is no field \`${name}\``, {
    ...(help === undefined ? {} : { help }),
  });
}

function noSuchPart(context: Context, field: FieldSchema, selector: OperandSelector): Typed {
  const from = selector.kind === 'Member' ? selector.name.span : selector.span;
  const wanted =
    selector.kind === 'Member' ? `no part \`${selector.name.name}\`` : 'no elements to choose from';
  const help = selector.kind === 'Member' ? partHelp(field, selector.name.name) : undefined;
  return context.broken('E201', from, `\`${field.name}\` has ${wanted}`, {
    note: field.form === 'scalar' ? field.type : showSelection(field),
    ...(help === undefined ? {} : { help }),
  });
}

function partHelp(field: FieldSchema, part: string): string | undefined {
  if (TRANSFORMATIONS.has(part)) return `write \`${field.name} |> ${part}\``;
  return didYouMean(
    `${field.name}.${part}`,
    FIELDS.map((other) => other.name),
  );
}

function showSelection(field: FieldSchema): string {
  if (field.form === 'records') return 'List of files';
  return field.form === 'map' ? `Map<${field.type}>` : `List<${field.type}>`;
}

function plainField(operand: Operand, field: FieldSchema): Typed {
  const { span } = operand;
  if (field.form === 'scalar') {
    const scalar: Scalar = { kind: 'field', field, type: field.type, span };
    return { form: 'scalar', scalar, optional: field.optional, span };
  }
  return wholeField(operand, field);
}

function selectionOf(operand: Operand, field: FieldSchema, parts: Partial<Pick>, show: string): Typed {
  const { span } = operand;
  const pick: Pick = {
    field,
    scalar: undefined,
    key: undefined,
    except: [],
    jsonPath: [],
    span,
    ...parts,
  };
  const selection = { picks: [pick], steps: [], type: field.type, span };
  return { form: 'selection', selection, records: field.form === 'records', show, span };
}

function wholeField(operand: Operand, field: FieldSchema): Typed {
  return selectionOf(operand, field, {}, showSelection(field));
}

function mapField(
  context: Context,
  operand: Operand,
  field: FieldSchema,
  rest: readonly OperandSelector[],
  use: Use,
): Typed {
  if (rest.length === 0) return wholeField(operand, field);
  const [first, second] = rest;
  if (first.kind === 'Member') return noSuchPart(context, field, first);
  if (second !== undefined) {
    return context.broken('E201', second.span, `a value of \`${field.name}\` has no parts`, {
      note: field.type,
    });
  }
  const key = mapKey(context, field, first);
  if (key === undefined) return { form: 'broken', span: operand.span };
  const separator = LINES_JOINED_BY.get(field.name);
  if (key.kind === 'name' && separator !== undefined && (use === 'value' || field.name === 'route.params')) {
    const { span } = operand;
    const scalar: Scalar = { kind: 'lines', field, key: key.name, separator, type: field.type, span };
    return { form: 'scalar', scalar, optional: true, span };
  }
  return selectionOf(operand, field, { key }, `List<${field.type}>`);
}

function mapKey(context: Context, field: FieldSchema, index: Index): Key | undefined {
  const { key } = index;
  if (key.kind === 'StringLiteral') return { kind: 'name', name: nameIn(field, key.value) };
  if (key.kind === 'RegexLiteral') {
    const checked = checkRegex(context, key);
    return checked === undefined ? undefined : { kind: 'pattern', pattern: checked.use };
  }
  context.report('E201', index.span, `\`${field.name}\` is chosen from by name`, {
    help: 'write a name in quotes or a pattern between slashes',
  });
  return undefined;
}

/** Names of header fields compare without case (RFC 9110 §5.1), which is done here once. */
export function nameIn(field: FieldSchema | undefined, name: string): string {
  return field !== undefined && LOWER_CASE_NAMES.has(field.name) ? name.toLowerCase() : name;
}

function jsonField(
  context: Context,
  operand: Operand,
  field: FieldSchema,
  rest: readonly OperandSelector[],
): Typed {
  const path: (string | number | { readonly every: true })[] = [];
  for (const selector of rest) {
    const step = jsonStep(context, selector);
    if (step === undefined) return { form: 'broken', span: operand.span };
    path.push(step);
  }
  const { span } = operand;
  if (path.some((step) => typeof step === 'object')) {
    return selectionOf(operand, field, { jsonPath: path }, 'List<Json>');
  }
  const fixed = path.filter((step) => typeof step !== 'object');
  const scalar: Scalar = { kind: 'json', field, path: fixed, type: 'Json', span };
  return { form: 'scalar', scalar, optional: true, span };
}

function jsonStep(
  context: Context,
  selector: OperandSelector,
): string | number | { readonly every: true } | undefined {
  if (selector.kind === 'Member') return selector.name.name;
  const { key } = selector;
  switch (key.kind) {
    case 'StringLiteral':
      return key.value;
    case 'Wildcard':
      return { every: true };
    case 'IntLiteral':
      if (key.value >= 0) return key.value;
      context.report('E209', key.span, 'an index counts from 0');
      return undefined;
    case 'RegexLiteral':
      context.report('E201', key.span, 'a JSON path has no patterns', {
        help: 'choose every element with `[*]`, or look at `args.json[/…/]`',
      });
      return undefined;
  }
}
