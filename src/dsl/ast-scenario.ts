/** Syntax tree of the requests that examples and scenarios send, and of scenarios. */
import type {
  DurationLiteral,
  Identifier,
  IntLiteral,
  ItemNode,
  Json,
  MethodLiteral,
  Name,
  Node,
  StringLiteral,
} from './ast-expression.ts';

// -- requests of examples and scenarios

export interface Request extends Node {
  readonly kind: 'Request';
  readonly method: MethodLiteral;
  readonly target: StringLiteral;
  readonly options: readonly RequestOption[];
}

export type RequestOption =
  | FromOption
  | BodyOption
  | CertOption
  | HeaderOption
  | CookieOption
  | JsonOption
  | FormOption
  | ClaimsOption
  | PartOption
  | OverOption
  | AnsweredOption;

export interface FromOption extends Node {
  readonly kind: 'FromOption';
  readonly address: StringLiteral;
}

export interface BodyOption extends Node {
  readonly kind: 'BodyOption';
  readonly content: StringLiteral;
}

/** The identity of the client certificate: a URI such as a SPIFFE id, a subject, or a DNS name. */
export interface CertOption extends Node {
  readonly kind: 'CertOption';
  readonly identity: StringLiteral;
}

export interface HeaderOption extends Node {
  readonly kind: 'HeaderOption';
  readonly name: StringLiteral;
  readonly value: StringLiteral;
}

export interface CookieOption extends Node {
  readonly kind: 'CookieOption';
  readonly name: StringLiteral;
  readonly value: StringLiteral;
}

export interface JsonOption extends Node {
  readonly kind: 'JsonOption';
  readonly value: Json;
}

export interface FormOption extends Node {
  readonly kind: 'FormOption';
  readonly value: Json;
}

/** Claims of a verified token. */
export interface ClaimsOption extends Node {
  readonly kind: 'ClaimsOption';
  readonly value: Json;
}

/** A part of a multipart body; a file if it has a file name. */
export interface PartOption extends Node {
  readonly kind: 'PartOption';
  readonly name: StringLiteral;
  readonly filename: StringLiteral | undefined;
  readonly content: StringLiteral;
}

export interface OverOption extends Node {
  readonly kind: 'OverOption';
  readonly scheme: 'http' | 'https';
}

/** What the service behind Ward answers. */
export interface AnsweredOption extends Node {
  readonly kind: 'AnsweredOption';
  readonly status: IntLiteral;
  readonly parts: readonly (HeaderOption | JsonOption | BodyOption)[];
}

// -- scenarios

export interface Scenario extends ItemNode {
  readonly kind: 'Scenario';
  readonly title: StringLiteral;
  readonly steps: readonly ScenarioStep[];
}

export type ScenarioStep = RepeatStep | SendStep | AdvanceStep | OutageStep | SwitchStep;

export interface RepeatStep extends Node {
  readonly kind: 'RepeatStep';
  readonly times: IntLiteral;
  readonly steps: readonly ScenarioStep[];
}

export interface SendStep extends Node {
  readonly kind: 'SendStep';
  readonly request: Request;
  readonly expected: ExpectedVerdict;
  readonly by: Name | undefined;
}

/** `status` is defined for `redirect` and `block` only. */
export interface ExpectedVerdict extends Node {
  readonly kind: 'ExpectedVerdict';
  readonly verdict: 'pass' | 'mask' | 'redirect' | 'block';
  readonly status: IntLiteral | undefined;
}

export interface AdvanceStep extends Node {
  readonly kind: 'AdvanceStep';
  readonly duration: DurationLiteral;
}

export interface OutageStep extends Node {
  readonly kind: 'OutageStep';
  readonly change: 'fail' | 'heal';
  readonly service: 'store' | 'upstream';
}

export interface SwitchStep extends Node {
  readonly kind: 'SwitchStep';
  readonly name: Identifier;
  readonly on: boolean;
}
