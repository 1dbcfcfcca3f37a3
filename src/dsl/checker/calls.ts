/**
 * Functions of the author: their body is put in place of each call.
 *
 * A body is checked once where it is declared, with parameters of the declared types, and reported on there. A call
 * checks it again with the real arguments, silently: types were compared before, so nothing new can be wrong.
 */
import type { Identifier } from '../ast-expression.ts';
import type { Fn, Param } from '../ast.ts';
import type { Scalar } from '../checked-condition.ts';
import type { Span } from '../source.ts';
import { checkFreeName, collectCaptures } from './captures.ts';
import type { Context } from './context.ts';
import { checkPipe, conditionValue } from './expressions.ts';
import { literalScalar } from './literals.ts';
import type { Scope } from './scope.ts';
import { EMPTY_SCOPE, bind } from './scope.ts';
import { plainPipe, settle } from './steps.ts';
import { resolveType } from './type-refs.ts';
import type { ResolvedType } from './type-refs.ts';
import type { Typed } from './types.ts';
import { showType, showTypeRef } from './types.ts';

/** Function bodies in the course of being put in place, innermost last: finds recursion. */
export class Functions {
  readonly #context: Context;
  readonly #open: Fn[] = [];
  readonly #recursive = new Set<Fn>();
  /** They do not give what they promise, which is reported; their calls are silent. */
  readonly #mistyped = new Set<Fn>();

  constructor(context: Context) {
    this.#context = context;
  }

  /** Checks every declared function once. */
  checkAll(): void {
    for (const fn of this.#context.names.all('Fn')) this.#checkDeclared(fn);
  }

  #checkDeclared(fn: Fn): void {
    let scope: Scope = { ...EMPTY_SCOPE, fields: fn.params.length === 0 };
    for (const param of fn.params) {
      checkFreeName(this.#context, param.name, scope);
      scope = bind(scope, param.name.name, {
        kind: 'parameter',
        value: placeholder(this.#context, param),
        span: param.name.span,
      });
    }
    const declared = resolveType(this.#context, fn.result);
    const value = this.#body(fn, scope);
    if (declared === undefined || value.form === 'broken') return;
    if (!fits(value, declared)) {
      this.#mistyped.add(fn);
      this.#context.report('E201', fn.body.span, `\`${fn.name.name}\` does not give what it promises`, {
        note: showType(value),
        labels: [{ span: fn.result.span, message: `expected ${showTypeRef(fn.result)}` }],
      });
    }
  }

  #body(fn: Fn, scope: Scope): Typed {
    if (this.#open.includes(fn)) {
      this.#recursive.add(fn);
      return { form: 'broken', span: fn.span };
    }
    this.#open.push(fn);
    try {
      const inner: Scope = { ...scope, captures: collectCaptures(fn.body) };
      const pipe = plainPipe(fn.body);
      return pipe === undefined
        ? conditionValue(this.#context, fn.body, inner)
        : settle(this.#context, checkPipe(this.#context, pipe, inner, 'selection'));
    } finally {
      this.#open.pop();
    }
  }

  /** The body of a function with `args` for its parameters; E207, E201 or E212 otherwise. */
  call(name: Identifier, args: readonly Typed[], span: Span): Typed {
    const context = this.#context;
    const fn = context.names.find(name.name, 'Fn');
    const broken = args.some((argument) => argument.form === 'broken');
    if (fn === undefined || broken || this.#mistyped.has(fn)) return { form: 'broken', span };
    if (args.length !== fn.params.length) {
      const many = fn.params.length === 1 ? '1 argument' : `${fn.params.length} arguments`;
      return context.broken('E207', span, `\`${name.name}\` takes ${many}`, {
        labels: [{ span: fn.name.span, message: 'declared here' }],
      });
    }
    if (this.#open.includes(fn) || this.#recursive.has(fn)) {
      this.#recursive.add(fn);
      return context.broken('E212', span, `\`${name.name}\` contains itself`, {
        labels: [{ span: fn.name.span, message: 'declared here' }],
      });
    }
    let scope: Scope = { ...EMPTY_SCOPE, fields: fn.params.length === 0 };
    for (const [index, param] of fn.params.entries()) {
      const value = this.#argument(args[index], param);
      if (value === undefined) return { form: 'broken', span };
      scope = bind(scope, param.name.name, { kind: 'parameter', value, span: param.name.span });
    }
    const result = context.muted(() => this.#body(fn, scope));
    return { ...result, span };
  }

  #argument(argument: Typed, param: Param): Typed | undefined {
    const wanted = this.#context.muted(() => resolveType(this.#context, param.type));
    if (wanted === undefined) return undefined;
    if (argument.form === 'literal') {
      const scalar = literalScalar(this.#context, argument.literal, wanted.type);
      return scalar === undefined
        ? undefined
        : { form: 'scalar', scalar, optional: false, span: argument.span };
    }
    const element = argument.form === 'selection' ? argument.selection.type : undefined;
    if (fits(argument, wanted) || (element === wanted.type && !wanted.many)) return argument;
    this.#context.report('E201', argument.span, `\`${param.name.name}\` is a ${showTypeRef(param.type)}`, {
      note: `${showType(argument)}, expected ${showTypeRef(param.type)}`,
      labels: [{ span: param.span, message: 'declared here' }],
    });
    return undefined;
  }
}

/** Absent values pass through functions as through transformations, so an optional fits its type. */
function fits(value: Typed, wanted: ResolvedType): boolean {
  if (value.form === 'selection') return wanted.many && value.selection.type === wanted.type;
  return value.form === 'scalar' && !wanted.many && value.scalar.type === wanted.type;
}

/** Stands for an argument while the body is checked where it is declared. */
function placeholder(context: Context, param: Param): Typed {
  const { span } = param.name;
  const resolved = resolveType(context, param.type);
  if (resolved === undefined) return { form: 'broken', span };
  const scalar: Scalar = { kind: 'bound', binding: -1, type: resolved.type, span };
  if (!resolved.many) return { form: 'scalar', scalar, optional: resolved.optional, span };
  const pick = { field: undefined, scalar, key: undefined, except: [], jsonPath: [], span };
  const selection = { picks: [pick], steps: [], type: resolved.type, span };
  return { form: 'selection', selection, records: false, show: `List<${resolved.type}>`, span };
}
