/** What bounds limits, floods and bans of clients, and the store they share. A part of `limits.ts`, by which it is imported. */

/** Bans. */
/** In force at once, in each copy; about 300 bytes an entry, so 30 MB at the most. Beyond it the soonest to end leaves. */
export const BANS_MAX = 100_000;
export const BAN_KEY_BYTES_MAX = 256; // addresses have 45; of longer keys a digest is kept
export const BAN_KIND_CHARS_MAX = 256; // a field and its steps as written
export const BAN_REASON_CHARS_MAX = 200; // a ticket and a sentence
/** A ban longer by less than this is no news: bounds what a client who earns it with each request makes the copies say. */
export const BAN_SLACK_MS = 1_000;
/** Lifts remembered, so that a copy which has not heard of one cannot bring its ban back; operators lift by hand. */
export const BAN_LIFTS_MAX = 10_000;
/** A lift is remembered as long as the ban it ended would have lasted, and at least this long. */
export const BAN_LIFT_MEMORY_MS = 3_600_000;
/** Changes of one message between threads, and of one exchange with Redis: a few milliseconds of work for either end. */
export const BAN_BATCH_MAX = 500;
export const BAN_SYNC_MS = 1_000; // between two exchanges with Redis: how late another replica hears of a ban
export const BAN_RESYNC_MS = 300_000; // between two exchanges of everything: 200 batches for a full list
export const BAN_PUSH_MS = 50; // from a change here to telling Redis; collects a burst
export const BAN_SYNC_BACKOFF_MS_MAX = 5_000; // between attempts while Redis is away
export const BAN_LOAD_MS_MAX = 3_000; // wait at the start for the bans in Redis, before listening without them
export const BANS_LISTED_MAX = 1_000; // of one page

/** Shared limit store, as the requests that ask it see it. */
/** Wait for one answer: a hundred times a usual trip within a data centre, and still less than people notice. */
export const STORE_DEADLINE_MS_DEFAULT = 50;
/** Errors in a row before the store counts as away; one error may lie in the question. One unanswered call is enough. */
export const STORE_FAILURES_MAX = 3;
/** First pause before an absent store is asked again; it doubles up to the maximum, so a return is seen within a second. */
export const STORE_PROBE_MS = 50;
export const STORE_PROBE_MS_MAX = 1_000;
/** Calls without an answer per worker, abandoned ones included: 40,000 requests a second for 100 ms. */
export const STORE_CALLS_MAX = 4_096;
/** Replicas say that they live this often, and are forgotten after missing it twice. */
export const REPLICA_HEARTBEAT_MS = 2_000;
export const REPLICA_TTL_MS = 5_000;
export const REPLICAS_MAX = 4_096; // more than anybody runs; a larger count is not believed
/** Keys with tokens in hand per worker, about 400 bytes each with their key. An evicted one loses its tokens. */
export const LEASES_MAX = 10_000;
export const LEASE_KEY_CHARS_MAX = 256; // longer keys are never leased: a client may choose them
/** Tokens in hand are given back after this long; short, because nobody else can have them meanwhile. */
export const LEASE_MS_MAX = 1_000;
/** Worker and key hold at most the burst by this many tokens in hand. Also the over-admission each adds: about 1.6 %. */
export const LEASE_BURST_PARTS = 64;
export const LEASE_RETURN_BATCH_MAX = 128; // leases given back in one trip, so that no script runs long

/**
 * Counts of limiters in memory, whatever the number of keys: 648 bytes for 16 `gcra` and `fixed_window` keys, 1,544 for 16
 * `sliding_window` ones, 160 for a cell of each row of the sketch; 194 MB once every page is in use. A million sliding
 * keys leave 3 % of themselves to the sketch, which then over-counts 1 % of new keys; of the small ones it is 1 % and none.
 */
export const LIMIT_SMALL_RECORDS = 1_500_000;
export const LIMIT_KEYS_MAX = 20_000_000; // what `limit_keys` may ask for: about 3 GB when all are in use
export const LIMIT_SLIDING_RECORDS = 1_250_000;
export const LIMIT_SKETCH_CELLS = 81_920;
/** Told as the wait for tokens that can never be had, because more are asked for than the limit allows: a year. */
export const LIMIT_NEVER_MS = 365 * 86_400_000;
/** Locks of tables shared by worker threads, held for a microsecond at the most: spinning for some of these, then sleeping in steps of a millisecond. */
export const LOCK_SPINS_MAX = 100;
export const LOCK_WAIT_MS = 1;
/** Steps after which a lock belongs to a dead thread: a live one that is put aside gets its turn many times within 200 ms. */
export const LOCK_STEAL_WAITS = 200;
/**
 * Calls sent to Redis whose answer is missing, per worker: more than STORE_CALLS_MAX, so that refunds, bans and signs of
 * life still pass when requests fill theirs. At half a kilobyte each 4 MiB.
 */
export const REDIS_CALLS_MAX = 8_192;
/** Calls of one turn that share a script: 64 take Redis a quarter of a millisecond, during which it serves nobody else. */
export const REDIS_BATCH_CALLS_MAX = 64;
/** A connection that owes an answer and says nothing for this long is given up: its machine may be gone without a word. */
export const REDIS_SILENCE_MS = 1_000;
/**
 * Pause before connecting again: doubles, and is drawn at random below that, so that replicas do not come all at once. At
 * most a second, so that limits are shared again within two of Redis's return.
 */
export const REDIS_RETRY_MS = 50;
export const REDIS_RETRY_MS_MAX = 1_000;
/** Before the kernel first asks whether a connection that owes nothing still stands: routers forget idle ones after minutes. */
export const REDIS_KEEP_ALIVE_MS = 10_000;
/** How often the nodes of a Cluster are asked who has which slots; in between a node that is asked in vain says so itself. */
export const REDIS_SLOTS_REFRESH_MS = 5_000;
/** Times a call of a Cluster is sent on to another node: one is usual while slots move, more say that nodes disagree. */
export const REDIS_REDIRECTIONS_MAX = 4;
/** Characters of an error that Redis sent, as far as it is repeated. */
export const REDIS_ERROR_CHARS_MAX = 200;

/** Floods. */
/** Keys with a baseline, 128 bytes each: 16 MiB if all are in use. A /24 on a route each, that is all networks of a country on some routes. */
export const FLOOD_KEYS_MAX = 131_072;
/** Active keys that have a name in events and status. More are held down all the same, but nobody reads a thousand names. */
export const FLOOD_NAMES_MAX = 1_024;
export const FLOOD_NAME_CHARS_MAX = 64; // of a flood, in shared memory; longer ones are cut there
export const FLOOD_KEY_CHARS_MAX = 128; // of a key, in shared memory; an address, a route and a token fit
/** Counters of one space-saving summary: a key with more than 1/32 of a flood's requests is surely among them. */
export const FLOOD_HITTERS_MAX = 32;
export const FLOODS_RANKED_MAX = 32; // floods with a summary per thread; rules have one or two
export const FLOOD_TOP_MAX = 5; // sources an event names
/** Active keys looked at in one sweep: a millisecond of the thread that sweeps. */
export const FLOOD_SWEEP_KEYS_MAX = 4_096;
