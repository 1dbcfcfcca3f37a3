/** Kleene's logic with `open` (may still be decided) beside `unknown` (could not be read), in words. */

export type Truth = 'true' | 'false' | 'unknown' | 'open';

export function not(truth: Truth): Truth {
  return truth === 'true' ? 'false' : truth === 'false' ? 'true' : truth;
}

export function and(items: readonly Truth[]): Truth {
  for (const one of ['false', 'open', 'unknown'] as const) if (items.includes(one)) return one;
  return 'true';
}

export function or(items: readonly Truth[]): Truth {
  return not(and(items.map(not)));
}

export function is(value: boolean): Truth {
  return value ? 'true' : 'false';
}
