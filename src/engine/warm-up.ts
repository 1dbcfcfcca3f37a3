/** Runs the hot path until the compiler of the runtime has seen it: a first request would cost a hundred times more. */
import { WARMUP_REQUESTS } from '../core/limits.ts';
import { ipv4 } from '../http/address.ts';
import type { RequestHead } from '../http/request-head.ts';
import type { Engine } from './api.ts';

const DOCUMENTATION_ADDRESS = ipv4(0xc6336401); // 198.51.100.1, RFC 5737
const FORM = Buffer.from('name=Anna+B&comment=two+blue+shirts%2C+please&amount=12.50');
const JSON_BODY = Buffer.from(
  '{"customer":"c-1","items":[{"sku":"AB-1","qty":2,"note":"gift wrap it, please"}]}',
);
const BODIES = [
  { method: 'GET', type: undefined, body: undefined },
  { method: 'POST', type: 'application/x-www-form-urlencoded', body: FORM },
  { method: 'POST', type: 'application/json', body: JSON_BODY },
];
const ANSWER = Buffer.from('{"ok":true,"items":[1,2,3]}');

/** Evaluates `requests` synthetic exchanges; their verdicts are thrown away. About 100 ms for a large rule set. */
export function warmUp(engine: Engine, requests = WARMUP_REQUESTS): void {
  for (let i = 0; i < requests; i++) {
    const { method, type, body } = BODIES[i % BODIES.length];
    const transaction = engine.begin(headOf(i, method, type, body?.length), { gates: 'off' });
    if (body !== undefined) void transaction.requestBody(body);
    void transaction.requestEnd();
    if (transaction.verdict.action === 'pass') {
      transaction.responseHead(200, ['content-type', 'application/json']);
      void transaction.responseBody(ANSWER);
      void transaction.responseEnd();
    }
    transaction.close();
  }
}

function headOf(
  i: number,
  method: string,
  type: string | undefined,
  length: number | undefined,
): RequestHead {
  const query = `q=blue+shirts&page=${i}&ref=${encodeURIComponent(`home/${i % 7}?a=b`)}`;
  return {
    id: `warm-up-${i}`,
    method,
    target: `/items/${i % 13}?${query}`,
    sentTarget: `/items/${i % 13}?${query}`,
    rawPath: `/items/${i % 13}`,
    query,
    hasQuery: true,
    path: `/items/${i % 13}`,
    pathViews: [`/items/${i % 13}`],
    version: '1.1',
    scheme: 'https',
    host: 'warm-up.invalid',
    fields: [
      'host',
      'warm-up.invalid',
      'user-agent',
      `Mozilla/5.0 (X11; Linux x86_64) Gecko/${i}`,
      'accept',
      'text/html,application/json;q=0.9,*/*;q=0.8',
      'cookie',
      `sid=${i * 7919}; theme=dark`,
      ...(type === undefined ? [] : ['content-type', type]),
    ],
    contentLength: length,
    hasBody: length !== undefined,
    client: { ip: DOCUMENTATION_ADDRESS, peer: DOCUMENTATION_ADDRESS, port: undefined },
  };
}
