/**
 * Every number that bounds anything in Ward, in one place.
 *
 * A limit stands here with the argument for its value and has a test that crosses it. Values a user may change
 * are defaults here and are repeated by name in the configuration or the policy; the rest are fixed.
 */

export const KIB = 1024;
export const MIB = 1024 * KIB;

/** Request head. Defaults suit an API: browsers send about 1 KB, large cookies 8 KB. */
export const HEAD_BYTES_MAX = 32 * KIB;
export const TARGET_BYTES_MAX = 8 * KIB;
export const HEADER_COUNT_MAX = 96; // uWebSockets.js parses 98 fields at the most
export const HEADER_NAME_BYTES_MAX = 256;
export const HEADER_VALUE_BYTES_MAX = 16 * KIB;
export const COOKIE_COUNT_MAX = 128;
export const REQUEST_ID_CHARS_MAX = 64;

/** Body. `hold`, `window` and `max` are policy settings (LANGUAGE: `body hold …, window …, max …`). */
export const BODY_HOLD_BYTES_DEFAULT = 256 * KIB;
export const BODY_WINDOW_BYTES_DEFAULT = 64 * KIB;
export const BODY_BYTES_MAX_DEFAULT = 32 * MIB;
export const RESPONSE_HOLD_BYTES_DEFAULT = 64 * KIB;
/** A response whose upstream falls silent is released from the hold after this long. */
export const RESPONSE_HOLD_MS_MAX = 50;

/** Readers. */
export const ARGUMENT_COUNT_MAX = 10_000;
export const ARGUMENT_NAME_BYTES_MAX = 1 * KIB;
export const JSON_DEPTH_MAX = 64;
export const JSON_NUMBER_BYTES_MAX = 1 * KIB;
export const NESTED_JSON_BYTES_MAX = 64 * KIB;
export const XML_DEPTH_MAX = 64;
export const XML_ATTRIBUTE_COUNT_MAX = 256;
export const MULTIPART_PART_COUNT_MAX = 1_000;
export const MULTIPART_PART_HEADER_BYTES_MAX = 8 * KIB;
export const MULTIPART_BOUNDARY_BYTES_MAX = 70; // RFC 2046 §5.1.1
/** Bytes read for a file's `magic`. */
export const FILE_MAGIC_BYTES = 512;

/** Content-Encoding. A body may inflate to this many times its size once it is past the grace. */
export const INFLATE_RATIO_MAX = 100;
export const INFLATE_GRACE_BYTES = 1 * MIB;
export const CONTENT_CODINGS_MAX = 1; // stacked codings are uninspectable

/** Evaluation. */
export const PERCENT_DECODE_ROUNDS_MAX = 10;
export const REPEATED_NAMES_MAX = 4_096; // names `repeats` counts; beyond it is unknown
export const MATCHES_REPORTED_MAX = 64;
export const VALUE_CACHE_ENTRIES_MAX = 4_096; // header LRU, per worker
export const VALUE_CACHE_VALUE_BYTES_MAX = 2 * KIB;
export const SHAPE_KEYS_MAX = 10_000;
export const HELD_MASKS_MAX = 1_000;

/** Language. A policy is written by people; these stop a generated or hostile file. */
export const SOURCE_BYTES_MAX = 8 * MIB;
export const NESTING_DEPTH_MAX = 64; // parentheses, blocks, JSON literals
export const DIAGNOSTICS_MAX = 200;
export const REGEX_SOURCE_CHARS_MAX = 16 * KIB;
export const REGEX_REPEAT_MAX = 1_000; // as RE2
export const RULES_MAX = 20_000;
export const LIST_ENTRIES_MAX = 1_000_000;
export const INCLUDE_FILES_MAX = 1_000;

/** Matcher. */
export const AUTOMATON_STATES_MAX = 2_000_000;
export const RE2_PROGRAM_BYTES_MAX = 8 * MIB;

/** Upstream. 503 beyond connections plus queue. */
export const UPSTREAM_CONNECTIONS_MAX = 256;
export const UPSTREAM_QUEUE_MAX = 1_024;
export const UPSTREAM_QUEUE_MS_MAX = 1_000;
export const UPSTREAM_CONNECT_MS = 2_000;
export const UPSTREAM_HEADERS_MS = 30_000;
export const UPSTREAM_IDLE_MS = 30_000;
export const UPSTREAM_KEEPALIVE_MS = 4_000;
export const UPSTREAM_TOTAL_MS = 0; // 0: no bound on a whole exchange, idle bounds it
export const UPSTREAM_HEAD_BYTES_MAX = 64 * KIB;

/** WebSocket. */
export const WS_MESSAGE_BYTES_MAX = 1 * MIB;
export const WS_QUEUE_BYTES_MAX = 1 * MIB;
export const WS_IDLE_S = 120;

/** Process. */
export const WORKERS_MAX = 64;
export const DRAIN_MS_DEFAULT = 10_000;
export const RELOAD_DEBOUNCE_MS = 100;
export const WARMUP_REQUESTS = 1_000;
export const LOG_VALUE_CHARS_MAX = 256;
export const ADMIN_BODY_BYTES_MAX = 64 * KIB;
