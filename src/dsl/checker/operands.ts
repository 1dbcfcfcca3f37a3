/** What a name stands for: a bound value, a capture, a declaration, a field or the call of a function. */
import { FIELDS, FILE_PARTS, VALUE_PARTS } from '../../http/schema.ts';
import { TRANSFORMATIONS } from '../../http/transform/registry.ts';
import type { TypeName } from '../../http/transform/transformation.ts';
import type { Identifier, Index, Operand } from '../ast-expression.ts';
import type { Scalar } from '../checked-condition.ts';
import { didYouMean } from '../diagnostics/nearest.ts';
import { builtinCall, isBuiltin } from './builtins.ts';
import type { Context, Use } from './context.ts';
import { DECLARATION_NOUNS, FIELD_ROOTS, FUNCTION_NAMES } from './declarations.ts';
import { fieldOperand } from './fields.ts';
import { flattenSelection } from './flatten.ts';
import type { Bound, Scope } from './scope.ts';
import type { Span } from '../source.ts';
import type { Typed } from './types.ts';

/** Resolves an operand. */
export function checkOperand(context: Context, operand: Operand, scope: Scope, use: Use): Typed {
  const { root } = operand;
  if (operand.args !== undefined) return checkCall(context, operand, operand.args, scope);
  const bound = scope.names.get(root.name);
  if (bound !== undefined) return boundOperand(context, operand, bound);
  const capturedAt = scope.captures.get(root.name);
  if (capturedAt !== undefined) {
    return context.broken('E205', root.span, `the capture \`${root.name}\` is not seen here`, {
      labels: [{ span: capturedAt, message: 'bound here' }],
      help: 'a capture is seen by the conjuncts to the right of its `matches`, inside the same block',
    });
  }
  if (root.name === 'switch') return switchOperand(context, operand);
  if (root.name === 'limiter' || root.name === 'flood') return counterOperand(context, operand);
  if (context.names.any(root.name) !== undefined && !FIELD_ROOTS.has(root.name)) {
    return declaredOperand(context, operand, use);
  }
  if (!FIELD_ROOTS.has(root.name)) return unknownName(context, operand, scope);
  if (root.name === 'match') {
    return context.broken('E201', operand.span, '`match` is what a rule found: only its message can show it');
  }
  if (!scope.fields) {
    return context.broken('E201', operand.span, 'a function with parameters reads nothing else', {
      help: 'pass the field as an argument, or take the parameters away',
    });
  }
  return fieldOperand(context, operand, use);
}

function checkCall(
  context: Context,
  operand: Operand,
  args: NonNullable<Operand['args']>,
  scope: Scope,
): Typed {
  const { root, selectors, span } = operand;
  if (selectors.length > 0) {
    return context.broken('E201', selectors[0].span, 'the result of a function has no parts');
  }
  if (isBuiltin(root.name)) return builtinCall(context, root.name, args, span, scope);
  if (context.names.find(root.name, 'Fn') !== undefined) {
    return context.expressions.call(root, context.expressions.arguments(args, scope, 'value'), span);
  }
  if (TRANSFORMATIONS.has(root.name)) {
    return context.broken('E208', root.span, `\`${root.name}\` is a transformation`, {
      help: `write \`… |> ${root.name}\``,
    });
  }
  const known = [...FUNCTION_NAMES, ...context.names.namesOf('Fn')];
  const cure = context.cureFor(root.name, known);
  return context.broken('E208', root.span, `there is no function \`${root.name}\``, cure);
}

function unknownName(context: Context, operand: Operand, scope: Scope): Typed {
  const { root, selectors } = operand;
  const members = selectors.filter((selector) => selector.kind === 'Member');
  if (members.length > 0) {
    const dotted = [root.name, ...members.map((member) => member.name.name)].join('.');
    const help = didYouMean(
      dotted,
      FIELDS.map((field) => field.name),
    );
    return context.broken('E201', operand.span, `there is no field \`${dotted}\``, {
      ...(help === undefined ? {} : { help }),
    });
  }
  const declared = context.names.namesOf('List', 'Const', 'Targets', 'Fn', 'Secret', 'Route');
  const cure = context.cureFor(root.name, [...scope.names.keys(), ...declared, ...FIELD_ROOTS]);
  return context.broken('E206', root.span, `nothing here is called \`${root.name}\``, cure);
}

// -- bound names

function boundOperand(context: Context, operand: Operand, bound: Bound): Typed {
  switch (bound.kind) {
    case 'capture':
      return captureOperand(context, operand, bound);
    case 'value':
    case 'parameter':
      return boundValue(context, operand, bound.value);
  }
}

function boundValue(context: Context, operand: Operand, value: Typed): Typed {
  const [first, second] = operand.selectors;
  if (first === undefined) return { ...value, span: operand.span };
  const binding =
    value.form === 'record'
      ? value.binding
      : value.form === 'scalar' && value.scalar.kind === 'bound'
        ? value.scalar.binding
        : undefined;
  if (first.kind !== 'Member' || second !== undefined || binding === undefined) {
    return context.broken('E201', (second ?? first).span, `\`${operand.root.name}\` has no such part`);
  }
  const parts: Readonly<Record<string, TypeName>> = value.form === 'record' ? FILE_PARTS : VALUE_PARTS;
  const part = first.name.name;
  if (!Object.hasOwn(parts, part)) {
    const help = didYouMean(part, Object.keys(parts)) ?? `it has ${quoted(Object.keys(parts))}`;
    return context.broken('E201', first.name.span, `\`${operand.root.name}\` has no part \`${part}\``, {
      help,
    });
  }
  const scalar: Scalar = { kind: 'boundPart', binding, part, type: parts[part], span: operand.span };
  return { form: 'scalar', scalar, optional: false, span: operand.span };
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `\`.${name}\``).join(' ');
}

function captureOperand(
  context: Context,
  operand: Operand,
  bound: Extract<Bound, { kind: 'capture' }>,
): Typed {
  const [index, more] = operand.selectors;
  if (index?.kind !== 'Index' || more !== undefined) {
    return context.broken('E201', operand.span, `\`${operand.root.name}\` is a match; choose a group of it`, {
      help: `\`${operand.root.name}[0]\` is the whole match, \`${operand.root.name}[1]\` its first group`,
    });
  }
  const group = captureGroup(context, index, bound);
  if (group === undefined) return { form: 'broken', span: operand.span };
  const scalar: Scalar = {
    kind: 'capture',
    capture: bound.capture,
    group,
    type: 'String',
    span: operand.span,
  };
  return { form: 'scalar', scalar, optional: group !== 0, span: operand.span };
}

function captureGroup(
  context: Context,
  index: Index,
  bound: Extract<Bound, { kind: 'capture' }>,
): number | string | undefined {
  const { key } = index;
  const labels = [{ span: bound.span, message: 'bound here' }];
  if (key.kind === 'IntLiteral') {
    if (key.value >= 0 && key.value <= bound.groups) return key.value;
    const has = bound.groups === 1 ? '1 group' : `${bound.groups} groups`;
    context.report('E201', index.span, `the pattern has ${has}`, { labels });
    return undefined;
  }
  if (key.kind === 'StringLiteral' && bound.groupNames.includes(key.value)) return key.value;
  context.report('E201', index.span, 'the pattern has no such group', { labels });
  return undefined;
}

// -- name spaces

function memberNames(operand: Operand): readonly Identifier[] | undefined {
  const names: Identifier[] = [];
  for (const selector of operand.selectors) {
    if (selector.kind !== 'Member') return undefined;
    names.push(selector.name);
  }
  return names;
}

function switchOperand(context: Context, operand: Operand): Typed {
  const names = memberNames(operand);
  if (names?.length !== 1) {
    return context.broken('E201', operand.span, 'write `switch.` and the name of a switch');
  }
  const [{ name, span }] = names;
  if (context.names.find(name, 'Switch') === undefined) {
    const help = didYouMean(name, context.names.namesOf('Switch'));
    return context.broken('E206', span, `no switch \`${name}\` is declared`, {
      ...(help === undefined ? {} : { help }),
    });
  }
  const scalar: Scalar = { kind: 'switch', name, type: 'Bool', span: operand.span };
  return { form: 'scalar', scalar, optional: false, span: operand.span };
}

const COUNTER_PARTS = { limiter: ['used', 'remaining'], flood: ['active', 'ratio'] } as const;

/** `limiter.<name>.used`, `flood.<name>.active`. */
function counterOperand(context: Context, operand: Operand): Typed {
  const root = operand.root.name as 'limiter' | 'flood';
  const parts: readonly string[] = COUNTER_PARTS[root];
  const names = memberNames(operand);
  if (names?.length !== 2) {
    const help = `write \`${root}.\`, its name and ${quoted(parts)}`;
    return context.broken('E201', operand.span, `\`${root}\` is no value by itself`, { help });
  }
  const [name, part] = names;
  const kind = root === 'limiter' ? 'Limiter' : 'Flood';
  if (context.names.find(name.name, kind) === undefined) {
    const help = didYouMean(name.name, context.names.namesOf(kind));
    return context.broken('E206', name.span, `no ${root} \`${name.name}\` is declared`, {
      ...(help === undefined ? {} : { help }),
    });
  }
  if (!parts.includes(part.name)) {
    const help = didYouMean(part.name, parts) ?? `it has ${quoted(parts)}`;
    return context.broken('E201', part.span, `a ${root} has no part \`${part.name}\``, { help });
  }
  const { span } = operand;
  if (root === 'limiter')
    return limiterPart(context, name.name, part.name === 'used' ? 'used' : 'remaining', span);
  return floodPart(context, name.name, part.name === 'active' ? 'active' : 'ratio', span);
}

function limiterPart(context: Context, limiter: string, part: 'used' | 'remaining', span: Span): Typed {
  const phase = context.limits.phaseOfLimiter(limiter);
  const scalar: Scalar = { kind: 'limiterPart', limiter, part, phase, type: 'Int', span };
  return { form: 'scalar', scalar, optional: true, span };
}

function floodPart(context: Context, flood: string, part: 'active' | 'ratio', span: Span): Typed {
  const phase = context.limits.phaseOfFlood(flood);
  const type = part === 'active' ? 'Bool' : 'Float';
  const scalar: Scalar = { kind: 'floodPart', flood, part, phase, type, span };
  return { form: 'scalar', scalar, optional: false, span };
}

// -- declarations

function declaredOperand(context: Context, operand: Operand, use: Use): Typed {
  const { root, selectors, span } = operand;
  const item = context.names.any(root.name);
  if (item === undefined) return { form: 'broken', span };
  const noun = DECLARATION_NOUNS[item.kind];
  if (selectors.length > 0) {
    return context.broken('E201', selectors[0].span, `\`${root.name}\` is a ${noun} and has no parts`);
  }
  context.names.find(root.name, item.kind);
  switch (item.kind) {
    case 'Const':
      return context.declared.constant(root.name, span);
    case 'List': {
      const list = context.declared.list(root.name);
      return list === undefined ? { form: 'broken', span } : { form: 'list', list, span };
    }
    case 'Route':
      return { form: 'route', name: root.name, span };
    case 'Secret': {
      const scalar: Scalar = { kind: 'secret', name: root.name, type: 'Secret', span };
      return { form: 'scalar', scalar, optional: false, span };
    }
    case 'Targets': {
      const picks = context.declared.targets(root);
      return picks === undefined ? { form: 'broken', span } : flattenSelection(context, picks, span);
    }
    case 'Fn':
      return context.expressions.call(root, [], span);
    case 'Switch':
      return context.broken('E201', span, `\`${root.name}\` is a switch`, {
        help: `write \`switch.${root.name}\``,
        fix: [{ span: { ...span, end: span.start }, text: 'switch.' }],
      });
    case 'Pattern':
      return context.broken('E201', span, `\`${root.name}\` is a pattern`, {
        help: `write \`… matches ${root.name}\` or \`… |> find(${root.name})\``,
      });
    case 'Limiter':
    case 'Flood':
      return context.broken('E201', span, `\`${root.name}\` is a ${noun}`, {
        help: `write \`${item.kind === 'Limiter' ? 'limiter' : 'flood'}.${root.name}.…\``,
      });
    case 'Shape':
      return context.broken('E201', span, `\`${root.name}\` is a shape`, {
        help: use === 'value' ? `write \`… is ${root.name}\`` : 'a selection is made of fields',
      });
  }
}
