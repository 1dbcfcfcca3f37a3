/** The functions that are no transformations: `exists count sum one repeats sample`. */
import type { Argument } from '../ast-expression.ts';
import type { Scalar } from '../checked-condition.ts';
import type { Span } from '../source.ts';
import type { Context } from './context.ts';
import type { FunctionName } from './declarations.ts';
import { FUNCTION_NAMES } from './declarations.ts';
import type { Scope } from './scope.ts';
import type { Typed } from './types.ts';
import { SUMMABLE_TYPES, showType } from './types.ts';

export function isBuiltin(name: string): name is FunctionName {
  return (FUNCTION_NAMES as readonly string[]).includes(name);
}

/** A call of a built-in function. */
export function builtinCall(
  context: Context,
  name: FunctionName,
  args: readonly Argument[],
  span: Span,
  scope: Scope,
): Typed {
  if (name === 'sample') return sampleCall(context, args, span, scope);
  if (args.length !== 1) {
    return context.broken('E207', span, `\`${name}\` takes 1 argument`, {
      help: `write \`${name}(…)\` around a field`,
    });
  }
  const use = name === 'exists' ? 'value' : 'selection';
  const [argument] = context.expressions.arguments(args, scope, use);
  if (argument.form === 'broken') return { form: 'broken', span };
  if (name === 'exists') return existsCall(context, argument, span);
  if (argument.form !== 'selection') {
    return context.broken('E201', argument.span, `\`${name}\` takes a selection`, {
      note: showType(argument),
    });
  }
  if (argument.tail !== undefined) {
    return context.broken('E203', argument.span, `\`${name}\` takes values, not a condition about each`);
  }
  const { selection } = argument;
  if (argument.records && name !== 'count') {
    return context.broken('E201', argument.span, 'a file is no value', {
      help: `take a part of it: \`${name}(files.filename)\``,
    });
  }
  if (name === 'sum' && !SUMMABLE_TYPES.has(selection.type)) {
    return context.broken('E201', argument.span, '`sum` adds numbers, sizes and durations', {
      note: argument.show,
    });
  }
  const type = name === 'sum' || name === 'one' ? selection.type : 'Int';
  const scalar: Scalar = { kind: 'aggregate', operation: name, source: selection, type, span };
  return { form: 'scalar', scalar, optional: name === 'one', span };
}

function existsCall(context: Context, argument: Typed, span: Span): Typed {
  if (argument.form !== 'selection' && argument.form !== 'scalar') {
    return context.broken('E201', argument.span, '`exists` takes a field', { note: showType(argument) });
  }
  const of = argument.form === 'selection' ? argument.selection : argument.scalar;
  const scalar: Scalar = { kind: 'exists', of, type: 'Bool', span };
  return { form: 'scalar', scalar, optional: false, span };
}

function sampleCall(context: Context, args: readonly Argument[], span: Span, scope: Scope): Typed {
  const [share, keyNode] = args;
  if (args.length < 1 || args.length > 2) {
    return context.broken('E207', span, '`sample` takes a share and perhaps a key', {
      help: 'write `sample(5%)` or `sample(5%, client.ip)`',
    });
  }
  const percent =
    share.kind === 'Pipe' && share.steps.length === 0 && share.head.kind === 'PercentLiteral'
      ? share.head
      : undefined;
  if (percent === undefined) {
    return context.broken('E207', share.span, 'the share is a number with `%`', {
      help: 'write `sample(5%)`',
    });
  }
  if (percent.value < 0 || percent.value > 100) {
    return context.broken('E209', percent.span, 'a share is from 0% to 100%');
  }
  let key: Scalar | undefined;
  if (keyNode !== undefined) {
    const [checked] = context.expressions.arguments([keyNode], scope, 'value');
    if (checked.form === 'broken') return { form: 'broken', span };
    if (checked.form !== 'scalar') {
      return context.broken('E201', checked.span, 'the key of `sample` is one value', {
        note: showType(checked),
      });
    }
    key = checked.scalar;
  }
  const scalar: Scalar = { kind: 'sample', share: percent.value / 100, key, type: 'Bool', span };
  return { form: 'scalar', scalar, optional: false, span };
}
