/** Shows the scalars of a JSON document to the structure sink as they pass on to the values. */
import { LEAF } from '../value.ts';
import type { JsonStructureSink, ValueSink } from '../value.ts';

export class StructureTap implements ValueSink {
  /** Undefined once the document is over: those that follow it in a sequence have no structure. */
  structure: JsonStructureSink | undefined;
  readonly #sink: ValueSink;

  constructor(sink: ValueSink, structure: JsonStructureSink) {
    this.#sink = sink;
    this.structure = structure;
  }

  value(...[origin, name, path, text, part, leaf, at, length]: Parameters<ValueSink['value']>): void {
    this.#sink.value(origin, name, path, text, part, leaf, at, length);
    // An empty container was told as one.
    if (leaf !== LEAF.EMPTY) this.structure?.scalar(leaf, text, part, at);
  }

  file(file: Parameters<ValueSink['file']>[0]): void {
    this.#sink.file(file);
  }
}
