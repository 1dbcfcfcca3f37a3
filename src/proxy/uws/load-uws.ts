/**
 * Loads uWebSockets.js with its process-wide settings in place.
 *
 * The library reads the limit of a request head from the environment when it is loaded, and only in the main
 * thread, so `prepareUws` must run there before any worker imports this module's neighbour.
 */
import type * as UwsModule from 'uWebSockets.js';
import { SidecarError } from '../../core/errors.ts';

export type Uws = typeof UwsModule;

/** Turns off the `uWebSockets: 20` field in every response. */
const CFG_NO_MARK = '999999990007';

/** Announces the head limit to the library. Main thread only, before the first `loadUws` of the process. */
export function prepareUws(headBytesMax: number): void {
  process.env['UWS_HTTP_MAX_HEADERS_SIZE'] = String(headBytesMax);
}

/** Rejects with W_PLATFORM_UNSUPPORTED where the library ships no binary (musl, other Node versions). */
export async function loadUws(): Promise<Uws> {
  try {
    const uws = await import('uWebSockets.js');
    (uws as unknown as { _cfg(setting: string): void })._cfg(CFG_NO_MARK);
    return uws;
  } catch (cause) {
    throw new SidecarError(
      'W_PLATFORM_UNSUPPORTED',
      'uWebSockets.js has no binary for this platform and Node version.',
      {
        source: 'internal',
        cause,
        hint: 'Use the strict listener: --listener node.',
      },
    );
  }
}
