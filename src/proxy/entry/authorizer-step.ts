/**
 * Asks the external authoriser whether a request may pass, and does what it says (`ext_authz` of Envoy, `auth_request` of
 * nginx).
 *
 * It is told what Ward found out, whatever the client says of itself only in fields that are listed. 2xx lets the request
 * on, with listed fields of the answer for the service and for the client. 3xx and 4xx are the client's answer, with
 * listed fields and, if it is small enough, the page. Everything else is no answer, and what follows is a setting.
 */
import { RETRY_AFTER_S_DEFAULT } from '../../core/limits.ts';
import { combineLines, isFieldValue } from '../../http/fields.ts';
import type { AuthorizerAnswer, AuthorizerFailure } from '../authorizer/authorizer-call.ts';
import type { AuthorizerQuestion } from '../authorizer/authorizer.ts';
import type { RefusalPage } from '../respond.ts';
import { UpstreamFields } from '../upstream-fields.ts';
import type { Denial, Finding, LastRequest, LastStep, StepAnswer } from './entry-step.ts';
import { Exemption, type ExemptionOptions } from './exemption.ts';

/** Plain data, as configured. Names of fields are lower-case. */
export interface AuthorizerStepOptions extends ExemptionOptions {
  /** Path of its address, without a slash at the end. */
  readonly path: string;
  /**
   * `same`: the method, and the target behind `path`, as the service would get them. `fixed`: GET of `path`; only the
   * fields tell what is asked for.
   */
  readonly target: 'same' | 'fixed';
  readonly onFailure: 'deny' | 'allow';
  readonly failureStatus: number;
  /** Fields of the client it is sent. */
  readonly requestFields: readonly string[];
  /** Fields of an admission that the service gets; clients' own of these names never reach it. */
  readonly serviceFields: readonly string[];
  /** Fields of an admission that the client gets with the service's answer. */
  readonly clientFields: readonly string[];
  /** Fields of a refusal that the client gets. */
  readonly refusalFields: readonly string[];
  /** 0: the client gets Ward's own page. */
  readonly refusalBodyBytesMax: number;
}

/** Asks; `takeBack` when nobody waits for the answer any more, which is then undefined. */
export interface AuthorizerPort {
  ask(
    question: AuthorizerQuestion,
    bodyBytesMax: number,
  ): { readonly answer: Promise<AuthorizerAnswer | AuthorizerFailure | undefined>; takeBack(): void };
}

/** What Ward itself says of a request (`UpstreamFields`): always sent. */
const WARDS_OWN: readonly string[] = [
  'host',
  'x-request-id',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
];

const EXEMPT: Finding = { kind: 'finding', note: { exempt: ['authorizer'] } };

export class AuthorizerStep implements LastStep {
  readonly #options: AuthorizerStepOptions;
  readonly #authorizer: AuthorizerPort;
  readonly #exemption: Exemption;
  readonly #told: ReadonlySet<string>;
  readonly #toService: ReadonlySet<string>;
  readonly #toClient: ReadonlySet<string>;
  readonly #ofRefusal: ReadonlySet<string>;
  readonly #fields: UpstreamFields;

  constructor(options: AuthorizerStepOptions, authorizer: AuthorizerPort) {
    this.#options = options;
    this.#authorizer = authorizer;
    this.#exemption = new Exemption(options);
    this.#told = new Set([...WARDS_OWN, ...options.requestFields]);
    this.#toService = new Set(options.serviceFields);
    this.#toClient = new Set(options.clientFields);
    this.#ofRefusal = new Set(options.refusalFields);
    // What the service is told of the client, so that both hear the same; written even where the service wants none.
    this.#fields = new UpstreamFields({ write: 'x-forwarded', passFromAnyone: [], passOddNames: [] });
  }

  ask(request: LastRequest): StepAnswer | Promise<StepAnswer> {
    if (this.#exemption.covers(request.head)) return EXEMPT;
    const { answer, takeBack } = this.#send(request);
    request.onClosed(takeBack);
    return answer.then((settled) => {
      if (settled === undefined) return undefined; // the client is gone
      if (typeof settled === 'string') return this.#failed(settled);
      return settled.isAdmission ? this.#admit(settled) : this.#refuse(settled);
    });
  }

  #send(request: LastRequest): ReturnType<AuthorizerPort['ask']> {
    const { path, target, refusalBodyBytesMax } = this.#options;
    const { head } = request;
    const uri = head.hasQuery ? `${head.path}?${head.query}` : head.path;
    const question: AuthorizerQuestion =
      target === 'fixed'
        ? { method: 'GET', target: path === '' ? '/' : path, fields: this.#tell(request, uri) }
        : { method: head.method, target: path + uri, fields: this.#tell(request, uri) };
    const call = this.#authorizer.ask(question, refusalBodyBytesMax);
    return { answer: call.answer, takeBack: () => call.takeBack() };
  }

  /** Every line of a listed field: an authoriser that sees one of two decides about another request than the service's. */
  #tell({ head, peerTrusted, upstreamFields }: LastRequest, uri: string): string[] {
    const all = this.#fields.build(head, peerTrusted, undefined);
    const fields: string[] = [];
    for (let i = 0; i < all.length; i += 2) {
      if (this.#told.has(all[i]) && !isAmong(upstreamFields, all[i])) fields.push(all[i], all[i + 1]);
    }
    fields.push('x-forwarded-method', head.method, 'x-forwarded-uri', uri, ...upstreamFields);
    return fields;
  }

  #admit({ fields }: AuthorizerAnswer): StepAnswer {
    const upstreamFields = select(fields, this.#toService);
    const answerFields = select(fields, this.#toClient);
    // A service must not take its caller for nobody because a field could not be written.
    if (upstreamFields === undefined || answerFields === undefined) return this.#failed('broken');
    return { kind: 'finding', upstreamFields, answerFields };
  }

  #refuse({ status, fields, body }: AuthorizerAnswer): Denial {
    const page = body === undefined || body.length === 0 ? undefined : pageOf(fields, body);
    const forClient = select(fields, this.#ofRefusal) ?? [];
    return { kind: 'denial', reason: 'authorizer.refused', status, fields: forClient, page };
  }

  #failed(failure: AuthorizerFailure): StepAnswer {
    const { onFailure, failureStatus: status } = this.#options;
    if (onFailure === 'allow') return { kind: 'finding', note: { unauthorized: failure } };
    const retryAfterS = status === 503 ? RETRY_AFTER_S_DEFAULT : undefined;
    return { kind: 'denial', reason: `authorizer.${failure}`, status, retryAfterS };
  }
}

/** The lines of the named fields; undefined if one cannot be written. */
function select(fields: readonly string[], names: ReadonlySet<string>): readonly string[] | undefined {
  const selected: string[] = [];
  for (let i = 0; i < fields.length; i += 2) {
    if (!names.has(fields[i])) continue;
    if (!isFieldValue(fields[i + 1])) return undefined;
    selected.push(fields[i], fields[i + 1]);
  }
  return selected;
}

/** Text of no stated type is shown as text, never guessed at. */
function pageOf(fields: readonly string[], body: Uint8Array): RefusalPage | undefined {
  const contentType = combineLines(fields, 'content-type') ?? 'text/plain; charset=utf-8';
  return isFieldValue(contentType) ? { contentType, body } : undefined;
}

function isAmong(fields: readonly string[], name: string): boolean {
  for (let i = 0; i < fields.length; i += 2) if (fields[i] === name) return true;
  return false;
}
