/** Leads a request of the management address to its resource, and whatever goes wrong to a problem the caller can read. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ADMIN_BODY_BYTES_MAX } from '../../core/limits.ts';
import { hostFault, isJson, originFault } from './admission.ts';
import type { AdminHandler, AdminMethod, AdminReply, AdminResource } from './resource.ts';
import { AdminProblem, problem } from './resource.ts';

export class AdminRouter {
  readonly #resources: readonly AdminResource[];
  readonly #host: string;

  /** @param host where the server was told to listen */
  constructor(resources: readonly AdminResource[], host: string) {
    this.#resources = resources;
    this.#host = host;
  }

  /** Never rejects. */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let reply: AdminReply;
    try {
      reply = originFault(request) ?? (await this.#dispatch(request, response));
    } catch (error) {
      reply =
        error instanceof AdminProblem
          ? error.reply
          : problem(500, 'Failed', error instanceof Error ? error.message : String(error));
    }
    // A body that was not read to its end cannot be followed by another request.
    if (!request.complete) response.setHeader('connection', 'close');
    send(response, reply);
  }

  #dispatch(request: IncomingMessage, response: ServerResponse): AdminReply | Promise<AdminReply> {
    const target = request.url ?? '';
    const url = URL.canParse(target, ORIGIN) ? new URL(target, ORIGIN) : undefined;
    const resource = this.#resources.find(({ path }) => path === url?.pathname);
    const fault = resource?.anyHost === true ? undefined : hostFault(request, this.#host);
    if (fault !== undefined) return fault;
    if (url === undefined || resource === undefined) {
      const known = this.#resources.map(({ path }) => path);
      return problem(404, 'Unknown path', `there is ${known.join(', ')}`, { known });
    }
    const method = (request.method === 'HEAD' ? 'GET' : (request.method ?? '')) as AdminMethod;
    const handler = Object.hasOwn(resource.methods, method) ? resource.methods[method] : undefined;
    if (handler === undefined) {
      const allowed = Object.keys(resource.methods).join(', ').replace('GET', 'GET, HEAD');
      response.setHeader('allow', allowed);
      return problem(405, 'Method not allowed', `${resource.path} takes ${allowed}`);
    }
    return handle(request, handler, readQuery(url, resource), method === 'POST');
  }
}

/** Completes targets to URLs; never shown. */
const ORIGIN = 'http://admin';

async function handle(
  request: IncomingMessage,
  handler: AdminHandler,
  query: ReadonlyMap<string, string>,
  takesBody: boolean,
): Promise<AdminReply> {
  return handler({ query, body: takesBody ? await readBody(request) : undefined });
}

/** @throws AdminProblem for a name the resource does not know, which would otherwise widen what is meant */
function readQuery(url: URL, resource: AdminResource): ReadonlyMap<string, string> {
  const query = new Map<string, string>();
  for (const [name, value] of url.searchParams) {
    if (resource.parameters === undefined) continue;
    if (!resource.parameters.includes(name)) {
      const known = resource.parameters.join(', ');
      throw new AdminProblem(400, 'Unknown parameter', `${resource.path} takes the parameters ${known}`);
    }
    if (query.has(name)) throw new AdminProblem(400, 'Repeated parameter', `\`${name}\` stands there twice`);
    query.set(name, value);
  }
  return query;
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  if (!isJson(request.headers['content-type'])) {
    throw new AdminProblem(415, 'Unsupported media type', 'send `content-type: application/json`');
  }
  const text = await readText(request);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new AdminProblem(400, 'Malformed body', 'the body is no JSON');
  }
}

/** Not by iteration: leaving a loop over the request early would close the connection before the answer. */
function readText(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= ADMIN_BODY_BYTES_MAX) {
        chunks.push(chunk);
        return;
      }
      request.pause();
      reject(new AdminProblem(413, 'Body too large', `at most ${ADMIN_BODY_BYTES_MAX} bytes are taken`));
    });
    request.on('end', () => resolve(Buffer.concat(chunks).toString()));
    request.on('close', () => reject(new AdminProblem(400, 'Malformed body', 'the body ended early')));
  });
}

function send(response: ServerResponse, { status, body, text: asIs, contentType }: AdminReply): void {
  const text = asIs ?? `${JSON.stringify(body)}\n`;
  response.writeHead(status, {
    'content-type': contentType ?? (status < 400 ? 'application/json' : 'application/problem+json'),
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(text);
}
