/** A Ward that asks an external authoriser, with that authoriser and a service, all over real sockets, for one `describe`. */
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { AUTHORIZER_HEAD_BYTES_MAX } from '../../src/core/limits.ts';
import type { Engine } from '../../src/engine/api.ts';
import type { AuthorizerStepOptions } from '../../src/proxy/entry/authorizer-step.ts';
import type { ListenerKind } from '../../src/proxy/listener.ts';
import type { UpstreamOptions } from '../../src/proxy/upstream/upstream.ts';
import { AuthorizerServer } from './authorizer-server.ts';
import { RawClient, type RawResponse } from './raw-client.ts';
import { RawUpstream } from './raw-upstream.ts';
import { startWard, upstreamOptions, type Ward, type WardSettings } from './ward.ts';

/** Long enough for a busy machine: tests that want a time-out set their own. */
export const PATIENT_MS = 20_000;

const step: AuthorizerStepOptions = {
  path: '',
  target: 'same',
  onFailure: 'deny',
  failureStatus: 503,
  requestFields: ['authorization', 'cookie'],
  serviceFields: ['x-user', 'x-role'],
  clientFields: ['set-cookie'],
  refusalFields: ['location', 'www-authenticate', 'set-cookie', 'retry-after'],
  refusalBodyBytesMax: 1_024,
  exemptPaths: ['/healthz', '/public/*'],
  exemptPreflights: false,
};

/** Registers the hooks; servers and helpers are those of the `describe` it is called in. */
export function authorizedWard(listener: ListenerKind, engine: Engine) {
  const upstream = new RawUpstream();
  const server = new AuthorizerServer();
  /** Answers with exact bytes. */
  const raw = new RawUpstream();
  let ward: Ward;
  const clients: RawClient[] = [];

  beforeAll(() => Promise.all([upstream.listen(), server.listen(), raw.listen()]));
  beforeEach(() => {
    upstream.reset();
    server.reset();
    raw.reset();
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy();
    await ward.close();
  });
  afterAll(() => Promise.all([upstream.close(), server.close(), raw.close()]));

  async function start(
    changes: Partial<AuthorizerStepOptions> = {},
    way: Partial<UpstreamOptions> = {},
    more: Partial<WardSettings> = {},
  ): Promise<void> {
    const authorizer = { ...step, ...changes };
    const totalMs = way.totalMs ?? PATIENT_MS;
    ward = await startWard({
      listener,
      upstreamPort: upstream.port,
      engine,
      ...more,
      options: {
        authorizer: upstreamOptions(server.port, {
          headersMs: 0,
          idleMs: 0,
          connectMs: totalMs,
          queueMsMax: totalMs,
          headBytesMax: AUTHORIZER_HEAD_BYTES_MAX,
          ...way,
          totalMs,
        }),
        entry: { https: undefined, certificates: { exemptPaths: [], forward: true }, authorizer },
        upstreamFields: {
          write: 'x-forwarded',
          passFromAnyone: [],
          passOddNames: [],
          owned: authorizer.serviceFields,
        },
        ...more.options,
      },
    });
  }

  function open(target = '/', lines: readonly string[] = [], body?: string, method = 'POST'): RawClient {
    const client = new RawClient(ward.port);
    clients.push(client);
    const framing =
      body === undefined
        ? []
        : ['Content-Type: application/x-www-form-urlencoded', `Content-Length: ${body.length}`];
    const verb = body === undefined && method === 'POST' ? 'GET' : method;
    client.send(
      [`${verb} ${target} HTTP/1.1`, 'Host: s.example', ...lines, ...framing, '', body ?? ''].join('\r\n'),
    );
    return client;
  }

  async function ask(
    target = '/',
    lines: readonly string[] = [],
    body?: string,
    method = 'POST',
  ): Promise<RawResponse> {
    const response = await open(target, lines, body, method).response(method, PATIENT_MS);
    if (response === null) throw new Error('no answer');
    return response;
  }

  /** The lines of the last request as the service got them. */
  const served = (): string[] => upstream.requests.at(-1)?.head.toLowerCase().split('\r\n').slice(1) ?? [];
  const denials = (): (string | undefined)[] => ward.records.map(({ denial }) => denial);
  const figures = () => ward.proxy.figures.authorizer;

  return {
    upstream,
    server,
    raw,
    start,
    open,
    ask,
    served,
    denials,
    figures,
    /** The one of this test, once started. */
    get ward(): Ward {
      return ward;
    },
  };
}
