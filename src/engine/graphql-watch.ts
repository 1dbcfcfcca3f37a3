/**
 * Finds the GraphQL documents of a request among its values and adds up what they ask for.
 *
 * A document is the JSON member `query`, also of each request of a batch; the argument `query` of the query string, a
 * form or a multipart field (graphql.github.io/graphql-over-http); or a whole body of the type `application/graphql`.
 */
import { measureGraphql } from '../http/graphql.ts';
import type { GraphqlMeasures } from '../http/graphql.ts';
import { ORIGIN, PART } from '../http/value.ts';
import type { MaybeValue } from '../http/value.ts';

const DOCUMENT_PATH = /^\/(?:\d{1,9}\/)?query$/;
const ARGUMENT_ORIGINS = (1 << ORIGIN.query) | (1 << ORIGIN.form) | (1 << ORIGIN.multipart);

export class GraphqlWatch {
  /** Whether a whole body is a document. */
  readonly #bodyIsDocument: boolean;
  #depth = 0;
  #aliases = 0;
  #fields = 0;
  #documents = 0;
  /** A document could not be read: too long, malformed, or in a body that broke off. */
  unreadable = false;

  /** @param mediaType essence of the body's type */
  constructor(mediaType: MaybeValue) {
    this.#bodyIsDocument = mediaType === 'application/graphql';
  }

  /** Null when no document was seen. */
  get measures(): GraphqlMeasures | null {
    if (this.#documents === 0) return null;
    return { depth: this.#depth, aliases: this.#aliases, fields: this.#fields };
  }

  see(origin: number, name: string, path: string, text: string, part: number): void {
    if (!this.#isDocument(origin, name, path)) return;
    const measures = part === PART.WHOLE ? measureGraphql(text) : null;
    if (measures === null) {
      this.unreadable = true;
      return;
    }
    this.#documents++;
    this.#depth = Math.max(this.#depth, measures.depth);
    this.#aliases += measures.aliases;
    this.#fields += measures.fields;
  }

  #isDocument(origin: number, name: string, path: string): boolean {
    if (origin === ORIGIN.json) return DOCUMENT_PATH.test(path);
    if (origin === ORIGIN.text) return this.#bodyIsDocument;
    return ((1 << origin) & ARGUMENT_ORIGINS) !== 0 && name === 'query';
  }
}
