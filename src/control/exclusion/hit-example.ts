/**
 * An example that a rule must go on matching, seen from an exclusion: would it be let through as well?
 *
 * Answered without an engine and on the safe side: an example on the same route or path in whose text the excluded name
 * stands counts as let through.
 */
import type { ExampleRequest } from '../../dsl/checked-request.ts';
import type { Span } from '../../dsl/source.ts';
import { percentDecode } from '../../http/transform/percent-decode.ts';
import { admit } from '../inspection.ts';
import type { ExclusionScope } from './exclusion-scope.ts';
import type { RouteFinder } from './route-finder.ts';

/** What the fields hold that every example has unless it says otherwise; no attack. */
const USUAL_VALUES: readonly string[] = ['example.test', 'ward-example/1', '*/*'];
/** Deeper than names are ever encoded in examples. */
const DECODED_ROUNDS = 2;

interface Place {
  readonly path: string;
  readonly route: string | undefined;
  /** All that an author or a client wrote, as it is and decoded. */
  readonly text: string;
}

export class HitExample {
  readonly #request: ExampleRequest;
  readonly #span: Span;
  #place: Place | undefined;

  constructor(request: ExampleRequest, span: Span) {
    this.#request = request;
    this.#span = span;
  }

  /** `rules/sqli.ward:16`. */
  get where(): string {
    const { source, start } = this.#span;
    return `${source.path}:${source.lineAt(start).line}`;
  }

  /** Whether an exclusion of this scope takes away a value of this name from the example; `undefined`: any value. */
  isTouched(scope: ExclusionScope, name: string | undefined, routes: RouteFinder): boolean {
    const { path, route, text } = (this.#place ??= this.#read(routes));
    const inScope =
      scope.kind === 'route'
        ? route === scope.route
        : path === scope.path && (scope.method === undefined || scope.method === this.#request.method);
    if (!inScope || name === undefined) return inScope;
    // A JSON leaf is named by all keys above it; the last one stands in the text.
    return text.includes(name.slice(name.lastIndexOf('.') + 1));
  }

  #read(routes: RouteFinder): Place {
    const { method, target, headers, body = '', answered } = this.#request;
    const admission = admit(this.#request);
    const path = 'head' in admission ? admission.head.path : target;
    const given = [...headers, ...(answered?.headers ?? [])].filter(
      ([name, value]) => name !== 'content-length' && !USUAL_VALUES.includes(value),
    );
    const written = [target, ...given.map((line) => line.join(': ')), body, answered?.body ?? ''].join('\n');
    const text = `${written}\n${percentDecode(written.replaceAll('+', ' '), DECODED_ROUNDS)}`;
    return { path, route: routes.routeOf(method, path), text };
  }
}
