/** Fetches one JWK set. Whatever is not exactly that is an error: no redirects, no other type, no endless body. */
import { KEY_SET_BYTES_MAX } from '../../core/limits.ts';
import { KeySetError } from './key-set.ts';

/**
 * The text at the address.
 * @throws KeySetError if the answer is no JWK set by status, type or size; whatever `fetch` throws if there is none in time
 */
export async function fetchJwks(url: string, timeoutMs: number): Promise<string> {
  const response = await fetch(url, {
    headers: { accept: 'application/jwk-set+json, application/json' },
    redirect: 'error',
    credentials: 'omit',
    signal: AbortSignal.timeout(timeoutMs),
  });
  if (response.status !== 200) throw await given(response, `was answered with status ${response.status}`);
  const type = (response.headers.get('content-type') ?? '').split(';', 1)[0].trim().toLowerCase();
  if (!/^application\/(?:[a-z.-]+\+)?json$/.test(type))
    throw await given(response, 'was answered with something that is not JSON');
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > KEY_SET_BYTES_MAX) throw new KeySetError(`is larger than ${KEY_SET_BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The error for an answer whose body nobody wants. */
async function given(response: Response, message: string): Promise<KeySetError> {
  await response.body?.cancel();
  return new KeySetError(message);
}
