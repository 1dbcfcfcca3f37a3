/**
 * Errors an operator sees. Rule authors get `Diagnostic`s (dsl/diagnostics), clients get a plain status
 * (proxy/respond.ts); everything else that goes wrong is a `SidecarError` with a stable code.
 */

export type ErrorSource = 'downstream' | 'upstream' | 'internal' | 'configuration';

/** Stable codes; `docs/reference/errors.md` lists them and a test keeps both in step. A code is never reused. */
export const ERROR_CODES = {
  W_CONFIG_INVALID: 'The configuration does not fit its schema.',
  W_CONFIG_UNREADABLE: 'The configuration file cannot be read.',
  W_RULES_INVALID: 'The rule files do not compile.',
  W_RULES_UNREADABLE: 'A rule or list file cannot be read.',
  W_SECLANG_INVALID: 'SecLang files have a mistake, and the import is strict.',
  W_TLS_INVALID: 'A key, certificate or revocation list cannot be used.',
  W_LISTEN_FAILED: 'The address cannot be listened on.',
  W_ADMIN_UNREACHABLE: 'No Ward answers at the management address.',
  W_PLATFORM_UNSUPPORTED: 'A native part does not run on this platform.',
  W_TOOL_MISSING: 'A tool that the installation needs is missing.',
  W_UPSTREAM_REFUSED: 'The upstream refused the connection.',
  W_UPSTREAM_TIMEOUT: 'The upstream did not answer in time.',
  W_UPSTREAM_BROKEN: 'The upstream broke the connection or the protocol.',
  W_UPSTREAM_BUSY:
    'The upstream connections and their queue are full, or too many requests to it are in flight.',
  W_UPSTREAM_CIRCUIT_OPEN: 'The upstream failed so often that it is left alone for a while.',
  W_EGRESS_FORBIDDEN: 'The service called an address or a host that it may not call.',
  W_STORE_UNREACHABLE: 'Redis cannot be used, and the configuration says that it must.',
  W_REQUEST_MALFORMED: 'The request cannot be read the same way twice.',
  W_REQUEST_TOO_LARGE: 'The request is larger than a limit.',
  W_REQUEST_TIMEOUT: 'The client did not send the request in time.',
  W_CLIENT_GONE: 'The client closed the connection.',
  W_ENGINE_FAILED: 'The evaluation of the rules threw.',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

export interface SidecarErrorOptions {
  readonly source: ErrorSource;
  readonly retryable?: boolean;
  readonly cause?: unknown;
  /** What the operator can do about it, one sentence. */
  readonly hint?: string;
}

export class SidecarError extends Error {
  readonly code: ErrorCode;
  readonly source: ErrorSource;
  readonly retryable: boolean;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: SidecarErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'SidecarError';
    this.code = code;
    this.source = options.source;
    this.retryable = options.retryable ?? false;
    this.hint = options.hint;
  }
}
