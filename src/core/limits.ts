/**
 * Every number that bounds anything in Ward, in one place: here, and by subject in the folder `limits`, all of it imported
 * from this file.
 *
 * A limit stands here with the argument for its value and has a test that crosses it. Values a user may change
 * are defaults here and are repeated by name in the configuration or the policy; the rest are fixed.
 */

import { DAY_MS, KIB, MIB } from './limits/units.ts';

export { KIB, MIB } from './limits/units.ts';
export * from './limits/detection-limits.ts';
export * from './limits/egress-limits.ts';
export * from './limits/http2-limits.ts';
export * from './limits/identity-limits.ts';
export * from './limits/limiter-limits.ts';

/** Request head. Defaults suit an API: browsers send about 1 KB, large cookies 8 KB. */
export const HEAD_BYTES_MAX = 32 * KIB;
export const TARGET_BYTES_MAX = 8 * KIB;
export const HEADER_COUNT_MAX = 96; // uWebSockets.js parses 98 fields at the most
export const HEADER_NAME_BYTES_MAX = 256;
export const HEADER_VALUE_BYTES_MAX = 16 * KIB;
export const COOKIE_COUNT_MAX = 128;
export const REQUEST_ID_CHARS_MAX = 64;

export const QUERY_PAIRS_MAX = 1_000; // arguments of a query; the target's length bounds them too
export const MEDIA_TYPE_PARAMETERS_MAX = 16; // real ones have at most three
/** Readings of one path: 3 ways to decode, 2 for backslashes, 2 for parameters, 2 for dots and spaces at the end of segments. */
export const PATH_VIEWS_MAX = 24;

/** Body. `hold`, `window` and `max` are policy settings (LANGUAGE: `body hold …, window …, max …`). */
export const BODY_HOLD_BYTES_DEFAULT = 256 * KIB;
export const BODY_WINDOW_BYTES_DEFAULT = 64 * KIB;
export const BODY_BYTES_MAX_DEFAULT = 32 * MIB;
export const RESPONSE_HOLD_BYTES_DEFAULT = 64 * KIB;
/** A response whose upstream falls silent is released from the hold after this long. */
export const RESPONSE_HOLD_MS_MAX = 50;

/** Readers. */
export const ARGUMENT_COUNT_MAX = 10_000; // of a form: services keep each, and nobody fills in as many
/**
 * Leaves, keys and elements of a JSON or XML document. None is kept, each costs no more than its bytes: a million take a
 * third of a second. Lock files and metadata of packages have some 100,000 in 1 to 4 MB.
 */
export const DOCUMENT_VALUE_COUNT_MAX = 1_000_000;
export const ARGUMENT_NAME_BYTES_MAX = 1 * KIB;
export const JSON_DEPTH_MAX = 64;
export const JSON_NUMBER_BYTES_MAX = 1 * KIB;
/**
 * Keys of objects still open are kept to find duplicates, about this much for each beside its text. Together they may take
 * what 30,000 keys of ten bytes do: dictionaries and lists of translations have a few thousand in one object.
 */
export const JSON_OPEN_KEY_OVERHEAD_BYTES = 128;
export const JSON_OPEN_KEY_BYTES_MAX = 4 * MIB;
/** Names of a document kept for the fields that come again. Documents of 1 MiB have a few dozen of 20 bytes; beyond, those of closed objects are made anew. */
export const JSON_KEPT_NAME_BYTES_MAX = 64 * KIB;
export const NESTED_JSON_BYTES_MAX = 64 * KIB;
export const XML_DEPTH_MAX = 64;
export const XML_ATTRIBUTE_COUNT_MAX = 256;
export const XML_DECLARATION_BYTES_MAX = 256; // the longest sensible one has about 60
/** GraphQL documents; what people write nests about 10 deep and spreads a few dozen fragments. Beyond, the measures are unknown. */
export const GRAPHQL_DEPTH_MAX = 200;
export const GRAPHQL_FRAGMENTS_MAX = 1_000;
export const GRAPHQL_SPREADS_MAX = 10_000;
/** A value in several pieces is joined as a string up to here and in one buffer beyond: joined strings cost 32 bytes a piece. */
export const VALUE_JOIN_BYTES_MAX = 4 * KIB;
export const MULTIPART_PART_COUNT_MAX = 1_000;
export const MULTIPART_PART_HEADER_BYTES_MAX = 8 * KIB;
export const MULTIPART_BOUNDARY_BYTES_MAX = 70; // RFC 2046 §5.1.1
/** Bytes read for a file's `magic`. */
export const FILE_MAGIC_BYTES = 512;

/** Content-Encoding. A body may inflate to this many times its size once it is past the grace. */
export const INFLATE_RATIO_MAX = 100;
export const INFLATE_GRACE_BYTES = 1 * MIB;
/** Fixed part, file name, comment and extra field of a gzip member; senders of HTTP use the 10 fixed bytes. */
export const GZIP_HEADER_BYTES_MAX = 1 * KIB;
export const CONTENT_CODINGS_MAX = 1; // stacked codings are uninspectable

/** Evaluation. */
export const PERCENT_DECODE_ROUNDS_MAX = 10;
/** Transformations share a buffer this large, two windows, and let it grow to the maximum; longer values allocate. */
export const TRANSFORM_SCRATCH_BYTES = 128 * KIB;
export const TRANSFORM_SCRATCH_BYTES_MAX = 1 * MIB;
/** Encodings in encodings that `unwrap` takes off: payloads in circulation nest two, and each layer costs a pass. */
export const UNWRAP_LAYERS_MAX = 4;
export const UNWRAP_PERCENT_ROUNDS = 3; // of percent escapes around another wrapping, as rules decode them
export const UNWRAP_FORM_BYTES_MAX = 4096; // as long as a cookie may be (RFC 6265, 6.1): longer fields are no form's value
/** Base64 that is the whole value: shorter ones hold five bytes, and every other word would be one. */
export const ENCODED_VALUE_CHARS_MIN = 8;
/** Base64 within a value: words are shorter, and twelve bytes are about the shortest payload that does something. */
export const ENCODED_RUN_CHARS_MIN = 16;
export const ENCODED_PIECES_MAX = 16; // parts between slashes that are tried one by one
/** A longer run at the start may be the rest of one that was cut there: its groups may begin at any of four places. */
export const CUT_RUN_CHARS_MIN = 4 * KIB;
/** Results a step keeps of long texts, so that the tests of one segment share them: rules begin in about three ways. */
export const REMEMBERED_TEXTS_MAX = 4;
/** Shorter texts cost less to transform than to look up; longer ones than a window do not come more than once. */
export const REMEMBERED_TEXT_BYTES_MIN = 2 * KIB;
export const REMEMBERED_TEXT_BYTES_MAX = 128 * KIB;
/** Matches with captures kept of header values that come again, in texts up to so many bytes: referers and hosts are short. */
export const REMEMBERED_MATCHES_MAX = 1_024;
export const REMEMBERED_MATCH_BYTES_MAX = 256;
export const FIND_MATCHES_MAX = 1_000; // spans `find` reports of one value; what follows cannot hide the rest
/** Combining marks in a row before `nfkc` cuts: UAX #15 §13 holds 30 to be more than any language needs. */
export const COMBINING_RUN_MAX = 30;
export const REPEATED_NAMES_MAX = 4_096; // names `repeats` counts; beyond it is unknown
export const MATCHES_REPORTED_MAX = 64;
export const VALUE_CACHE_ENTRIES_MAX = 4_096; // header LRU, per worker
/** Names of one body of which is remembered what follows from them; documents have a few dozen, of others those that come first. */
export const NAME_ROUTES_MAX = 1_024;
/** Fingerprints of texts seen once; a power of two, some times the cache, so that a text comes again before it is forgotten. */
export const SIGHTING_PLACES = 16_384;
export const VALUE_CACHE_VALUE_BYTES_MAX = 2 * KIB;
export const SHAPE_KEYS_MAX = 10_000;
/** Spans a `mask` test keeps until they are sent or its rule holds; what more values match is covered with the last. */
export const HELD_MASKS_MAX = 10_000;

/** Language. A policy is written by people; these stop a generated or hostile file. */
export const SOURCE_BYTES_MAX = 8 * MIB;
export const NESTING_DEPTH_MAX = 64; // parentheses, blocks, JSON literals
/** Timers run while a scenario lets time pass: an outage of hours probes its store every second. */
export const SCENARIO_TIMERS_MAX = 10_000;
export const DIAGNOSTICS_MAX = 200;
export const QUOTED_CHARS_MAX = 48; // of a word repeated in a message
export const EXCERPT_COLUMNS_MAX = 160; // of a source line shown under a message: a wide terminal
/** Layout of rule files: a line, and a condition that is broken at `and` and `or` sooner, to be read at a glance. */
export const FORMATTED_LINE_COLUMNS_MAX = 110;
export const FORMATTED_CONDITION_COLUMNS_MAX = 88;
export const NEAREST_NAME_CHARS_MAX = 64; // edit distance is quadratic; a longer word is no slip of the pen
export const REGEX_SOURCE_CHARS_MAX = 16 * KIB;
export const REGEX_REPEAT_MAX = 1_000; // as RE2
export const LIST_ENTRIES_MAX = 1_000_000;
export const INCLUDE_FILES_MAX = 1_000;
export const SECLANG_INCLUDE_DEPTH_MAX = 16; // CRS includes one deep; deeper nests are circles
/** Directives of an import, ten times those of CRS 4; each removal and update looks at every rule. */
export const SECLANG_DIRECTIVES_MAX = 10_000;
export const SECLANG_CHAIN_LINKS_MAX = 64; // CRS has chains of five; each link looks at those before it
/** Settings may name one another twice each, and so double with every rule; real ones are lists of a few hundred bytes. */
export const SECLANG_SETTING_CHARS_MAX = 64 * KIB;
export const SECLANG_PROBLEMS_MAX = 1_000; // more mistakes are no slips but another language

/** Limits of the rules language. Stores count microseconds in doubles, exact to 2^53: everything here stays far below. */
export const RATE_COUNT_MAX = 1_000_000_000;
export const RATE_PERIOD_MS_MAX = 31 * DAY_MS; // a month; a longer count belongs into the service
/** Between two tokens; a faster limit lets everything pass that one machine can send. */
export const EMISSION_INTERVAL_US_MIN = 1;
/** Until a burst is earned back; it is how long a store must remember a key. */
export const BURST_REFILL_MS_MAX = 31 * DAY_MS;
export const LIMIT_BLOCK_MS_MAX = 31 * DAY_MS;
export const LIMIT_KEY_PARTS_MAX = 8; // each part is evaluated, joined and hashed for every request
export const LIMIT_RATES_MAX = 16; // `allow` entries of one limiter: tried in order for every request
export const LIMIT_COST_MAX = 1_000_000_000; // tokens of one demand: sums of them stay exact
export const OWN_GATE_KEYS = 16_384; // held exactly by an engine that was given no gates: tests, examples, embeddings
export const FLOOD_BASELINE_MS_MIN = 1_000;
export const FLOOD_BASELINE_MS_MAX = 7 * DAY_MS;
export const FLOOD_TIMES_MAX = 1_000;
export const FLOOD_RELEASE_MS_MAX = DAY_MS;
export const FLOOD_STAGES_MAX = 8;
export const FLOOD_STAGE_AFTER_MS_MAX = DAY_MS;
/** Shorter is a limiter's block; longer is a list entry that somebody should look at once a year. */
export const BAN_MS_MIN = 1_000;
export const BAN_MS_MAX = 365 * DAY_MS;

/** Scenarios. `ward test` runs each request through the engine, about 100,000 in a few seconds. */
export const SCENARIO_REQUESTS_MAX = 100_000;
export const SCENARIO_DEPTH_MAX = 8; // repetitions in repetitions
export const SCENARIO_ADVANCE_MS_MAX = 400 * DAY_MS; // past the longest ban

/** Matcher. */
/** Groups in groups; the tree is walked by recursion, and no regex written by people nests a tenth of it. */
export const REGEX_DEPTH_MAX = 200;
/** Dense table of one alphabet. Beyond it literals are cut shorter, which filters less and finds the same. */
export const AUTOMATON_TABLE_BYTES_MAX = 64 * MIB;
/**
 * Groups of targets with automata of their own; a target beyond them joins the one most like it. There are about ten
 * kinds of targets: fields of heads, arguments, names, texts, of requests and responses, whole and in segments.
 */
export const AUTOMATON_GROUPS_MAX = 16;
/** Texts up to this long are decoded into a buffer of the matcher to see whether decoding them matters: a window. */
export const SCREENED_BYTES_MAX = 64 * KIB;
/** Which bytes occur is seen three times as fast in a buffer as in a string; to copy costs as much as 80 bytes of that. */
export const PRESENCE_COPIED_BYTES_MIN = 128;
export const PRESENCE_COPIED_BYTES_MAX = 64 * KIB; // a window
/** Longest literal the automaton looks for: eight bytes are rare enough in text, more only cost memory. */
export const LITERAL_BYTES_MAX = 8;
/** Literals of one requirement; a larger set is cut to short prefixes or given up. */
export const LITERALS_PER_CLAUSE_MAX = 20_000;
/** Variants of one value under `|>?`: eight such steps. */
export const CHAIN_VARIANTS_MAX = 256;
/** Estimated RE2 instructions of one regex: RE2 may spend each on every byte, and its own 8 MiB stay far away. */
export const REGEX_INSTRUCTIONS_MAX = 50_000;

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
/** How often waiting requests are looked through: the wait limit is exact to this. */
export const UPSTREAM_QUEUE_SWEEP_MS = 50;

/** Requests and WebSockets to the service at once, per worker. Connections and queue bound requests sooner; each WebSocket holds two sockets. */
export const UPSTREAM_IN_FLIGHT_MAX = 8_192;

/**
 * Fault drills. A minute outlasts the patience of callers, which is what a drill is about. At once per worker: each holds its
 * request and the piece of body in flight; beyond, requests go on without waiting.
 */
export const FAULT_DELAY_MS_MAX = 60_000;
export const FAULT_DELAYS_MAX = 1_024;

/** Circuit breaker. Ten failures in a row are no accident; a restart of a second or two costs as much again at the most. */
export const BREAKER_FAILURES_DEFAULT = 10;
export const BREAKER_FAILURES_MAX = 10_000;
export const BREAKER_OPEN_MS_DEFAULT = 1_000;
export const BREAKER_OPEN_MS_MAX_DEFAULT = 30_000; // the longest wait for a service that is well again
export const BREAKER_PROBES_DEFAULT = 3; // the fewest with a majority that one failure does not turn
export const BREAKER_PROBES_MAX = 100;
export const BREAKER_STATUSES_MAX = 100; // there are no more server errors than 500 to 599
/** Part of the open time that chance may take away, so that workers and replicas do not all probe at once. */
export const BREAKER_OPEN_JITTER = 0.25;
/** Answers among which half must be slow: a second's worth for a service with little to do. */
export const BREAKER_SLOW_WINDOW = 64;
/** Probes that are not decided after this long make room for others. */
export const BREAKER_PROBE_MS_MAX = 10_000;

/**
 * Overload. Timers of a busy loop come late by some milliseconds, by tens at the load of the bench; a fifth of a second in
 * every one of five in a row is more than clients wait for. In flight: four times what connections and queue to the
 * service can hold at once, less what its pressure takes away from half of it on.
 */
export const OVERLOAD_LOOP_DELAY_MS_DEFAULT = 200;
export const OVERLOAD_IN_FLIGHT_DEFAULT = 8_192;
export const OVERLOAD_IN_FLIGHT_MAX = 1_000_000; // what may be configured
/** Part of the room in flight at which shedding begins. */
export const OVERLOAD_IN_FLIGHT_START = 0.5;
export const OVERLOAD_RETRY_AFTER_S_DEFAULT = 2;
/** From full pressure to none, so that the flood that was shed does not come back at once. */
export const OVERLOAD_FALL_MS = 2_000;
export const LOOP_DELAY_SAMPLE_MS = 20; // 50 timers a second cost 0.03 % of a core
export const LOOP_DELAY_SAMPLES = 5; // more than one long request or collection can delay
/** Requests at once to the paths of `overload.keep`; beyond it they are shed as others are, else they were a way around. */
export const KEPT_IN_FLIGHT_MAX = 64;
/** The service's usual latency: learnt from this many answers, and the average over as many. */
export const LATENCY_BASELINE_ANSWERS = 1_024;
/** Times the usual latency before the room in flight shrinks; answers of services differ by ten and more from route to route. */
export const LATENCY_TOLERANCE = 10;
export const LATENCY_FLOOR_MS = 10; // faster is no slower than this: fractions of a millisecond vary a lot
export const LATENCY_GRADIENT_MIN = 0.25;

/** Clients. Places of 36 bytes, half a megabyte a worker; eight ways keep the chance of a full set small. */
export const CLIENT_TABLE_PLACES = 16_384;
export const CLIENT_TABLE_WAYS = 8;
/** Requests and hang-ups of clients are counted in turns of this length. */
export const CLIENT_TURN_MS = 10_000;
/** Turns with a good answer: from half a minute on a client is known, five minutes outlast many turns of refusals. */
export const CLIENT_STANDING_ESTABLISHED = 3;
export const CLIENT_STANDING_MAX = 30;
/** Part of a worker's requests that is a large one whatever the number of clients. */
export const CLIENT_SHARE_MAX = 0.05;
/** Less than connections and queue to the service hold together: one client alone cannot fill both. */
export const IN_FLIGHT_PER_CLIENT_DEFAULT = 1_024;
export const IN_FLIGHT_PER_CLIENT_MAX = 65_535; // counted in 16 bits
/** Requests given up before their answer within about `CLIENT_TURN_MS`, if they are the most of a client's; an office whose line is cut gives up some of many. */
export const RESETS_PER_CLIENT_DEFAULT = 100;
export const RESETS_PER_CLIENT_MAX = 1_000_000;

/**
 * Slow and greedy clients. Each connection may wait with a head of `HEAD_BYTES_MAX`: 256 MiB if all of a worker's do.
 * One client gets a sixteenth; browsers open six, a thousand people behind one address rarely more than this at once.
 */
export const CONNECTIONS_DEFAULT = 8_192;
export const CONNECTIONS_PER_CLIENT_DEFAULT = 512;
export const CONNECTIONS_MAX = 1_000_000; // what may be configured: more than a process has file descriptors
/** Clients whose connections are counted apart, about 150 bytes each; others are held to the worker's limit alone. */
export const CONNECTION_CLIENTS_MAX = 65_536;
/** uWebSockets.js cuts an unused connection within 12 s: one that was not touched for such a turn is gone. */
export const CONNECTION_TURN_MS = 16_000;
/** Bytes of body a second; the slowest mobile networks still carry ten times that. */
export const BODY_RATE_MIN_DEFAULT = 512;
export const BODY_RATE_MIN_MAX = 1 * MIB; // what may be configured
/** Each such stretch of a body must bring its bytes: long enough to change from one radio cell to another. */
export const BODY_RATE_WINDOW_MS = 10_000;
/** How often bodies and blocked answers are looked through; far more often than uWebSockets.js loses patience. */
export const SLOW_SWEEP_MS = 1_000;
/**
 * Answers nobody reads, as parts of the connections to the service: all together, and one client's. The other half is
 * free for those who read; an eighth, 32, are more large downloads than an office has at once.
 */
export const UNREAD_ANSWERS_SHARE_MAX = 1 / 2;
export const UNREAD_CLIENT_SHARE_MAX = 1 / 8;
/** A client that took nothing for this long is no reader; others take something many times a second. */
export const UNREAD_ANSWER_MS_MIN = 1_000;
/** Time in which a client must take something of what waits for it: a slow line empties a third of a full buffer of 4 MiB. */
export const CLIENT_WRITE_MS = 30_000;

/** Exchange. Chunks are copied into slabs of one size, so that a body of any length reuses the same memory. */
export const SLAB_BYTES = 64 * KIB;
export const SLABS_KEPT_MAX = 256; // 16 MiB per worker, after a burst
/** Body bytes shown to the engine in one turn of the event loop, so that one upload does not stall the others. */
export const INSPECT_TURN_BYTES = 256 * KIB;
/**
 * uWebSockets.js reads on while a read fills its 512 KiB buffer, paused or not: what the kernel holds (`tcp_rmem`, up
 * to 6 MiB as Linux comes, 32 MiB where tuned) and what comes in while that is copied. Four raw uploads over loopback
 * on two busy cores piled up 64 MiB in one request. What goes on beyond this would never end and gets 503.
 */
export const PAUSED_BODY_BYTES_MAX = 256 * MIB;
/** Cleared request bytes that wait for the upstream before the client is paused; one uWebSockets.js read is up to 512 KiB. */
export const REQUEST_UNSENT_BYTES_MAX = 256 * KIB;
/** Released response bytes that wait for the client before the upstream is paused. */
export const RESPONSE_UNSENT_BYTES_MAX = 256 * KIB;
/** A refused client may send this much of its body before the connection is cut, so that it reads the answer. */
export const UNREAD_BODY_BYTES_MAX = 1 * MIB;
export const FORWARDED_HOPS_MAX = 32; // addresses read from x-forwarded-for or forwarded
/** A PROXY protocol preamble with its extensions; balancers send 28 to about 300 bytes. */
export const PROXY_PREAMBLE_BYTES_MAX = 2 * KIB;
export const PEER_CACHE_ENTRIES_MAX = 1_024;
/** Strict listener: requests a client may send ahead of their answers; browsers send none, each costs about 4 KiB. */
export const PIPELINED_REQUESTS_MAX = 32;
export const NODE_HEADERS_MS = 10_000; // strict listener: time for a request head
export const NODE_REQUEST_MS = 300_000; // strict listener: time for a whole request
export const NODE_KEEPALIVE_MS = 10_000;
export const RETRY_AFTER_S_DEFAULT = 1; // sent with a 503 of Ward's own

/** WebSocket. */
export const WS_MESSAGE_BYTES_MAX = 1 * MIB;
export const WS_QUEUE_BYTES_MAX = 1 * MIB;
export const WS_IDLE_S = 120;

/** Process. */
export const WORKERS_MAX = 64;
export const DRAIN_MS_DEFAULT = 10_000;
export const RELOAD_DEBOUNCE_MS = 100;
export const WARMUP_REQUESTS = 1_000;
/**
 * Growth of a thread's heap, while it reads or compiles rules, from which on it collects: a young generation of V8 at its
 * largest (two halves of 16 MiB), which any thread may hold anyway. A few rules leave less, so no thread stops for them.
 */
export const HEAP_GARBAGE_BYTES_MAX = 32 * MIB;
/** Time after which V8 has forgotten that much was allocated: it looks at the last five seconds. */
export const HEAP_SETTLED_MS = 10_000;
export const LOG_VALUE_CHARS_MAX = 256;

/** Configuration and telemetry. A configuration is written by people; a log that nobody reads must not fill memory. */
export const CONFIG_BYTES_MAX = 1 * MIB;
export const CONFIG_LIST_ENTRIES_MAX = 1_000;
export const SECRETS_MAX = 100;
export const SECRET_BYTES_MAX = 64 * KIB;
export const LOG_QUEUE_BYTES_MAX = 8 * MIB; // beyond it lines are dropped and counted
/** Samples of one thread's metrics; a policy of 500 rules that all refuse needs about 600. */
export const METRIC_SAMPLES_MAX = 10_000;
export const METRICS_REPORT_MS = 1_000; // how often workers send theirs
export const LOG_BATCH_BYTES_MAX = 256 * KIB; // one write; keeps a slow disk from copying the whole queue

/** Supervision of worker threads: a worker that dies this often within the window takes the process with it. */
export const WORKER_RESTARTS_MAX = 10;
export const WORKER_RESTART_WINDOW_MS = 60_000;
export const WORKER_BACKOFF_MS = 100; // doubles with each restart of the window
export const WORKER_BACKOFF_MS_MAX = 2_000;
export const WORKER_START_MS = 60_000; // compiling, warming and listening
export const WORKER_END_MS = 2_000; // after its deadline a worker that answers has closed everything
export const REFUSAL_TEMPLATE_BYTES_MAX = 64 * KIB;

/** Engine. */
/** Values and bytes a binder block over two selections may keep per request; beyond it is unknown. */
export const RETAINED_VALUES_MAX = 10_000;
export const RETAINED_BYTES_MAX = 256 * KIB;
/** Plans per program: as many as route combinations that occur; a client who forces new ones only costs time. */
export const ROUTE_PLANS_MAX = 1_024;
/** Evaluation states kept for reuse per engine; more transactions than this at once are simply allocated. */
export const EVALUATION_POOL_MAX = 256;

/** Redis. Addresses and nodes are written by people; a Cluster may have a thousand nodes, but a few are enough to find it. */
export const REDIS_URL_CHARS_MAX = 4 * KIB;
export const REDIS_NODES_MAX = 64;
export const REDIS_DATABASE_MAX = 1_023; // as many as anybody sets `databases` to; Redis has 16
/** Connecting with TLS is a few trips; a machine that is there but does not answer this long is not there. */
export const REDIS_CONNECT_MS = 2_000;

/** Management address. */
export const ADMIN_BODY_BYTES_MAX = 4 * KIB; // the longest request is a ban with key and reason
export const ADMIN_CONNECTIONS_MAX = 64; // probes, scrapers and operators
