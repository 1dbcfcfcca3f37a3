/** What bounds certificates and tokens. A part of `limits.ts`, by which it is imported. */
import { KIB, MIB } from './units.ts';

/** Certificates of clients and of Ward. */
/** One certificate as text: with RSA-4096 and twenty names about 3 KiB; TLS libraries take 100 KiB for a whole chain. */
export const CERTIFICATE_PEM_BYTES_MAX = 64 * KIB;
/** Alternative names of a client's certificate: an identity has one or two, shared certificates of hosts a hundred. */
export const CERTIFICATE_NAMES_MAX = 128;
/** Certificates of clients kept as read: reading one costs 0.4 ms. A service has tens of callers; more are read again. */
export const CERTIFICATES_KEPT_MAX = 1_024;
/** Bytes of one file of revocation lists, as PEM: about 150,000 certificates. Public authorities have lists of some 10,000. */
export const CRL_BYTES_MAX = 8 * MIB;
/** Certificates of Ward by server name: a sidecar stands for one service, which has a handful of names. */
export const SERVER_NAMES_MAX = 64;
/** Conditions on clients' certificates, and entries of one: each is asked of each new certificate. */
export const CERTIFICATE_CONDITIONS_MAX = 256;
/** Certificates in one file: a chain has two to four, a bundle of all public roots about 150. */
export const CERTIFICATE_CHAIN_MAX = 512;

/** Tokens (JWT). */
/** One token: those of identity providers have 1 to 2 KiB, with many groups 4. `limits.header_value` bounds it too. */
export const TOKEN_BYTES_DEFAULT = 8 * KIB;
/** The header part of a token as sent; with a chain of certificates in it, which Ward does not read, about 6 KiB. */
export const TOKEN_HEADER_CHARS_MAX = 8 * KIB;
/** Headers remembered as read: issuers have a handful of keys, and each key one header. */
export const TOKEN_HEADERS_KEPT_MAX = 256;
/** Verified tokens a worker remembers: about 2 KiB each, so 16 MiB. Users who come again within minutes are fewer. */
export const TOKENS_KEPT_MAX = 8_192;
/** Refused tokens a worker remembers, 100 bytes each, and for how long: clients with an old key try again at once. */
export const TOKENS_REFUSED_KEPT_MAX = 8_192;
export const TOKEN_REFUSED_MS = 10_000;
/** Tokens of a worker that wait for keys or for a slow algorithm; the thread pool does about 3,000 such a second. */
export const TOKEN_CHECKS_MAX = 256;
export const TOKEN_ISSUERS_MAX = 16; // companies have a handful: staff, customers, machines, the old one
export const TOKEN_SOURCES_MAX = 4;
export const TOKEN_CLAIMS_FORWARDED_MAX = 16; // each a field the service must read
export const TOKEN_SKEW_MS_DEFAULT = 30_000; // clocks kept by NTP differ by far less
/** A skew is time in which expired tokens pass: more than some minutes is a broken clock that should be seen. */
export const TOKEN_SKEW_MS_MAX = 300_000;
/** A JWK set: large providers publish about ten keys in 10 KiB; with certificates 30. */
export const KEY_SET_BYTES_MAX = 256 * KIB;
export const KEYS_MAX = 100;
export const KEY_ID_CHARS_MAX = 256; // thumbprints have 43, names of keys in vaults about 100
/** RFC 7518 §3.3 demands 2048 bits; a check with 8192 takes 0.2 ms, and nobody signs with more. */
export const RSA_KEY_BITS_MIN = 2_048;
export const RSA_KEY_BITS_MAX = 8_192;
/** Keys are asked for again this often: how late a key that was taken back is noticed. */
export const JWKS_REFRESH_MS = 600_000;
/** Between two fetches, whoever asks: how late a key is noticed that came right after another unknown one. */
export const JWKS_COOLDOWN_MS = 30_000;
/** Without an answer the last keys stay good this long: a day of outage is survived, a stolen key does not live for ever. */
export const JWKS_KEEP_MS = 86_400_000;
/** Requests with an unknown key wait for a fetch: longer than any data centre needs, shorter than people wait. */
export const JWKS_TIMEOUT_MS = 5_000;
/** Authorities between a client's certificate and its root: there are one or two; more than this is a circle. */
export const CERTIFICATE_PATH_MAX = 8;
/** How often the dates of certificates are looked at while Ward runs. */
export const CERTIFICATE_CHECK_MS = 24 * 3_600_000;
/** How long an app with replaced certificates may still get connections that were accepted before: a turn of the loop or two. */
export const RETIRED_DOOR_MS = 1_000;

/** The external authoriser. */
/** How long it may take: one in the same network answers in 1 to 20 ms, and every request waits for it. */
export const AUTHORIZER_TIMEOUT_MS_DEFAULT = 250;
/** Longer than this a request must not hang on a question that comes before its own work. */
export const AUTHORIZER_TIMEOUT_MS_MAX = 10_000;
/** Connections of a worker to it: at 5 ms an answer these carry 12,000 questions a second. */
export const AUTHORIZER_CONNECTIONS_DEFAULT = 64;
/** Questions that may wait for one of them: at the same speed they have waited 20 ms. More is an authoriser too slow. */
export const AUTHORIZER_QUEUE_DEFAULT = 256;
/** The head of an answer: a handful of fields and cookies. */
export const AUTHORIZER_HEAD_BYTES_MAX = 16 * KIB;
/** The page of a refusal, held in memory until it is whole: login pages are redirects, and messages are short. */
export const AUTHORIZER_BODY_BYTES_DEFAULT = 16 * KIB;
export const AUTHORIZER_BODY_BYTES_MAX = 256 * KIB;
/** Of a body nobody wants, read for the sake of the connection; a new one costs more than this. */
export const AUTHORIZER_UNREAD_BYTES_MAX = 64 * KIB;
/** Names in one list of fields. */
export const AUTHORIZER_FIELDS_MAX = 32;
/** Failures in a row after which nobody asks for a while: with the deadline as shipped, one client waits about a second. */
export const AUTHORIZER_FAILURES = 5;
/** For how long, at first and at the longest: it is asked again soon, for without it nobody is served. */
export const AUTHORIZER_OPEN_MS = 500;
export const AUTHORIZER_OPEN_MS_MAX = 5_000;
