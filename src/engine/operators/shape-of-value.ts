/** `x is Shape` for a JSON value that is already in memory (`json_parse`): walks it through the streaming validator. */
import { LEAF, PART } from '../../http/value.ts';
import type { JsonValue, Value } from '../../http/value.ts';
import type { ShapeNode } from '../shape-node.ts';
import { ShapeValidator } from '../shape-validator.ts';

export function matchesShape(value: Value, shape: ShapeNode): boolean {
  const validator = new ShapeValidator(shape, '');
  walk(validator, typeof value === 'object' && 'json' in value ? value.json : (value as JsonValue));
  return validator.violation === null;
}

/** Depth is bounded by JSON_DEPTH_MAX, at the parser. */
function walk(validator: ShapeValidator, value: JsonValue): void {
  if (validator.violation !== null) return;
  if (value === null) validator.scalar(LEAF.NULL, 'null', PART.WHOLE);
  else if (typeof value === 'string') validator.scalar(LEAF.TEXT, value, PART.WHOLE);
  else if (typeof value === 'number') validator.scalar(LEAF.NUMBER, String(value), PART.WHOLE);
  else if (typeof value === 'boolean') validator.scalar(LEAF.BOOLEAN, String(value), PART.WHOLE);
  else if (Array.isArray(value)) {
    validator.open('array');
    for (const item of value as readonly JsonValue[]) walk(validator, item);
    validator.close();
  } else {
    validator.open('object');
    for (const [key, member] of Object.entries(value)) {
      validator.key(key);
      walk(validator, member);
    }
    validator.close();
  }
}
