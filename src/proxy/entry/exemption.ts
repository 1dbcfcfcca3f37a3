/** Which requests a step makes no demand on: by path, and preflights of browsers where told to. */
import type { RequestHead } from '../../http/request-head.ts';
import { lowerAscii } from '../../http/transform/lower.ts';

export interface ExemptionOptions {
  /** Canonical paths; `/public/*` is everything below. */
  readonly exemptPaths: readonly string[];
  /** Browsers ask with OPTIONS, and without credentials, whether a page may send a request (Fetch §3.2.2, CORS preflight). */
  readonly exemptPreflights: boolean;
}

export class Exemption {
  readonly #preflights: boolean;
  readonly #exactPaths: ReadonlySet<string>;
  readonly #pathPrefixes: readonly string[];

  constructor({ exemptPaths, exemptPreflights }: ExemptionOptions) {
    this.#preflights = exemptPreflights;
    const isPrefix = (path: string): boolean => path.endsWith('/*');
    this.#exactPaths = new Set(exemptPaths.filter((path) => !isPrefix(path)));
    this.#pathPrefixes = exemptPaths.filter(isPrefix).map((path) => path.slice(0, -1));
  }

  /** Only if no server could read the path as one that is not exempt. */
  covers(head: RequestHead): boolean {
    if (this.#preflights && isPreflight(head)) return true;
    const isExempt = (path: string): boolean => this.#coversPath(path);
    return (
      isExempt(head.path) && head.pathViews.every((view) => isExempt(view) && isExempt(lowerAscii(view)))
    );
  }

  #coversPath(path: string): boolean {
    return this.#exactPaths.has(path) || this.#pathPrefixes.some((prefix) => path.startsWith(prefix));
  }
}

function isPreflight({ method, fields, hasBody }: RequestHead): boolean {
  if (method !== 'OPTIONS' || hasBody) return false;
  let [hasOrigin, asksMethod] = [false, false];
  for (let at = 0; at < fields.length; at += 2) {
    if (fields[at] === 'origin') hasOrigin = true;
    else if (fields[at] === 'access-control-request-method') asksMethod = true;
  }
  return hasOrigin && asksMethod;
}
