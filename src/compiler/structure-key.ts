/** Two tests with the same key are the same test: spans and the names of patterns are left out, bindings renumbered. */

const LEFT_OUT: ReadonlySet<string> = new Set(['span', 'doc']);

/** A canonical text of any part of the checked tree. */
export function structureKey(...parts: readonly unknown[]): string {
  const bindings = new Map<unknown, number>();
  const captures = new Map<unknown, number>();
  const numberOf = (numbers: Map<unknown, number>, id: unknown): unknown => {
    if (typeof id !== 'number') return id;
    const known = numbers.get(id);
    if (known !== undefined) return known;
    numbers.set(id, numbers.size);
    return numbers.size - 1;
  };
  return JSON.stringify(parts, (key, value: unknown) => {
    if (LEFT_OUT.has(key)) return undefined;
    if (key === 'field' && typeof value === 'object' && value !== null && 'name' in value) return value.name;
    if (key === 'binding') return numberOf(bindings, value);
    if (key === 'capture') return numberOf(captures, value);
    if (key === 'high' && value === Infinity) return 'Infinity';
    return value;
  });
}
