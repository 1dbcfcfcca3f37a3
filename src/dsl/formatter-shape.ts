/** Layout of shapes: the outer body has a field to a line, an inner one stays on its line if it fits. */
import { FORMATTED_LINE_COLUMNS_MAX } from '../core/limits.ts';
import type { Shape, ShapeBody, ShapeField, ShapeRange, ShapeType } from './ast-shape.ts';
import { flatArray, flatRegex, indentation, suffixed } from './formatter-expression.ts';
import type { Printer } from './formatter-printer.ts';

export function printShape(printer: Printer, shape: Shape): void {
  printer.block(shape, 0, `shape ${shape.name.name} {`, {
    nodes: shape.body.fields,
    print: () => printFields(printer, shape.body),
  });
}

function printFields(printer: Printer, body: ShapeBody): void {
  const width = labelWidth(body);
  for (const field of body.fields) {
    const label = `${labelOf(field).padEnd(width)} : `;
    printer.leaf(field, 2, layoutField(field, label, 2));
  }
  if (body.closed) printer.leaf(closedNode(body), 2, ['closed']);
}

/** `closed` is a flag of the body, not a node; it stands right before the closing brace. */
function closedNode(body: ShapeBody): { kind: 'Closed'; span: ShapeBody['span'] } {
  const { source, start, end } = body.span;
  const at = Math.max(start, source.text.lastIndexOf('closed', end));
  return { kind: 'Closed', span: { source, start: at, end: at + 'closed'.length } };
}

function labelOf(field: ShapeField): string {
  const name = field.name.kind === 'Identifier' ? field.name.name : field.name.raw;
  return field.optional ? `${name}?` : name;
}

function labelWidth(body: ShapeBody): number {
  let width = 0;
  for (const field of body.fields) width = Math.max(width, labelOf(field).length);
  return width;
}

/** A field whose label begins at `column`; an inner body that does not fit is broken like the outer one. */
function layoutField(field: ShapeField, label: string, column: number): string[] {
  const flat = label + flatType(field);
  if (column + flat.length <= FORMATTED_LINE_COLUMNS_MAX) return [flat];
  const [head, body] = splitAtBody(field.type);
  if (body === undefined) return [flat];
  const inner = column + 2;
  const width = labelWidth(body);
  const lines = [`${label}${head}{`];
  for (const one of body.fields) {
    const [first, ...rest] = layoutField(one, `${labelOf(one).padEnd(width)} : `, inner);
    lines.push(indentation(inner) + first, ...rest);
  }
  if (body.closed) lines.push(`${indentation(inner)}closed`);
  lines.push(`${indentation(column)}}`);
  return field.nullable ? suffixed(lines, ' or null') : lines;
}

function flatType(field: ShapeField): string {
  return flatShapeType(field.type) + (field.nullable ? ' or null' : '');
}

/** `list(1..5) of ` and the body it leads to, if it leads to one. */
function splitAtBody(type: ShapeType): [head: string, body: ShapeBody | undefined] {
  let head = '';
  let at = type;
  while (at.kind === 'ShapeList' || at.kind === 'ShapeMap') {
    head += containerHead(at);
    at = at.element;
  }
  return [head, at.kind === 'ShapeBody' ? at : undefined];
}

function containerHead(type: Extract<ShapeType, { kind: 'ShapeList' | 'ShapeMap' }>): string {
  return type.kind === 'ShapeMap' ? 'map of ' : `list${flatRange(type.range)} of `;
}

function flatShapeType(type: ShapeType): string {
  switch (type.kind) {
    case 'ShapeList':
    case 'ShapeMap':
      return containerHead(type) + flatShapeType(type.element);
    case 'ShapeOneOf':
      return `one of ${flatArray(type.values)}`;
    case 'ShapeReference':
      return type.name.name;
    case 'ShapeBase': {
      const matching = type.matching === undefined ? '' : ` matching ${flatRegex(type.matching)}`;
      return type.base + flatRange(type.range) + matching;
    }
    case 'ShapeBody': {
      const fields = type.fields.map((field) => `${labelOf(field)}: ${flatType(field)}`).join(', ');
      const parts = [fields, type.closed ? 'closed' : ''].filter((part) => part !== '');
      return parts.length === 0 ? '{}' : `{ ${parts.join(' ')} }`;
    }
  }
}

function flatRange(range: ShapeRange | undefined): string {
  return range === undefined ? '' : `(${range.min?.raw ?? ''}..${range.max?.raw ?? ''})`;
}
