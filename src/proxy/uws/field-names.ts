/** Strings for the field names that come again and again. */

/**
 * The names most requests carry. The library makes new strings for each request; with one of these in its place no
 * later look-up of the name computes a hash again, and most comparisons end at the first pointer.
 */
export const FIELD_NAMES: ReadonlyMap<string, string> = new Map(
  [
    'accept',
    'accept-encoding',
    'accept-language',
    'authorization',
    'cache-control',
    'connection',
    'content-length',
    'content-type',
    'cookie',
    'dnt',
    'host',
    'if-modified-since',
    'if-none-match',
    'origin',
    'pragma',
    'priority',
    'range',
    'referer',
    'sec-ch-ua',
    'sec-ch-ua-mobile',
    'sec-ch-ua-platform',
    'sec-fetch-dest',
    'sec-fetch-mode',
    'sec-fetch-site',
    'sec-fetch-user',
    'te',
    'transfer-encoding',
    'upgrade-insecure-requests',
    'user-agent',
    'x-forwarded-for',
    'x-forwarded-host',
    'x-forwarded-proto',
    'x-request-id',
    'x-requested-with',
  ].map((name) => [name, name]),
);
