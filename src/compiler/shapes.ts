/** Shapes of the checked tree as the validator walks them. */
import type { CheckedShape } from '../dsl/checked-condition.ts';
import type { ShapeNode } from '../engine/shape-node.ts';
import type { ProgramBuilder } from './program-builder.ts';

export function compileShape(builder: ProgramBuilder, shape: CheckedShape): ShapeNode {
  return builder.shapeNode(shape, () => build(builder, shape));
}

function build(builder: ProgramBuilder, shape: CheckedShape): ShapeNode {
  const { nullable } = shape;
  switch (shape.kind) {
    case 'object': {
      const fields = new Map(
        shape.fields.map((field) => [
          field.name,
          { shape: compileShape(builder, field.shape), optional: field.optional },
        ]),
      );
      const required = shape.fields.filter((field) => !field.optional).map((field) => field.name);
      return { kind: 'object', fields, required, closed: shape.closed, nullable };
    }
    case 'list':
      return {
        kind: 'list',
        low: shape.low,
        high: shape.high,
        of: compileShape(builder, shape.of),
        nullable,
      };
    case 'map':
      return { kind: 'map', of: compileShape(builder, shape.of), nullable };
    case 'one':
      return { kind: 'one', values: shape.values, nullable };
    case 'base': {
      const { matching } = shape;
      return {
        kind: 'base',
        base: shape.base,
        low: shape.low,
        high: shape.high,
        // Anchored at both ends: `matching` speaks of the whole string.
        matching:
          matching === undefined ? undefined : builder.regex(`\\A(?:${matching.source})\\z`, matching.flags),
        nullable,
      };
    }
  }
}
