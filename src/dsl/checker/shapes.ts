/** Shapes: references put in place, ranges and patterns checked, recursion refused. */
import type { Identifier } from '../ast-expression.ts';
import type {
  Shape,
  ShapeBase,
  ShapeBody,
  ShapeField as ShapeFieldNode,
  ShapeRange,
  ShapeType,
} from '../ast-shape.ts';
import type { CheckedShape, ShapeField } from '../checked-condition.ts';
import { didYouMean } from '../diagnostics/nearest.ts';
import type { Span } from '../source.ts';
import type { Context } from './context.ts';
import { checkRegex } from './patterns.ts';

export class Shapes {
  readonly #context: Context;
  readonly #done = new Map<string, CheckedShape | undefined>();
  readonly #open: Shape[] = [];

  constructor(context: Context) {
    this.#context = context;
  }

  checkAll(): void {
    for (const shape of this.#context.names.all('Shape')) this.#declared(shape);
  }

  /** The shape of that name, or undefined after a diagnostic. */
  find(name: Identifier): CheckedShape | undefined {
    const shape = this.#context.names.find(name.name, 'Shape');
    if (shape === undefined) {
      const help = didYouMean(name.name, this.#context.names.namesOf('Shape'));
      this.#context.report('E210', name.span, `there is no shape \`${name.name}\``, {
        ...(help === undefined ? {} : { help }),
      });
      return undefined;
    }
    if (this.#open.includes(shape)) {
      this.#context.report('E212', name.span, `the shape \`${name.name}\` contains itself`, {
        labels: [{ span: shape.name.span, message: 'declared here' }],
        help: 'use the base type `json` where the nesting may go on',
      });
      return undefined;
    }
    return this.#declared(shape);
  }

  #declared(shape: Shape): CheckedShape | undefined {
    const { name } = shape.name;
    if (this.#done.has(name)) return this.#done.get(name);
    this.#open.push(shape);
    const checked = this.#body(shape.body, false);
    this.#open.pop();
    this.#done.set(name, checked);
    return checked;
  }

  #body(body: ShapeBody, nullable: boolean): CheckedShape | undefined {
    const fields: ShapeField[] = [];
    const seen = new Map<string, Span>();
    let broken = false;
    for (const field of body.fields) {
      const name = fieldName(field);
      const first = seen.get(name);
      if (first !== undefined) {
        this.#context.report('E301', field.name.span, `the field \`${name}\` stands twice`, {
          labels: [{ span: first, message: 'first here' }],
        });
      } else seen.set(name, field.name.span);
      const shape = this.#type(field.type, field.nullable);
      if (shape === undefined) broken = true;
      else fields.push({ name, optional: field.optional, shape });
    }
    return broken ? undefined : { kind: 'object', fields, closed: body.closed, nullable };
  }

  #type(type: ShapeType, nullable: boolean): CheckedShape | undefined {
    switch (type.kind) {
      case 'ShapeBody':
        return this.#body(type, nullable);
      case 'ShapeList': {
        const { low, high } = this.#range(type.range, 0);
        const of = this.#type(type.element, false);
        return of === undefined ? undefined : { kind: 'list', low, high, of, nullable };
      }
      case 'ShapeMap': {
        const of = this.#type(type.element, false);
        return of === undefined ? undefined : { kind: 'map', of, nullable };
      }
      case 'ShapeOneOf':
        return { kind: 'one', values: this.#values(type), nullable };
      case 'ShapeReference': {
        const shape = this.find(type.name);
        return shape === undefined || !nullable ? shape : { ...shape, nullable };
      }
      case 'ShapeBase':
        return this.#base(type, nullable);
    }
  }

  #values(type: Extract<ShapeType, { kind: 'ShapeOneOf' }>): (string | number | boolean)[] {
    const values: (string | number | boolean)[] = [];
    const seen = new Set<string>();
    for (const element of type.values.elements) {
      if (
        element.kind !== 'StringLiteral' &&
        element.kind !== 'IntLiteral' &&
        element.kind !== 'FloatLiteral' &&
        element.kind !== 'BoolLiteral'
      ) {
        this.#context.report('E209', element.span, 'JSON has no such value', {
          help: 'write texts, numbers, `true` or `false`',
        });
        continue;
      }
      const key = `${typeof element.value} ${String(element.value)}`;
      if (seen.has(key)) this.#context.report('E301', element.span, 'this value stands twice');
      seen.add(key);
      values.push(element.value);
    }
    if (values.length === 0) this.#context.report('E302', type.span, 'nothing is one of no values');
    return values;
  }

  #base(type: ShapeBase, nullable: boolean): CheckedShape | undefined {
    const { base } = type;
    const sized = base === 'string' || base === 'int' || base === 'number';
    if (type.range !== undefined && !sized) {
      this.#context.report('E201', type.range.span, `\`${base}\` has no range`, {
        help: 'a range bounds the characters of a `string`, or an `int` or `number`',
      });
    }
    if (type.matching !== undefined && base !== 'string') {
      this.#context.report(
        'E201',
        type.matching.span,
        `\`matching\` looks at a \`string\`, not at \`${base}\``,
      );
    }
    const pattern =
      type.matching === undefined ? undefined : checkRegex(this.#context, type.matching, undefined, true);
    if (type.matching !== undefined && pattern === undefined) return undefined;
    const { low, high } = this.#range(type.range, base === 'string' ? 0 : -Infinity);
    return { kind: 'base', base, low, high, matching: pattern?.use, nullable };
  }

  #range(range: ShapeRange | undefined, least: number): { low: number; high: number } {
    const low = range?.min?.value ?? least;
    const high = range?.max?.value ?? Infinity;
    if (range !== undefined && (low > high || high < least)) {
      this.#context.report('E302', range.span, 'nothing lies in this range');
    }
    return { low, high };
  }
}

function fieldName(field: ShapeFieldNode): string {
  return field.name.kind === 'Identifier' ? field.name.name : field.name.value;
}
