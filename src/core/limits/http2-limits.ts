/** What bounds connections of HTTP/2 on the strict listener. A part of `limits.ts`, by which it is imported. */
import { KIB, MIB } from './units.ts';

/** Streams of one connection at once: RFC 9113 §6.5.2 asks for no fewer than 100, and browsers open no more. */
export const HTTP2_STREAMS_MAX = 100;
/** Bytes of a body a client may send before Ward takes them: RFC 9113's own figure. All streams together fit into the memory below. */
export const HTTP2_STREAM_WINDOW_BYTES = 64 * KIB - 1;
/** What Node may hold for one connection, in its megabytes: 6.5 of windows, and heads of streams that are still to be served. */
export const HTTP2_CONNECTION_MEGABYTES_MAX = 10;
/** The client's table of field lines (HPACK), held per connection: RFC 7541's own figure. */
export const HTTP2_FIELD_TABLE_BYTES_MAX = 4 * KIB;
/** Settings of one SETTINGS frame: RFC 9113 and its extensions know about ten. */
export const HTTP2_SETTINGS_MAX = 16;
/** Empty DATA frames and the like: a sloppy encoder ends each of its bodies with one. */
export const HTTP2_INVALID_FRAMES_MAX = 100;
/** Streams opened beyond what the client knew to be allowed: only those sent before it read our settings can be. */
export const HTTP2_REJECTED_STREAMS_MAX = 100;
/**
 * Streams that end before their answer did, whoever reset them (rapid reset, CVE-2023-44487; MadeYouReset, CVE-2025-8671).
 * A browser that leaves a page cancels what is open, at most all streams: twice that at once, and then as many a second as
 * a person can click.
 */
export const HTTP2_RESETS_BURST = 2 * HTTP2_STREAMS_MAX;
export const HTTP2_RESETS_PER_S = 20;
/** PING and SETTINGS frames, each of which costs an answer: gRPC measures its line with some a second, in bursts. */
export const HTTP2_CONTROL_FRAMES_BURST = 1_000;
export const HTTP2_CONTROL_FRAMES_PER_S = 100;
/**
 * Bytes that are neither head nor body (frame heads, padding, PRIORITY, WINDOW_UPDATE, unknown frames, heads that were
 * refused in the making), beyond an eighth of what was carried. Handling 64 KiB of them takes about a millisecond a second.
 */
export const HTTP2_OVERHEAD_BYTES_BURST = 1 * MIB;
export const HTTP2_OVERHEAD_BYTES_PER_S = 64 * KIB;
export const HTTP2_OVERHEAD_SHARE = 1 / 8;
/** Trailer fields of an answer: gRPC sends three, digests and timings one each. */
export const ANSWER_TRAILERS_MAX = 16;
export const ANSWER_TRAILER_BYTES_MAX = 8 * KIB; // of all together: what an error message of gRPC may have
