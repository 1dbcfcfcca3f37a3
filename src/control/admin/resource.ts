/** What the management address is made of: one resource a path, one function a method, plain data in between. */

export interface AdminRequest {
  /** Percent-decoded; each name at most once. */
  readonly query: ReadonlyMap<string, string>;
  /** Parsed JSON of a POST; undefined for other methods. */
  readonly body: unknown;
}

export interface AdminReply {
  readonly status: number;
  /** Becomes JSON. */
  readonly body: unknown;
  /** Sent as it is, in place of the body. */
  readonly text?: string;
  /** A problem by default for statuses from 400 on (RFC 9457), else `application/json`. */
  readonly contentType?: string;
}

export type AdminMethod = 'GET' | 'POST' | 'DELETE';

export type AdminHandler = (request: AdminRequest) => AdminReply | Promise<AdminReply>;

export interface AdminResource {
  /** `/bans` */
  readonly path: string;
  /** Names the query may have; undefined: whatever a probe adds is ignored. */
  readonly parameters?: readonly string[];
  /**
   * Answered under any name in `host`, for probes and scrapers that come by the name of a service. Only for what a web page
   * may read without harm and cannot change.
   */
  readonly anyHost?: boolean;
  /** HEAD is answered wherever GET is. */
  readonly methods: Readonly<Partial<Record<AdminMethod, AdminHandler>>>;
}

/** An answer that says what is wrong (RFC 9457). `detail` is one sentence for the operator. */
export function problem(
  status: number,
  title: string,
  detail: string,
  more: Readonly<Record<string, unknown>> = {},
): AdminReply {
  return { status, body: { title, status, detail, ...more } };
}

/** For a GET and nothing else. */
export function getter(path: string, answer: () => AdminReply, anyHost: boolean): AdminResource {
  return { path, anyHost, methods: { GET: answer } };
}

/** Thrown by what a handler calls; becomes its answer. */
export class AdminProblem extends Error {
  readonly reply: AdminReply;

  constructor(status: number, title: string, detail: string) {
    super(detail);
    this.name = 'AdminProblem';
    this.reply = problem(status, title, detail);
  }
}
