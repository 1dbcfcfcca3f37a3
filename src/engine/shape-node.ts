/** A compiled shape: the tree that the streaming validator walks beside the JSON document. */
import type { CompiledRegex } from '../matcher/regex.ts';

export type ShapeNode =
  | {
      readonly kind: 'object';
      readonly fields: ReadonlyMap<string, { readonly shape: ShapeNode; readonly optional: boolean }>;
      readonly required: readonly string[];
      readonly closed: boolean;
      readonly nullable: boolean;
    }
  | {
      readonly kind: 'list';
      readonly low: number;
      readonly high: number;
      readonly of: ShapeNode;
      readonly nullable: boolean;
    }
  | { readonly kind: 'map'; readonly of: ShapeNode; readonly nullable: boolean }
  | {
      readonly kind: 'one';
      readonly values: readonly (string | number | boolean)[];
      readonly nullable: boolean;
    }
  | {
      readonly kind: 'base';
      readonly base: ShapeBase;
      readonly low: number;
      readonly high: number;
      readonly matching: CompiledRegex | undefined;
      readonly nullable: boolean;
    };

export type ShapeBase =
  | 'string'
  | 'int'
  | 'number'
  | 'bool'
  | 'uuid'
  | 'date'
  | 'datetime'
  | 'email'
  | 'uri'
  | 'ip'
  | 'json';
