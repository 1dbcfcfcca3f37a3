/**
 * The only place that chooses the statuses of Ward's own answers and writes them.
 *
 * A client learns a status and a request id and nothing about rules. Answers must neither be cached nor sniffed, so
 * that a refusal cannot poison a cache: `no-store`, `vary: accept`, `nosniff`. The format follows `Accept`:
 * problem details (RFC 9457), a plain page, or text.
 */
import { RETRY_AFTER_S_DEFAULT } from '../core/limits.ts';
import { breaksFieldLine, type UpstreamFailure } from './upstream/upstream.ts';
import type { InboundRequest } from './listener.ts';
import { reasonPhrase } from './status-line.ts';

export type PageFormat = 'problem' | 'html' | 'text';

/**
 * A user's own page. `{{status}}`, `{{reason}}` and `{{request_id}}` are replaced; there is nothing else to replace,
 * and none of the three can carry client-controlled text.
 */
export interface PageTemplate {
  readonly contentType: string;
  readonly text: string;
}

export type PageTemplates = Partial<Readonly<Record<PageFormat, PageTemplate>>>;

/** A page of somebody else, whole. */
export interface RefusalPage {
  readonly contentType: string;
  readonly body: Uint8Array;
}

export interface Refusal {
  readonly status: number;
  /** In place of Ward's own. */
  readonly page?: RefusalPage | undefined;
  readonly location?: string | undefined;
  readonly retryAfterS?: number | undefined;
}

const UPSTREAM_STATUS: Readonly<Record<UpstreamFailure, number>> = {
  refused: 502,
  broken: 502,
  timeout: 504,
  busy: 503,
  closing: 503,
  circuit_open: 503,
  forbidden: 403,
  too_large: 413,
};

/** What a client is told when the service gave no answer. */
export function refusalOfFailure(
  failure: UpstreamFailure,
  retryAfterS: number = RETRY_AFTER_S_DEFAULT,
): Refusal {
  const status = UPSTREAM_STATUS[failure];
  return status === 503 ? { status, retryAfterS } : { status };
}

const DEFAULT_TEMPLATES: Readonly<Record<PageFormat, PageTemplate>> = {
  problem: {
    contentType: 'application/problem+json',
    text: '{"type":"about:blank","title":"{{reason}}","status":{{status}},"request_id":"{{request_id}}"}\n',
  },
  html: {
    contentType: 'text/html; charset=utf-8',
    text: `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{{status}} {{reason}}</title>
<style>
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 34rem; margin: 18vh auto; padding: 0 1.5rem; }
h1 { font-size: 1.5rem; margin: 0 0 .5rem; }
p { margin: 0 0 1rem; }
code { font-family: ui-monospace, monospace; overflow-wrap: anywhere; }
</style>
</head>
<body>
<h1>{{status}} {{reason}}</h1>
<p>This request could not be served. If you think it should have been, pass on the id below.</p>
<p>Request id: <code>{{request_id}}</code></p>
</body>
</html>
`,
  },
  text: {
    contentType: 'text/plain; charset=utf-8',
    text: '{{status}} {{reason}}\nRequest id: {{request_id}}\n',
  },
};

/** Writes refusals; one per process, with the user's templates in place of the built-in ones. */
export class Responder {
  #templates: Readonly<Record<PageFormat, PageTemplate>>;

  constructor(templates: PageTemplates = {}) {
    this.#templates = { ...DEFAULT_TEMPLATES, ...templates };
  }

  /** Answers and ends the exchange. `extra` are further fields, such as the debug header. Returns the body's length. */
  refuse(inbound: InboundRequest, requestId: string, refusal: Refusal, extra: readonly string[]): number {
    const { status, location, retryAfterS } = refusal;
    const { contentType, body } = refusal.page ?? this.#page(inbound, status, requestId);
    const fields = [
      'content-type',
      contentType,
      'cache-control',
      'no-store',
      'vary',
      'accept',
      'x-content-type-options',
      'nosniff',
      'x-request-id',
      requestId,
      ...extra,
    ];
    if (location !== undefined && !breaksFieldLine(location)) fields.push('location', location);
    if (retryAfterS !== undefined) fields.push('retry-after', String(Math.ceil(retryAfterS)));
    inbound.respond(status, fields, body);
    return body.length;
  }

  #page(inbound: InboundRequest, status: number, requestId: string): RefusalPage {
    const { contentType, text } = this.#templates[formatFor(acceptOf(inbound.fields))];
    const own = render(text, status, requestId);
    return { contentType, body: Buffer.from(own, 'utf8') };
  }
}

function render(text: string, status: number, requestId: string): string {
  return text.replace(/\{\{(status|reason|request_id)\}\}/g, (_, name: string) =>
    name === 'status' ? String(status) : name === 'reason' ? reasonPhrase(status) : requestId,
  );
}

function acceptOf(fields: readonly string[]): string {
  for (let i = 0; i < fields.length; i += 2) if (fields[i] === 'accept') return fields[i + 1];
  return '';
}

/**
 * The format a client asked for: the first of the known media ranges it names with a weight above 0. Browsers name
 * `text/html` first; everything else, wildcards included, gets problem details, which programs can read.
 */
export function formatFor(accept: string): PageFormat {
  for (const range of accept.toLowerCase().split(',', ACCEPT_RANGES_MAX)) {
    const [type, ...parameters] = range.split(';').map((part) => part.trim());
    if (parameters.some((parameter) => /^q=0(?:\.0*)?$/.test(parameter))) continue;
    if (type === 'text/html' || type === 'application/xhtml+xml') return 'html';
    if (type === 'text/plain' || type === 'text/*') return 'text';
    if (type === 'application/problem+json' || type === 'application/json' || type === '*/*')
      return 'problem';
  }
  return 'problem';
}

const ACCEPT_RANGES_MAX = 32;
