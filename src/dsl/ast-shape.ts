/** Syntax tree of shapes: what a JSON value must look like. */
import type {
  ArrayLiteral,
  Identifier,
  IntLiteral,
  ItemNode,
  Node,
  RegexLiteral,
  StringLiteral,
} from './ast-expression.ts';

export interface Shape extends ItemNode {
  readonly kind: 'Shape';
  readonly name: Identifier;
  readonly body: ShapeBody;
}

export interface ShapeBody extends Node {
  readonly kind: 'ShapeBody';
  readonly fields: readonly ShapeField[];
  readonly closed: boolean;
}

export interface ShapeField extends Node {
  readonly kind: 'ShapeField';
  readonly name: Identifier | StringLiteral;
  readonly optional: boolean;
  readonly type: ShapeType;
  readonly nullable: boolean;
}

export type ShapeType = ShapeList | ShapeMap | ShapeOneOf | ShapeBody | ShapeReference | ShapeBase;

export interface ShapeList extends Node {
  readonly kind: 'ShapeList';
  readonly range: ShapeRange | undefined;
  readonly element: ShapeType;
}

export interface ShapeMap extends Node {
  readonly kind: 'ShapeMap';
  readonly element: ShapeType;
}

export interface ShapeOneOf extends Node {
  readonly kind: 'ShapeOneOf';
  readonly values: ArrayLiteral;
}

export interface ShapeReference extends Node {
  readonly kind: 'ShapeReference';
  readonly name: Identifier;
}

/** The base types of shape fields, in the order of the grammar. */
export const SHAPE_BASES = [
  'string',
  'int',
  'number',
  'bool',
  'uuid',
  'date',
  'datetime',
  'email',
  'uri',
  'ip',
  'json',
] as const;

export type ShapeBaseName = (typeof SHAPE_BASES)[number];

export interface ShapeBase extends Node {
  readonly kind: 'ShapeBase';
  readonly base: ShapeBaseName;
  readonly range: ShapeRange | undefined;
  readonly matching: RegexLiteral | undefined;
}

/** `(min..max)`, both included, either may be missing. */
export interface ShapeRange extends Node {
  readonly kind: 'ShapeRange';
  readonly min: IntLiteral | undefined;
  readonly max: IntLiteral | undefined;
}
