/** The requests of a checked policy: examples of rules, and scenarios. */
import type { ClientCertificate } from '../http/tls-facts.ts';
import type { Cidr } from '../http/address.ts';
import type { Span } from './source.ts';

// -- examples

export interface CheckedExample {
  readonly expect: 'hit' | 'miss' | 'pass' | 'todo';
  readonly request: ExampleRequest;
  readonly span: Span;
}

/** A request as rule authors write it, made whole: body and headers are those a client would send. Texts are latin1. */
export interface ExampleRequest {
  readonly method: string;
  readonly target: string;
  readonly from: string;
  /** In scenarios: each time the request is sent it comes from another address of this network, in turn. */
  readonly fromEach: Cidr | undefined;
  readonly scheme: 'http' | 'https';
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string | undefined;
  readonly answered:
    | {
        readonly status: number;
        readonly headers: readonly (readonly [string, string])[];
        readonly body: string;
      }
    | undefined;
  /** Claims of the token the request carries, taken as valid; undefined without `claims`. As JSON, texts latin1. */
  readonly claims: Readonly<Record<string, unknown>> | undefined;
  /** The certificate the client shows, taken as good; undefined without `cert`. */
  readonly certificate: ClientCertificate | undefined;
  /** Names of constructs of later work that the request uses. */
  readonly later: readonly string[];
}

// -- scenarios

export interface CheckedScenario {
  readonly title: string;
  readonly steps: readonly CheckedStep[];
  readonly span: Span;
}

export type CheckedStep =
  | {
      readonly kind: 'repeat';
      readonly times: number;
      readonly steps: readonly CheckedStep[];
      readonly span: Span;
    }
  | {
      readonly kind: 'send';
      readonly request: ExampleRequest;
      readonly expect: 'pass' | 'mask' | 'redirect' | 'block';
      /** Undefined: any. */
      readonly status: number | undefined;
      /** The rule or policy outcome that decides; undefined: any. */
      readonly by: string | undefined;
      readonly span: Span;
    }
  | { readonly kind: 'advance'; readonly ms: number; readonly span: Span }
  | {
      readonly kind: 'outage';
      readonly of: 'store' | 'upstream';
      /** False: `heal`. */
      readonly fails: boolean;
      readonly span: Span;
    }
  | { readonly kind: 'switch'; readonly name: string; readonly on: boolean; readonly span: Span };
