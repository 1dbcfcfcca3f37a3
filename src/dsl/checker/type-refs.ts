/** Types as authors write them after a colon. */
import type { TypeName } from '../../http/transform/transformation.ts';
import type { TypeRef } from '../ast-expression.ts';
import { didYouMean } from '../diagnostics/nearest.ts';
import type { Context } from './context.ts';
import { NAMED_TYPES, showTypeRef } from './types.ts';

export interface ResolvedType {
  readonly type: TypeName;
  /** `List<T>`, `Map<T>`: a selection. */
  readonly many: boolean;
  readonly optional: boolean;
}

/** A written type, or undefined after E210. */
export function resolveType(context: Context, ref: TypeRef): ResolvedType | undefined {
  if (ref.name === 'List' || ref.name === 'Map') {
    const [element] = ref.args;
    const inner = ref.args.length === 1 ? resolveType(context, element) : undefined;
    if (inner !== undefined && !inner.many) {
      return { type: inner.type, many: true, optional: ref.optional };
    }
    if (inner === undefined && ref.args.length === 1) return undefined;
    context.report('E210', ref.span, `\`${ref.name}\` takes the type of its values`, {
      help: `write \`${ref.name}<String>\``,
    });
    return undefined;
  }
  const type = NAMED_TYPES.find((name) => name === ref.name);
  if (type === undefined) {
    const help = didYouMean(ref.name, [...NAMED_TYPES, 'List', 'Map']);
    context.report('E210', ref.span, `there is no type \`${ref.name}\``, {
      ...(help === undefined ? {} : { help }),
    });
    return undefined;
  }
  if (ref.args.length > 0) {
    context.report('E210', ref.span, `\`${type}\` has no element type`, { help: `write \`${type}\`` });
    return undefined;
  }
  return { type, many: false, optional: ref.optional };
}

/** A written type that must be one of `allowed`, or undefined after E210. */
export function plainType<T extends TypeName>(
  context: Context,
  ref: TypeRef,
  allowed: readonly T[],
  what: string,
): T | undefined {
  const resolved = resolveType(context, ref);
  if (resolved === undefined) return undefined;
  const found = allowed.find((type) => type === resolved.type);
  if (found !== undefined && !resolved.many && !resolved.optional) return found;
  context.report('E210', ref.span, `${what} cannot be of type \`${showTypeRef(ref)}\``, {
    help: `it may be ${allowed.map((type) => `\`${type}\``).join(', ')}`,
  });
  return undefined;
}
