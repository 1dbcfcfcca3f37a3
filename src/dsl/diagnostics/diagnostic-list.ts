/** Collects the diagnostics of one run, bounded: past the limit one E016 stands for the rest. */
import { DIAGNOSTICS_MAX } from '../../core/limits.ts';
import type { Diagnostic } from './diagnostic.ts';
import { diagnostic } from './diagnostic.ts';

export class DiagnosticList {
  readonly #found: Diagnostic[] = [];

  add(found: Diagnostic): void {
    if (this.#found.length < DIAGNOSTICS_MAX) this.#found.push(found);
    else if (this.#found.length === DIAGNOSTICS_MAX) {
      this.#found.push(
        diagnostic('E016', found.span, `more than ${DIAGNOSTICS_MAX} errors, the rest is not shown`),
      );
    }
  }

  /** All of them in order of place; the E016 stays last. */
  sorted(): Diagnostic[] {
    const shown = this.#found.slice(0, DIAGNOSTICS_MAX).sort((a, b) => a.span.start - b.span.start);
    return [...shown, ...this.#found.slice(DIAGNOSTICS_MAX)];
  }
}
