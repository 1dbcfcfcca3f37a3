/** Shapes: what a JSON body may look like. */
import type { Identifier, StringLiteral } from './ast-expression.ts';
import type { Shape, ShapeBody, ShapeField, ShapeRange, ShapeType } from './ast-shape.ts';
import { SHAPE_BASES } from './ast-shape.ts';
import { didYouMean } from './diagnostics/nearest.ts';
import type { Cursor } from './parser-cursor.ts';
import { parseArray, parseInt10, parseRegex, parseString } from './parser-literal.ts';
import type { Token } from './token.ts';

export function parseShape(cursor: Cursor, word: Token, doc: string | undefined): Shape {
  const name = cursor.typeName('the name of the shape');
  const body = parseShapeBody(cursor);
  return { kind: 'Shape', doc, name, body, span: cursor.spanFrom(word.start) };
}

function parseShapeBody(cursor: Cursor): ShapeBody {
  return cursor.nested(() => {
    const open = cursor.expect('{');
    const fields: ShapeField[] = [];
    const seen = new Map<string, ShapeField>();
    // `closed` ends a shape; a field of that name is written as a string.
    while (!cursor.at('}') && !cursor.at('closed')) {
      if (cursor.token.kind === 'end' || cursor.atItemStart()) break;
      const field = parseField(cursor);
      fields.push(field);
      reportDuplicateField(cursor, seen, field);
      cursor.accept(',');
    }
    const closed = cursor.accept('closed');
    cursor.expectClose('}', open, closed ? '`}` after `closed`' : '`}`');
    return { kind: 'ShapeBody', fields, closed, span: cursor.spanFrom(open.start) };
  });
}

function reportDuplicateField(cursor: Cursor, seen: Map<string, ShapeField>, field: ShapeField): void {
  const key = field.name.kind === 'Identifier' ? field.name.name : field.name.value;
  const first = seen.get(key);
  if (first === undefined) seen.set(key, field);
  else {
    const labels = [{ span: first.name.span, message: 'first here' }];
    cursor.report('E301', field.name.span, 'the field stands twice in the shape', { labels });
  }
}

function parseField(cursor: Cursor): ShapeField {
  const name = parseFieldName(cursor);
  const optional = cursor.accept('?');
  cursor.expect(':');
  const type = parseShapeType(cursor);
  const nullable = cursor.accept('or');
  if (nullable) cursor.expect('null');
  return { kind: 'ShapeField', name, optional, type, nullable, span: cursor.spanFrom(name.span.start) };
}

function parseFieldName(cursor: Cursor): Identifier | StringLiteral {
  if (cursor.token.kind === 'string') return parseString(cursor, 'a field');
  if (cursor.at('matching')) {
    const help = 'a field called `matching` or `closed` is written as a string';
    cursor.unexpected('the name of a field, `closed` or `}`', help);
  }
  return cursor.identifier('the name of a field, `closed` or `}`');
}

function parseShapeType(cursor: Cursor): ShapeType {
  const { start } = cursor.token;
  if (cursor.at('{')) return parseShapeBody(cursor);
  if (cursor.token.kind === 'type') {
    const name = cursor.typeName('a shape');
    return { kind: 'ShapeReference', name, span: name.span };
  }
  if (cursor.accept('list')) {
    const range = acceptRange(cursor);
    cursor.expect('of');
    const element = cursor.nested(() => parseShapeType(cursor));
    return { kind: 'ShapeList', range, element, span: cursor.spanFrom(start) };
  }
  if (cursor.accept('map')) {
    cursor.expect('of');
    const element = cursor.nested(() => parseShapeType(cursor));
    return { kind: 'ShapeMap', element, span: cursor.spanFrom(start) };
  }
  if (cursor.accept('one')) {
    cursor.expect('of');
    const values = parseArray(cursor);
    return { kind: 'ShapeOneOf', values, span: cursor.spanFrom(start) };
  }
  return parseBase(cursor);
}

function parseBase(cursor: Cursor): ShapeType {
  const { start, text, kind } = cursor.token;
  for (const base of SHAPE_BASES) {
    if (!cursor.accept(base)) continue;
    const range = acceptRange(cursor);
    const matching = cursor.accept('matching') ? parseRegex(cursor, 'a regex') : undefined;
    return { kind: 'ShapeBase', base, range, matching, span: cursor.spanFrom(start) };
  }
  const words = [...SHAPE_BASES, 'list', 'map', 'one'];
  const help = kind === 'ident' ? didYouMean(text, words) : undefined;
  return cursor.unexpected('the type of the field', help ?? `it is a shape or one of ${words.join(', ')}`);
}

function acceptRange(cursor: Cursor): ShapeRange | undefined {
  const open = cursor.token;
  if (!cursor.accept('(')) return undefined;
  const min = cursor.token.kind === 'int' ? parseInt10(cursor, 'a number') : undefined;
  cursor.expect('..', 'a range is `(1..50)`, `(1..)` or `(..50)`');
  const max = cursor.token.kind === 'int' ? parseInt10(cursor, 'a number') : undefined;
  cursor.expectClose(')', open);
  return { kind: 'ShapeRange', min, max, span: cursor.spanFrom(open.start) };
}
