import { describe, expect, it } from 'vitest';
import type { InboundRequest } from '../../../src/proxy/listener.ts';
import { formatFor, refusalOfFailure, Responder } from '../../../src/proxy/respond.ts';

interface Written {
  status: number;
  fields: Record<string, string>;
  body: string;
}

function inbound(accept: string | undefined): { request: InboundRequest; written: Written[] } {
  const written: Written[] = [];
  const request = {
    fields: accept === undefined ? [] : ['accept', accept],
    respond: (status: number, flat: readonly string[], body: Uint8Array) => {
      const pairs = Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]]);
      written.push({
        status,
        fields: Object.fromEntries(pairs) as Record<string, string>,
        body: Buffer.from(body).toString(),
      });
    },
  } as unknown as InboundRequest;
  return { request, written };
}

describe('Responder', () => {
  it('writes problem details that say nothing but status and id', () => {
    const { request, written } = inbound(undefined);
    new Responder().refuse(request, 'id-1', { status: 403 }, []);
    expect(JSON.parse(written[0].body)).toEqual({
      type: 'about:blank',
      title: 'Forbidden',
      status: 403,
      request_id: 'id-1',
    });
    expect(written[0].fields).toEqual({
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      vary: 'accept',
      'x-content-type-options': 'nosniff',
      'x-request-id': 'id-1',
    });
  });

  it('writes a redirect, a time to come back and further fields', () => {
    const { request, written } = inbound('*/*');
    new Responder().refuse(request, 'i', { status: 302, location: 'https://s.example/', retryAfterS: 1.2 }, [
      'x-ward-rules',
      '1',
    ]);
    expect(written[0].fields).toMatchObject({
      location: 'https://s.example/',
      'retry-after': '2',
      'x-ward-rules': '1',
    });
  });

  it('leaves out a location that would break the head', () => {
    const { request, written } = inbound('*/*');
    new Responder().refuse(request, 'i', { status: 302, location: 'https://s.example/\r\nx: y' }, []);
    expect(written[0].fields['location']).toBeUndefined();
  });

  it('uses the templates of the user', () => {
    const { request, written } = inbound('text/html');
    const html = { contentType: 'text/html', text: '<b>{{status}} {{reason}} {{request_id}} {{other}}</b>' };
    new Responder({ html }).refuse(request, '$&', { status: 404 }, []);
    expect(written[0].body).toBe('<b>404 Not Found $& {{other}}</b>');
  });

  it.each([
    ['', 'problem'],
    ['*/*', 'problem'],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'html'],
    ['TEXT/HTML', 'html'],
    ['application/json', 'problem'],
    ['text/plain', 'text'],
    ['text/html;q=0, text/plain', 'text'],
    ['text/html;q=0.0', 'problem'],
    ['image/png', 'problem'],
    [`${'a/b,'.repeat(40)}text/html`, 'problem'],
  ] as const)('answers accept %j with %s', (accept, format) => {
    expect(formatFor(accept)).toBe(format);
  });

  it('gives each failure of the upstream its status', () => {
    expect(
      ['refused', 'broken', 'timeout', 'busy', 'closing', 'circuit_open'].map(
        (one) => refusalOfFailure(one as 'busy').status,
      ),
    ).toEqual([502, 502, 504, 503, 503, 503]);
    expect(refusalOfFailure('circuit_open', 7)).toEqual({ status: 503, retryAfterS: 7 });
    expect(refusalOfFailure('timeout', 7)).toEqual({ status: 504 });
  });
});
