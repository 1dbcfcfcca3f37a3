/** Where a suggested exclusion holds, and how its parts are written. */
import { EXCLUSION_TEXT_BYTES_MAX } from '../../core/limits.ts';
import { quoteBytes } from '../../dsl/string-literal.ts';

/** A declared route, or one path with a method. Texts are latin1. */
export type ExclusionScope =
  | { readonly kind: 'route'; readonly route: string }
  | { readonly kind: 'path'; readonly path: string; readonly method: string | undefined };

/** A method that the language can name. */
const METHOD = /^[A-Z]{2,20}$/;

/** The narrowest scope of a request that the language has; undefined if its path is too long to be reviewed. */
export function scopeOf(route: string | undefined, method: string, path: string): ExclusionScope | undefined {
  if (route !== undefined) return { kind: 'route', route };
  if (path.length > EXCLUSION_TEXT_BYTES_MAX) return undefined;
  return { kind: 'path', path, method: METHOD.test(method) ? method : undefined };
}

/** The line of the block that says where it holds. */
function scopeLine(scope: ExclusionScope): string {
  if (scope.kind === 'route') return `on      ${scope.route}`;
  const path = `request.path == ${quoteBytes(scope.path)}`;
  return `when    ${scope.method === undefined ? path : `request.method == ${scope.method} and ${path}`}`;
}

/** What is excluded there: values by name, a field as a whole, or the rule. */
export interface ExclusionTarget {
  /** As the language writes it; '' for the whole rule. */
  readonly text: string;
  /** The name of the values, if they have one. */
  readonly name: string | undefined;
}

/** One block of text. `rules` and `target` come from reports, so every name of a client is quoted. */
export interface ExclusionBlock {
  readonly rules: readonly string[];
  readonly target: ExclusionTarget;
  readonly scope: ExclusionScope;
}

/** The blocks as rule text, without the `language` line. */
export function exclusionText(blocks: readonly ExclusionBlock[], because: string, until: string): string {
  const reason = `because ${quoteBytes(because)}`;
  return blocks
    .map(({ rules, target, scope }) => {
      const entries = [
        ...(target.text === '' ? [] : [`target  ${target.text}`]),
        scopeLine(scope),
        reason,
        `until   ${until}`,
      ];
      return `exclude ${rules.join(', ')} {\n${entries.map((entry) => `  ${entry}\n`).join('')}}\n`;
    })
    .join('\n');
}
