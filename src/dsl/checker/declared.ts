/** Lists, constants and targets: each checked when first needed or at the end, once. */
import type { TypeName } from '../../http/transform/transformation.ts';
import type { ArrayLiteral, Identifier, Literal } from '../ast-expression.ts';
import type { Targets } from '../ast.ts';
import type { OverrideSetting } from '../ast-rule.ts';
import type { CheckedList } from '../checked.ts';
import type { CheckedShape, Pick, Scalar } from '../checked-condition.ts';
import { didYouMean } from '../diagnostics/nearest.ts';
import type { Span } from '../source.ts';
import type { Context, DeclarationPort } from './context.ts';
import { flattenSelection } from './flatten.ts';
import { checkList } from './lists.ts';
import { literalScalar } from './literals.ts';
import { EMPTY_SCOPE } from './scope.ts';
import { checkPicks } from './selections.ts';
import type { Shapes } from './shapes.ts';
import { plainType } from './type-refs.ts';
import type { Typed } from './types.ts';

const CONST_TYPES: readonly TypeName[] = [
  'Bool',
  'Int',
  'Float',
  'String',
  'Ip',
  'Cidr',
  'Duration',
  'Size',
  'Date',
  'Method',
  'MediaType',
];

export class Declared implements DeclarationPort {
  readonly #context: Context;
  readonly #shapes: Shapes;
  readonly #lists = new Map<string, CheckedList | undefined>();
  readonly #constants = new Map<string, Scalar | undefined>();
  readonly #targets = new Map<Targets, readonly Pick[] | undefined>();
  readonly #openTargets: Targets[] = [];
  readonly #replaced: ReadonlyMap<string, Literal | ArrayLiteral>;

  constructor(context: Context, shapes: Shapes) {
    this.#context = context;
    this.#shapes = shapes;
    this.#replaced = replacedSettings(context);
  }

  checkAll(): void {
    const { names } = this.#context;
    for (const item of names.all('List')) this.list(item.name.name);
    for (const item of names.all('Const')) this.constant(item.name.name, item.span);
    for (const item of names.all('Targets')) this.#targetsOf(item, item.name.span);
    this.#shapes.checkAll();
  }

  shape(name: Identifier): CheckedShape | undefined {
    return this.#shapes.find(name);
  }

  /** All lists in order of declaration. */
  get lists(): readonly CheckedList[] {
    return this.#context.names
      .all('List')
      .map((item) => this.#lists.get(item.name.name))
      .filter((list) => list !== undefined);
  }

  list(name: string): CheckedList | undefined {
    if (this.#lists.has(name)) return this.#lists.get(name);
    const item = this.#context.names.all('List').find((list) => list.name.name === name);
    if (item === undefined) return undefined;
    const replaced = this.#replaced.get(name);
    const values = replaced?.kind === 'ArrayLiteral' ? replaced : item.values;
    const checked = checkList(this.#context, item, values);
    this.#lists.set(name, checked);
    return checked;
  }

  constant(name: string, at: Span): Typed {
    if (!this.#constants.has(name)) this.#constants.set(name, this.#checkConstant(name));
    const scalar = this.#constants.get(name);
    if (scalar === undefined) return { form: 'broken', span: at };
    return { form: 'scalar', scalar: { ...scalar, span: at }, optional: false, span: at };
  }

  #checkConstant(name: string): Scalar | undefined {
    const item = this.#context.names.all('Const').find((constant) => constant.name.name === name);
    if (item === undefined) return undefined;
    const type = plainType(this.#context, item.type, CONST_TYPES, 'a constant');
    if (type === undefined) return undefined;
    const replaced = this.#replaced.get(name);
    const value = replaced === undefined || replaced.kind === 'ArrayLiteral' ? item.value : replaced;
    return literalScalar(this.#context, value, type);
  }

  targets(name: Identifier): readonly Pick[] | undefined {
    const item = this.#context.names.all('Targets').find((targets) => targets.name.name === name.name);
    return item === undefined ? undefined : this.#targetsOf(item, name.span);
  }

  #targetsOf(item: Targets, at: Span): readonly Pick[] | undefined {
    if (this.#openTargets.includes(item)) {
      this.#context.report('E212', at, `the targets \`${item.name.name}\` contain themselves`, {
        labels: [{ span: item.name.span, message: 'declared here' }],
      });
      return undefined;
    }
    if (this.#targets.has(item)) return this.#targets.get(item);
    this.#openTargets.push(item);
    const picks = checkPicks(this.#context, item.items, EMPTY_SCOPE);
    this.#openTargets.pop();
    const flat =
      picks === undefined || picks.length === 0
        ? undefined
        : flattenSelection(this.#context, picks, item.span);
    const checked = flat?.form === 'selection' ? flat.selection.picks : undefined;
    this.#targets.set(item, checked);
    return checked;
  }
}

/** `override const` and `override list`, by the name they change. */
function replacedSettings(context: Context): ReadonlyMap<string, Literal | ArrayLiteral> {
  const replaced = new Map<string, Literal | ArrayLiteral>();
  const first = new Map<string, OverrideSetting>();
  for (const setting of context.names.settings) {
    const { name } = setting.name;
    const kind = setting.setting === 'const' ? 'Const' : 'List';
    if (context.names.find(name, kind) === undefined) {
      const help = didYouMean(name, context.names.namesOf(kind));
      context.report('E303', setting.name.span, `no ${setting.setting} \`${name}\` is declared`, {
        ...(help === undefined ? {} : { help }),
      });
      continue;
    }
    const earlier = first.get(name);
    if (earlier !== undefined) {
      context.report('E308', setting.span, `\`${name}\` is overridden twice`, {
        labels: [{ span: earlier.span, message: 'first here' }],
      });
      continue;
    }
    first.set(name, setting);
    replaced.set(name, setting.value);
  }
  return replaced;
}
