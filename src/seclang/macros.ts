/** Macros, `%{collection.name}`, in values of actions and arguments of operators. */

export type TextPart =
  | { readonly kind: 'text'; readonly text: string }
  /** `name` is lower-case, '' for a variable without members. */
  | { readonly kind: 'macro'; readonly collection: string; readonly name: string; readonly written: string };

const MACRO = /%\{([^}]*)\}/g;

/** Splits a text at its macros. O(length). */
export function partsOf(text: string): readonly TextPart[] {
  const parts: TextPart[] = [];
  let at = 0;
  for (const match of text.matchAll(MACRO)) {
    if (match.index > at) parts.push({ kind: 'text', text: text.slice(at, match.index) });
    const [head, ...rest] = match[1].split(/[.:]/);
    const name = rest.join('.');
    parts.push({ kind: 'macro', collection: head.toUpperCase(), name: name.toLowerCase(), written: name });
    at = match.index + match[0].length;
  }
  if (at < text.length) parts.push({ kind: 'text', text: text.slice(at) });
  return parts;
}
