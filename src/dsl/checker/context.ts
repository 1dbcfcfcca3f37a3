/**
 * What all parts of the checker share: the options, the names, where diagnostics go, and the expression checker itself
 * as a port, because expressions contain selections contain expressions and the import graph has no cycles.
 */
import { DIAGNOSTICS_MAX } from '../../core/limits.ts';
import type { FieldPhase } from '../../http/schema.ts';
import type { Argument, Expr, Identifier, Pipe } from '../ast-expression.ts';
import type { CheckedList, ProvidedField } from '../checked.ts';
import type { CheckedShape, Condition, Pick } from '../checked-condition.ts';
import type { DiagnosticCode } from '../diagnostics/codes.ts';
import type { Diagnostic, DiagnosticDetails } from '../diagnostics/diagnostic.ts';
import { diagnostic } from '../diagnostics/diagnostic.ts';
import { didYouMean } from '../diagnostics/nearest.ts';
import type { Span } from '../source.ts';
import type { Declarations } from './declarations.ts';
import type { CheckOptions } from './options.ts';
import type { Scope } from './scope.ts';
import type { Typed } from './types.ts';

/** `value`: a repeated header under a fixed name reads as one text; `selection`: line by line. */
export type Use = 'value' | 'selection';

/** A condition, and the scope for the conjuncts to its right. */
export interface CheckedExpression {
  readonly condition: Condition;
  readonly scope: Scope;
}

/** The mutually recursive part of the checker. */
export interface ExpressionPort {
  condition(expression: Expr, scope: Scope): CheckedExpression;
  pipe(pipe: Pipe, scope: Scope, use: Use): Typed;
  /** The body of a `fn` with its parameters bound to `args`. */
  call(name: Identifier, args: readonly Typed[], span: Span): Typed;
  /** The arguments of a call, one by one. */
  arguments(args: readonly Argument[], scope: Scope, use: Use): readonly Typed[];
}

/** Declarations that are checked when first needed, each once. */
export interface DeclarationPort {
  list(name: string): CheckedList | undefined;
  constant(name: string, at: Span): Typed;
  targets(name: Identifier): readonly Pick[] | undefined;
  shape(name: Identifier): CheckedShape | undefined;
}

/** Limiters and floods: what others must know of them before they are checked. */
export interface LimitPort {
  /** When the limiter can be asked: `headers` or later. */
  phaseOfLimiter(name: string): FieldPhase;
  phaseOfFlood(name: string): FieldPhase;
}

export class Context {
  readonly options: CheckOptions;
  readonly names: Declarations;
  readonly #errors: Diagnostic[] = [];
  readonly #warnings: Diagnostic[] = [];
  readonly #needs = new Map<string, ProvidedField>();
  #warningsDropped = 0;
  #muted = 0;
  #nextBinding = 0;
  #nextCapture = 0;
  #expressions: ExpressionPort | undefined;
  #declared: DeclarationPort | undefined;
  #limits: LimitPort | undefined;

  constructor(options: CheckOptions, names: Declarations) {
    this.options = options;
    this.names = names;
  }

  connect(expressions: ExpressionPort, declared: DeclarationPort, limits: LimitPort): void {
    this.#expressions = expressions;
    this.#declared = declared;
    this.#limits = limits;
  }

  get expressions(): ExpressionPort {
    return this.#expressions as ExpressionPort;
  }

  get declared(): DeclarationPort {
    return this.#declared as DeclarationPort;
  }

  get limits(): LimitPort {
    return this.#limits as LimitPort;
  }

  /** Reports, unless muted. Past `DIAGNOSTICS_MAX` errors one E016 stands for the rest, past as many warnings one W016. */
  report(code: DiagnosticCode, span: Span, message: string, details: DiagnosticDetails = {}): void {
    if (this.#muted > 0) return;
    const found = diagnostic(code, span, message, details);
    if (found.severity === 'warning' && this.options.strict !== true) {
      if (this.#warnings.length < DIAGNOSTICS_MAX) this.#warnings.push(found);
      else this.#warningsDropped++;
    } else if (this.#errors.length < DIAGNOSTICS_MAX) {
      this.#errors.push({ ...found, severity: 'error' });
    } else if (this.#errors.length === DIAGNOSTICS_MAX) {
      this.#errors.push(
        diagnostic('E016', span, `more than ${DIAGNOSTICS_MAX} errors, the rest is not shown`),
      );
    }
  }

  /** `report`, as an expression that gives the broken value. */
  broken(code: DiagnosticCode, span: Span, message: string, details: DiagnosticDetails = {}): Typed {
    this.report(code, span, message, details);
    return { form: 'broken', span };
  }

  /** The cure for a name that is not declared: the import that brings it, else the nearest of what there is. */
  cureFor(name: string, candidates: Iterable<string>): DiagnosticDetails {
    const imported = this.options.importOf?.(name);
    const help =
      imported === undefined
        ? didYouMean(name, candidates)
        : `it comes with Ward: write \`import "${imported}"\``;
    return help === undefined ? {} : { help };
  }

  /** A construct that parses and type-checks, but that no part behind the language runs yet. */
  later(span: Span, what: string): void {
    this.report('E901', span, `${what} is not supported yet`, {
      help: 'the policy is refused, so that nothing it asks for is silently missing; remove this to use it now',
    });
  }

  /** Notes that a field of a provider is read. */
  need(provider: ProvidedField['provider'], field: string, span: Span): void {
    if (!this.#needs.has(field)) this.#needs.set(field, { provider, field, span });
  }

  get needs(): readonly ProvidedField[] {
    return [...this.#needs.values()];
  }

  /** Runs `work` without diagnostics: for code that was reported on before, as a function body put in place. */
  muted<T>(work: () => T): T {
    this.#muted++;
    try {
      return work();
    } finally {
      this.#muted--;
    }
  }

  /** A number for a value bound by a quantifier, unique in the policy. */
  nextBinding(): number {
    return this.#nextBinding++;
  }

  /** A number for a capture, unique in the policy. */
  nextCapture(): number {
    return this.#nextCapture++;
  }

  get hasErrors(): boolean {
    return this.#errors.length > 0;
  }

  get diagnostics(): readonly Diagnostic[] {
    const found = [...this.#errors, ...this.#warnings];
    if (this.#warningsDropped === 0) return found;
    const { span } = this.#warnings[DIAGNOSTICS_MAX - 1];
    const message = `${this.#warningsDropped} more warnings are not shown`;
    return [...found, diagnostic('W016', span, message)];
  }
}
