/**
 * The body as it is, for `body.text`: runs beside the structured reader of any kind.
 *
 * One value without a name over the whole body, in segments when it is longer than the window. It never faults.
 */
import { LEAF, ORIGIN } from '../value.ts';
import type { Origin } from '../value.ts';
import { IncrementalReader } from './incremental-reader.ts';
import { latin1Of } from './latin1.ts';
import type { ReaderOptions } from './reader.ts';

export class RawTextTap extends IncrementalReader {
  readonly kind = 'text';
  readonly #origin: Origin;

  constructor(options: ReaderOptions) {
    super(options);
    this.#origin = options.direction === 'response' ? ORIGIN.response_text : ORIGIN.text;
  }

  /** What was read and not reported, for a look before it goes; undefined for nothing. Cost: a copy of at most a window. */
  get heldText(): { readonly text: string; readonly at: number; readonly isFirst: boolean } | undefined {
    if (!this.assembler.open) return undefined;
    return { ...this.assembler.heldText, isFirst: this.assembler.untold };
  }

  protected read(chunk: Uint8Array): void {
    if (!this.assembler.open) {
      this.assembler.begin(this.#origin, '', '', LEAF.TEXT, 0);
      this.held = 0;
      this.counts.values = 1;
    }
    this.assembler.append(latin1Of(chunk), this.base, chunk.length);
  }

  protected finish(): void {
    if (this.assembler.open) this.assembler.end();
  }
}
