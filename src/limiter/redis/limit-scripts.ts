/**
 * What runs inside Redis: Lua that takes, leases and gives back tokens, by the server's clock, each call one atomic step.
 *
 * A key holds all that is known of one limiter and one client, as a few MessagePack numbers; it expires when it says no
 * more than its absence would. The first number is the moment until which it is blocked (0: it is not), then:
 *
 * - gcra: the fill level of the bucket and when it was computed. The level falls by `count / period` a millisecond; a
 *   demand fits while level and cost are within the burst. (The usual form, a theoretical arrival time, is the same
 *   number scaled by the rate; a level survives a change of the rate.)
 * - sliding_window: up to nine runs of tokens taken within one eighth of the period. A run counts until its last token
 *   is a period old, so no window ever holds more than the limit; tokens come back up to an eighth of the period late.
 * - fixed_window: the number of the window since the epoch, and the tokens taken in it.
 *
 * A demand travels as one text, `[+]ALGORITHM COUNT PERIOD BURST BLOCK COST`; `+` joins it to the one before: joined
 * demands get their tokens together or not at all. One script serves many calls; a key is read and written once for all
 * of them. Time is in milliseconds. A clock that steps back (a failover to another machine) ages nothing.
 */
import { createHash } from 'node:crypto';
import { LIMIT_NEVER_MS } from '../../core/limits.ts';

/** A Lua text and the name by which Redis caches it. */
export interface RedisScript {
  readonly lua: string;
  readonly sha: string;
}

export interface LimitScripts {
  /** KEYS and ARGV: key and text of each demand. Returns `READING_NUMBERS` for each. */
  readonly take: RedisScript;
  /** KEYS[1], ARGV: the demand, tokens wanted. Returns the tokens, then `READING_NUMBERS`. */
  readonly lease: RedisScript;
  /** KEYS: one for each demand; ARGV: its text, and when its tokens are back by themselves: µs since the epoch, or minus µs from now. */
  readonly refund: RedisScript;
  /** KEYS[1], ARGV: a replica, how long it lives; returns how many do. */
  readonly announce: RedisScript;
}

/** Numbers of a reading: granted (1 or 0), used, remaining, retryAfterMs, resetMs, blockedMs, backUs. */
export const READING_NUMBERS = 7;

/** Lua that leaves milliseconds since the epoch in `clock`. Redis stops its clock while a script runs. */
const SERVER_CLOCK = `
local time = redis.call('TIME')
local clock = time[1] * 1000 + time[2] / 1000
`;

/** `setClock`: Lua that sets `clock`; tests bring a time of their own. */
export function limitScripts(setClock = SERVER_CLOCK): LimitScripts {
  const script = (body: string): RedisScript => {
    const lua = `${setClock}${body}`;
    return { lua, sha: createHash('sha1').update(lua).digest('hex') };
  };
  const counting = `${ALGORITHMS}${STATES}`;
  return {
    take: script(counting + TAKE),
    lease: script(counting + LEASE),
    refund: script(counting + REFUND),
    announce: script(ANNOUNCE),
  };
}

/**
 * For each letter: how a state is read, aged to now, and written; `spent` tokens, milliseconds until `missing` tokens or
 * `all` are back, and how tokens are added and given back.
 */
const ALGORITHMS = `
-- Levels are sums of fractions; what is missing by no more than this is not missing.
local ROUNDING = 1e-6
local floor, ceil, max, min = math.floor, math.ceil, math.max, math.min
local pack, unpack_numbers = cmsgpack.pack, cmsgpack.unpack

local gcra = {}
function gcra.read(s, value)
  if value then s.blocked, s.level, s.time = unpack_numbers(value)
  else s.blocked, s.level, s.time = 0, 0, clock end
end
function gcra.age(s, d)
  if s.time < clock then s.level = max(0, s.level - (clock - s.time) * d.count / d.period)
  elseif s.time > clock then s.changed = true end
  s.time = clock
end
function gcra.spent(s) return s.level end
function gcra.wait(s, d, missing) return (missing - ROUNDING) * d.period / d.count end
function gcra.all(s, d) return s.level * d.period / d.count end
function gcra.add(s, d, tokens) s.level = s.level + tokens end
-- Tokens drain in the order they came: of the level when these were taken, this much is left; later ones stay.
function gcra.give(s, d, tokens, back)
  s.level = max(0, s.level - min(tokens, (back - clock) * d.count / d.period))
end
function gcra.write(s) return pack(s.blocked, s.level, s.time) end

-- Times of runs are whole, for short values, and rounded up: a token is never forgotten early.
local later = ceil(clock)

-- s[1], s[2] .. s[last-1], s[last]: last time and tokens of each run, oldest first.
local sliding = {}
function sliding.read(s, value)
  s.blocked, s.total, s.first, s.last = 0, 0, 1, 0
  if not value then return end
  local numbers = { unpack_numbers(value) }
  s.blocked = numbers[1]
  local base = numbers[2]
  for i = 3, #numbers, 2 do
    s[i - 2], s[i - 1] = base + numbers[i], numbers[i + 1]
    s.total = s.total + numbers[i + 1]
  end
  s.last = #numbers - 2
end
function sliding.age(s, d)
  local i = s.last - 1
  while i >= s.first and s[i] > later do
    s[i], s.changed = later, true
    i = i - 2
  end
  while s.first < s.last and s[s.first] + d.period <= clock do
    s.total = s.total - s[s.first + 1]
    s.first = s.first + 2
  end
end
function sliding.spent(s) return s.total end
function sliding.wait(s, d, missing)
  for i = s.first, s.last, 2 do
    missing = missing - s[i + 1]
    if missing <= 0 then return s[i] + d.period - clock end
  end
  return d.period
end
function sliding.all(s, d) return s.first < s.last and s[s.last - 1] + d.period - clock or 0 end
local function slot(d, time) return floor(time * 8 / d.period) end
function sliding.add(s, d, tokens)
  s.total = s.total + tokens
  if s.first < s.last and slot(d, s[s.last - 1]) == slot(d, later) then
    s[s.last - 1], s[s.last] = later, s[s.last] + tokens
  else
    s[s.last + 1], s[s.last + 2] = later, tokens
    s.last = s.last + 2
  end
end
-- The first run that is not older than the tokens holds them; the last one where the time is only about right. Emptied
-- runs are dropped.
function sliding.give(s, d, tokens, back)
  local kept, taken = s.first - 2, min(floor(back - d.period), s[s.last - 1])
  for i = s.first, s.last, 2 do
    local given = s[i] >= taken and min(tokens, s[i + 1]) or 0
    s.total, tokens = s.total - given, tokens - given
    if s[i + 1] > given then
      kept = kept + 2
      s[kept], s[kept + 1] = s[i], s[i + 1] - given
    end
  end
  s.last = kept + 1
end
function sliding.write(s)
  local base = s[s.first] or later
  local numbers = { s.blocked, base }
  for i = s.first, s.last, 2 do
    numbers[#numbers + 1] = s[i] - base
    numbers[#numbers + 1] = s[i + 1]
  end
  return pack(unpack(numbers))
end

local fixed = {}
function fixed.read(s, value)
  if value then s.blocked, s.window, s.used = unpack_numbers(value)
  else s.blocked, s.window, s.used = 0, 0, 0 end
end
function fixed.age(s, d)
  local window = floor(clock / d.period)
  if s.window < window then s.used = 0 end
  s.window = window
end
function fixed.spent(s) return s.used end
function fixed.wait(s, d) return (s.window + 1) * d.period - clock end
function fixed.all(s, d) return s.used > 0 and (s.window + 1) * d.period - clock or 0 end
function fixed.add(s, d, tokens) s.used = s.used + tokens end
function fixed.give(s, d, tokens) s.used = max(0, s.used - tokens) end
function fixed.write(s) return pack(s.blocked, s.window, s.used) end

local algorithms = { g = gcra, s = sliding, f = fixed }
`;

const STATES = `
local demands = {}
local function demand_of(text)
  local d = demands[text]
  if d then return d end
  local joined, letter, count, period, burst, block, cost =
    string.match(text, '^(%+?)(%a) (%d+) (%d+) (%d+) (%d+) (%d+)$')
  d = {
    joined = joined == '+', algorithm = algorithms[letter], count = tonumber(count), period = tonumber(period),
    burst = tonumber(burst), block = tonumber(block), cost = tonumber(cost),
  }
  demands[text] = d
  return d
end

local states = {}
local function state_of(key, d)
  local s = states[key]
  if not s then
    s = { promised = 0 }
    d.algorithm.read(s, redis.call('GET', key))
    states[key] = s
  end
  d.algorithm.age(s, d)
  s.demand = d
  return s
end

local function missing(s, d, tokens) return d.algorithm.spent(s) + tokens - d.burst end

local function block(s, d)
  if d.cost > 0 and d.block > 0 and s.blocked <= clock then
    s.blocked, s.changed = clock + d.block, true
  end
end

local function read(reply, s, d, granted)
  local spent = d.algorithm.spent(s)
  local blocked = max(0, ceil(s.blocked - clock))
  local wait, all = 0, d.algorithm.all(s, d)
  if d.cost > d.burst then wait = ${LIMIT_NEVER_MS}
  elseif missing(s, d, d.cost) > ROUNDING then wait = ceil(d.algorithm.wait(s, d, missing(s, d, d.cost))) end
  local n = #reply
  reply[n + 1] = granted and 1 or 0
  reply[n + 2] = ceil(spent - ROUNDING)
  reply[n + 3] = max(0, floor(d.burst - spent + ROUNDING))
  reply[n + 4] = granted and 0 or max(blocked, wait)
  reply[n + 5] = ceil(all - ROUNDING)
  reply[n + 6] = blocked
  reply[n + 7] = ceil((clock + all) * 1000)
end

local function keep()
  for key, s in pairs(states) do
    if s.changed then
      local life = ceil(max(s.blocked - clock, s.demand.algorithm.all(s, s.demand)))
      if life > 0 then redis.call('SET', key, s.demand.algorithm.write(s), 'PX', life)
      else redis.call('DEL', key) end
    end
  end
end
`;

const TAKE = `
local reply = {}
local granted = {}

local function decide(first, last)
  local all = true
  for i = first, last do
    local d = demand_of(ARGV[i])
    local s = state_of(KEYS[i], d)
    granted[i] = s.blocked <= clock and missing(s, d, s.promised + d.cost) <= ROUNDING
    s.promised = s.promised + d.cost
    all = all and granted[i]
  end
  for i = first, last do
    local d, s = demand_of(ARGV[i]), states[KEYS[i]]
    s.promised = 0
    if all then
      if d.cost > 0 then
        d.algorithm.add(s, d, d.cost)
        s.changed = true
      end
    elseif not granted[i] then block(s, d) end
  end
  for i = first, last do read(reply, states[KEYS[i]], demand_of(ARGV[i]), granted[i]) end
end

local first = 1
for i = 2, #KEYS + 1 do
  if i > #KEYS or not demand_of(ARGV[i]).joined then
    decide(first, i - 1)
    first = i
  end
end
keep()
return reply
`;

const LEASE = `
local d = demand_of(ARGV[1])
local s = state_of(KEYS[1], d)
local free = floor(ROUNDING - missing(s, d, 0))
local granted = s.blocked <= clock and free >= d.cost
local tokens = 0
if granted then tokens = min(free, tonumber(ARGV[2])) else block(s, d) end
if tokens > 0 then
  d.algorithm.add(s, d, tokens)
  s.changed = true
end
local reply = { tokens }
read(reply, s, d, granted)
keep()
return reply
`;

const REFUND = `
for i = 1, #KEYS do
  local d, back = demand_of(ARGV[2 * i - 1]), ARGV[2 * i] / 1000
  if back < 0 then back = clock - back end
  if back > clock then
    local s = state_of(KEYS[i], d)
    if d.algorithm.spent(s) > 0 then
      d.algorithm.give(s, d, d.cost, back)
      s.changed = true
    end
  end
end
keep()
`;

/** Members are replicas, scored with the moment they are forgotten. */
const ANNOUNCE = `
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', clock)
redis.call('ZADD', KEYS[1], clock + ARGV[2], ARGV[1])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return redis.call('ZCARD', KEYS[1])
`;
