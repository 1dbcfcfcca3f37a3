/**
 * Transformations: each step takes the type the one before it gives (E203), with arguments known at compile time
 * (E207). Over a selection they apply to every value; `|>?` and `find` make a selection of a single value.
 */
import { TRANSFORMATIONS } from '../../http/transform/registry.ts';
import type { Parameter, Transformation, TypeName } from '../../http/transform/transformation.ts';
import type { Value } from '../../http/value.ts';
import type { Argument, Expr, Identifier, Pipe, Step as StepNode } from '../ast-expression.ts';
import type { Fn } from '../ast.ts';
import type { Scalar, Step, StepArgument } from '../checked-condition.ts';
import { didYouMean } from '../diagnostics/nearest.ts';
import type { Context } from './context.ts';
import { intWithin, literalAs, literalScalar } from './literals.ts';
import { checkPatternUse } from './patterns.ts';
import type { Scope } from './scope.ts';
import type { ScalarTyped, SelectionTyped, Typed } from './types.ts';
import { naturalType, selectionOfScalar, showType } from './types.ts';

/** Text transformations that read a whole body too. */
const DIGESTS: ReadonlySet<string> = new Set(['sha1', 'sha256', 'hmac_sha256']);

/** Keeps the type it is given and takes its optionality away. */
const OR_ELSE = 'or_else';

/** The input after all steps. */
export function applySteps(context: Context, input: Typed, steps: readonly StepNode[], scope: Scope): Typed {
  let value = steps.length > 0 ? settle(context, input) : input;
  for (const step of steps) {
    if (value.form === 'broken') return value;
    value = applyStep(context, value, step, scope);
  }
  return value;
}

/** A literal with its natural type, as what a step or a comparison without context takes. */
export function settle(context: Context, typed: Typed): Typed {
  if (typed.form !== 'literal') return typed;
  const scalar = literalScalar(context, typed.literal, naturalType(typed.literal));
  if (scalar === undefined) return { form: 'broken', span: typed.span };
  return { form: 'scalar', scalar, optional: false, span: typed.span };
}

function applyStep(context: Context, input: Typed, step: StepNode, scope: Scope): Typed {
  const { name } = step;
  const transformation = TRANSFORMATIONS.get(name.name);
  if (transformation === undefined) return applyFunction(context, input, step, scope);
  const from = elementType(input);
  const to = from === undefined ? undefined : resultType(transformation, from);
  if (from === undefined || to === undefined) return wrongInput(context, input, step, transformation);
  const args = stepArguments(context, step, transformation, from, scope);
  if (args === undefined) return { form: 'broken', span: step.span };
  if (step.keepsInput && to !== from) {
    return context.broken('E203', step.span, `\`|>?\` keeps values of two types`, {
      note: `${from} beside ${to}`,
    });
  }
  const checked: Step = { name: name.name, args, keepOriginal: step.keepsInput, span: step.span };
  const many = step.keepsInput || (transformation.kind === 'map' && transformation.result === 'many');
  const optional = transformation.kind === 'map' && transformation.result === 'optional';
  if (input.form === 'selection') return stepOverSelection(input, checked, to);
  if (input.form !== 'scalar') return { form: 'broken', span: step.span };
  if (many) {
    const selection = selectionOfScalar(input.scalar);
    const lifted: SelectionTyped = {
      form: 'selection',
      selection,
      records: false,
      show: '',
      span: input.span,
    };
    return stepOverSelection(lifted, checked, to);
  }
  const absent = name.name === OR_ELSE ? false : input.optional || optional;
  return stepOnScalar(input, checked, to, absent);
}

function elementType(input: Typed): TypeName | undefined {
  if (input.form === 'scalar') return input.scalar.type;
  if (input.form === 'selection' && !input.records && input.tail === undefined) return input.selection.type;
  return undefined;
}

function resultType(transformation: Transformation, from: TypeName): TypeName | undefined {
  if (transformation.name === OR_ELSE) return from;
  if (transformation.kind === 'text') {
    const digest = from === 'Bytes' && DIGESTS.has(transformation.name);
    return from === 'String' || digest ? 'String' : undefined;
  }
  return transformation.from.includes(from) ? transformation.to : undefined;
}

function wrongInput(context: Context, input: Typed, step: StepNode, transformation: Transformation): Typed {
  const takes = transformation.kind === 'text' ? ['String'] : transformation.from;
  const asText = TRANSFORMATIONS.get('text');
  const from = elementType(input);
  const viaText =
    takes.includes('String') && from !== undefined && asText?.kind === 'map' && asText.from.includes(from);
  const what =
    input.form === 'selection' && !input.records ? `each ${input.selection.type}` : showType(input);
  return context.broken('E203', step.name.span, `\`${step.name.name}\` takes ${takes.join(' or ')}`, {
    note: `expected ${takes.join(' or ')}`,
    labels: [{ span: input.span, message: what }],
    ...(viaText ? { help: `make it a text first: \`|> text |> ${step.name.name}\`` } : {}),
  });
}

function stepOverSelection(input: SelectionTyped, step: Step, type: TypeName): SelectionTyped {
  const span = { ...input.span, end: Math.max(input.span.end, step.span.end) };
  const selection = {
    ...input.selection,
    steps: [...input.selection.steps, step],
    type,
    span: input.selection.span,
  };
  return { ...input, selection, show: `List<${type}>`, span };
}

function stepOnScalar(input: ScalarTyped, step: Step, type: TypeName, optional: boolean): ScalarTyped {
  const { scalar } = input;
  const before = scalar.kind === 'pipe' ? scalar : { input: scalar, steps: [] };
  const span = { ...input.span, end: Math.max(input.span.end, step.span.end) };
  const piped: Scalar = {
    kind: 'pipe',
    input: before.input,
    steps: [...before.steps, step],
    type,
    span,
  };
  return { form: 'scalar', scalar: piped, optional, span };
}

// -- arguments

function stepArguments(
  context: Context,
  step: StepNode,
  transformation: Transformation,
  from: TypeName,
  scope: Scope,
): readonly StepArgument[] | undefined {
  const given = step.args ?? [];
  const { parameters } = transformation;
  const least = parameters.filter((parameter) => parameter.optional !== true).length;
  if (given.length < least || given.length > parameters.length) {
    const names = parameters.map((parameter) => parameter.name).join(', ');
    context.report(
      'E207',
      step.span,
      `\`${transformation.name}\` takes ${counted(least, parameters.length)}`,
      parameters.length === 0 ? {} : { help: `write \`${transformation.name}(${names})\`` },
    );
    return undefined;
  }
  const bound: StepArgument[] = [];
  for (const [index, argument] of given.entries()) {
    const checked = stepArgument(context, argument, parameters[index], from, scope);
    if (checked === undefined) return undefined;
    bound.push(checked);
  }
  return bound;
}

function counted(least: number, most: number): string {
  const plural = most === 1 ? 'argument' : 'arguments';
  if (most === 0) return 'no arguments';
  return least === most ? `${most} ${plural}` : `${least} to ${most} ${plural}`;
}

function stepArgument(
  context: Context,
  argument: Argument,
  parameter: Parameter,
  from: TypeName,
  scope: Scope,
): StepArgument | undefined {
  if (parameter.kind === 'Pattern') return patternArgument(context, argument, parameter);
  if (parameter.kind === 'Secret') return secretArgument(context, argument, parameter);
  if (argument.kind === 'RegexLiteral') return unsuitable(context, argument, parameter);
  const value = context.expressions.pipe(argument, scope, 'value');
  if (value.form === 'broken') return undefined;
  const type = parameter.kind === 'Value' ? from : parameter.kind;
  const constant = constantOf(context, value, type);
  if (constant === 'not constant') return unsuitable(context, argument, parameter);
  if (constant === undefined) return undefined;
  if (parameter.kind === 'Value') return { kind: 'value', value: constant };
  if (typeof constant === 'string') return { kind: 'string', value: constant };
  if (typeof constant !== 'number') return unsuitable(context, argument, parameter);
  const [low, high] = parameter.range ?? [-Infinity, Infinity];
  if (value.form === 'literal' && value.literal.kind === 'IntLiteral') {
    return {
      kind: 'int',
      value: intWithin(context, value.literal, low, high, `\`${parameter.name}\``),
    };
  }
  return { kind: 'int', value: constant };
}

/** The value of a literal or constant as that type; undefined after a diagnostic. */
function constantOf(context: Context, value: Typed, type: TypeName): Value | 'not constant' | undefined {
  if (value.form === 'literal') return literalAs(context, value.literal, type) as Value | undefined;
  if (value.form === 'scalar' && value.scalar.kind === 'literal' && value.scalar.type === type) {
    return value.scalar.value as Value;
  }
  return 'not constant';
}

function unsuitable(context: Context, argument: Argument, parameter: Parameter): undefined {
  const wants = {
    Int: 'a number',
    String: 'a text in quotes',
    Pattern: 'a pattern',
    Secret: 'the name of a secret',
    Value: 'a literal',
  }[parameter.kind];
  context.report('E207', argument.span, `\`${parameter.name}\` must be ${wants}`, {
    help: 'arguments of transformations are known when the policy is loaded',
  });
  return undefined;
}

/** An argument that is a plain name. */
function nameOf(argument: Argument): Identifier | undefined {
  if (argument.kind !== 'Pipe' || argument.steps.length > 0 || argument.head.kind !== 'Operand')
    return undefined;
  const { root, args, selectors } = argument.head;
  return args === undefined && selectors.length === 0 ? root : undefined;
}

function patternArgument(
  context: Context,
  argument: Argument,
  parameter: Parameter,
): StepArgument | undefined {
  const pattern = argument.kind === 'RegexLiteral' ? argument : nameOf(argument);
  if (pattern === undefined) return unsuitable(context, argument, parameter);
  const checked = checkPatternUse(context, pattern);
  return checked === undefined ? undefined : { kind: 'pattern', pattern: checked.use };
}

function secretArgument(
  context: Context,
  argument: Argument,
  parameter: Parameter,
): StepArgument | undefined {
  const name = nameOf(argument);
  if (name === undefined) return unsuitable(context, argument, parameter);
  if (context.names.find(name.name, 'Secret') !== undefined) return { kind: 'secret', name: name.name };
  const help = didYouMean(name.name, context.names.namesOf('Secret'));
  context.report('E206', name.span, `no secret \`${name.name}\` is declared`, {
    ...(help === undefined ? {} : { help }),
  });
  return undefined;
}

// -- functions as steps

function applyFunction(context: Context, input: Typed, step: StepNode, scope: Scope): Typed {
  const { name } = step;
  const fn = context.names.find(name.name, 'Fn');
  if (fn === undefined) {
    const cure = context.cureFor(name.name, [...TRANSFORMATIONS.keys(), ...context.names.namesOf('Fn')]);
    return context.broken('E208', name.span, `there is no transformation \`${name.name}\``, cure);
  }
  if (step.keepsInput) {
    return context.broken('E203', step.span, '`|>?` takes a transformation, not a function', {
      help: `write the transformations of \`${name.name}\` out, each after \`|>?\``,
    });
  }
  const args = context.expressions.arguments(step.args ?? [], scope, 'value');
  if (input.form === 'selection' && !isChain(fn))
    return { ...input, tail: { name, args }, show: 'List<Bool>' };
  return context.expressions.call(name, [input, ...args], step.span);
}

/** A function whose body is its first parameter and transformations of it. */
function isChain(fn: Fn): boolean {
  const pipe = plainPipe(fn.body);
  return pipe?.head.kind === 'Operand' && pipe.head.root.name === fn.params[0]?.name.name;
}

/** The pipe that an expression is, if it is nothing more than that. */
export function plainPipe(expression: Expr): Pipe | undefined {
  if (expression.kind === 'Paren') return plainPipe(expression.inner);
  return expression.kind === 'Test' && expression.relation === undefined ? expression.pipe : undefined;
}
