/** Captures: `matches P as m` binds a match for the conjuncts to its right (E205). */
import type { Expr, Identifier } from '../ast-expression.ts';
import type { Span } from '../source.ts';
import type { Context } from './context.ts';
import { reservedAs } from './declarations.ts';
import type { RegexAnalysis } from './options.ts';
import type { Scope } from './scope.ts';
import { bind } from './scope.ts';

interface CapturePlace {
  readonly scope: Scope;
  readonly quantified: boolean;
  readonly negated: boolean;
}

/** Binds a capture; E205 where nothing could see it. */
export function bindCapture(
  context: Context,
  name: Identifier,
  analysis: RegexAnalysis | undefined,
  place: CapturePlace,
): { readonly id: number; readonly scope: Scope } | undefined {
  if (place.quantified) {
    context.report('E205', name.span, 'a capture under a quantifier belongs to one of many values', {
      help: 'bind the value: `any v of … { v matches … as m and … }`',
    });
    return undefined;
  }
  if (place.negated) {
    context.report('E205', name.span, 'where `not matches` is true there is no match to capture');
    return undefined;
  }
  checkFreeName(context, name, place.scope);
  const id = context.nextCapture();
  const bound = {
    kind: 'capture',
    capture: id,
    groups: analysis?.groups ?? 0,
    groupNames: analysis?.groupNames ?? [],
    span: name.span,
  } as const;
  return { id, scope: bind(place.scope, name.name, bound) };
}

/** E301 for a bound name that hides a field, a function, a declaration or another bound name. */
export function checkFreeName(context: Context, name: Identifier, scope: Scope): void {
  const earlier = scope.names.get(name.name);
  const declared = context.names.any(name.name);
  const first = earlier?.span ?? declared?.name.span;
  if (first !== undefined) {
    context.report('E301', name.span, `\`${name.name}\` hides another name`, {
      labels: [{ span: first, message: 'this one' }],
    });
    return;
  }
  const reserved = reservedAs(name.name);
  if (reserved !== undefined) {
    context.report('E301', name.span, `\`${name.name}\` is the name of ${reserved}`);
  }
}

/** Where every capture of an expression is bound, whether it can be seen or not. */
export function collectCaptures(expression: Expr): ReadonlyMap<string, Span> {
  const found = new Map<string, Span>();
  const visit = (node: Expr): void => {
    switch (node.kind) {
      case 'Or':
      case 'And':
        for (const operand of node.operands) visit(operand);
        return;
      case 'Not':
        visit(node.operand);
        return;
      case 'Paren':
        visit(node.inner);
        return;
      case 'Binder':
        visit(node.body);
        return;
      case 'Test':
      case 'Quantified':
        if (node.relation?.kind === 'Matches' && node.relation.capture !== undefined) {
          found.set(node.relation.capture.name, node.relation.capture.span);
        }
    }
  };
  visit(expression);
  return found;
}
