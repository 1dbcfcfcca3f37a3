/**
 * The script that replicas of a service exchange their bans by. One trip tells and asks; Redis runs it as one step, so two
 * replicas never decide about the same key at once.
 *
 * Four keys of one slot, `ward:{shop}:b1:records` and so on; a change of what they hold changes the digit:
 * - `records`: hash; kind NUL key → [lifted at, set at, until, remembered until, by, reason], times of the server in ms;
 * - `ends`: sorted set of the same members by when they can be forgotten;
 * - `changes`: sorted set of the same members by the number of their last change. Each stands in it once, so a replica
 *   reads what changed since it last asked, however long ago that was, in as many entries as there are bans;
 * - `meta`: hash; `life` (made anew when the data were lost), `version` (number of the last change), the last lift of all.
 *
 * The laws are those of `BanTable`. Times come in and go out relative to the server's clock, so replicas need not agree on
 * the time. Work is bounded: `batch` keys told, read and forgotten in one run.
 *
 * ARGV: new life, life and version asked since, batch, capacity, slack, lift memory, operator's name, then six for each
 * change: `ban`, id, ago, for, by, reason; or `lift`, id, ago, for, '', ''; or `lift_all`, tag, ago, '', '', ''.
 * Reply: life, version, more, displaced, tag and age of the lift of all, then seven for each key: id, age of its lift (-1:
 * none), how long that is remembered, age of its ban, time left (-1: none), by, reason.
 */
export const BAN_SCRIPT = `
local records, ends, changes, meta = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local since, batch, capacity = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local slack, memory, operator = tonumber(ARGV[6]), tonumber(ARGV[7]), ARGV[8]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local life = redis.call('HGET', meta, 'life')
if not life then
  life = ARGV[1]
  redis.call('HSET', meta, 'life', life)
end
local all = tonumber(redis.call('HGET', meta, 'all') or 0)
local displaced = 0

local function read(id)
  local text = redis.call('HGET', records, id)
  return text and cjson.decode(text) or {0, 0, 0, 0, '', ''}
end
local function forget(id)
  redis.call('HDEL', records, id)
  redis.call('ZREM', ends, id)
  redis.call('ZREM', changes, id)
end
local function holds(record)
  return record[2] > math.max(record[1], all) and record[3] > now
end
local function make_room(id, by, end_at)
  if redis.call('HEXISTS', records, id) == 1 or redis.call('ZCARD', ends) < capacity then return true end
  displaced = displaced + 1
  local first = redis.call('ZRANGE', ends, 0, 31, 'WITHSCORES')
  for i = 1, #first, 2 do
    local record = read(first[i])
    if record[5] ~= operator or not holds(record) then
      if by ~= operator and tonumber(first[i + 1]) >= end_at then return false end
      forget(first[i])
      return true
    end
  end
  return false
end
local function write(id, record)
  local end_at = math.max(record[3], record[4])
  if not make_room(id, record[5], end_at) then return end
  local version = redis.call('HINCRBY', meta, 'version', 1)
  redis.call('HSET', records, id, cjson.encode(record))
  redis.call('ZADD', ends, string.format('%.0f', end_at), id)
  redis.call('ZADD', changes, version, id)
end

for _, id in ipairs(redis.call('ZRANGEBYSCORE', ends, '-inf', string.format('%.0f', now), 'LIMIT', 0, batch)) do
  forget(id)
end

for i = 9, #ARGV, 6 do
  local op, id, at = ARGV[i], ARGV[i + 1], now - tonumber(ARGV[i + 2])
  if op == 'lift_all' then
    if at > all and redis.call('HGET', meta, 'all_tag') ~= id then
      all = at
      local version = redis.call('HINCRBY', meta, 'version', 1)
      redis.call('HSET', meta, 'all', string.format('%.0f', at), 'all_tag', id, 'all_version', version)
    end
  elseif op == 'lift' then
    local record = read(id)
    local ends_ban = holds(record) and record[2] <= at
    if ends_ban or at > record[1] + slack then
      record[1] = math.max(record[1], at)
      record[4] = math.max(record[4], now + math.max(tonumber(ARGV[i + 3]), memory), ends_ban and record[3] or 0)
      if record[2] <= record[1] then record[2], record[3], record[5], record[6] = 0, 0, operator, '' end
      write(id, record)
    end
  else
    local record, end_at = read(id), now + tonumber(ARGV[i + 3])
    local is_longer = not holds(record) or end_at > record[3] + slack
    if at > math.max(record[1], all) and is_longer then
      record[2], record[3], record[5], record[6] = math.max(at, record[2]), end_at, ARGV[i + 4], ARGV[i + 5]
      write(id, record)
    end
  end
end

local last = tonumber(redis.call('HGET', meta, 'version') or 0)
if ARGV[2] ~= life or since > last then since = 0 end
local found = redis.call('ZRANGEBYSCORE', changes, '(' .. string.format('%.0f', since), '+inf', 'WITHSCORES', 'LIMIT', 0, batch)
local more = #found == 2 * batch
local reply = {life, more and found[#found] or last, more and 1 or 0, displaced, '', -1}
if tonumber(redis.call('HGET', meta, 'all_version') or 0) > since then
  reply[5], reply[6] = redis.call('HGET', meta, 'all_tag'), now - all
end
for i = 1, #found, 2 do
  local record = read(found[i])
  local is_ban, is_lift = holds(record), record[4] > now
  reply[#reply + 1] = found[i]
  reply[#reply + 1] = is_lift and now - record[1] or -1
  reply[#reply + 1] = is_lift and record[4] - now or 0
  reply[#reply + 1] = is_ban and now - record[2] or 0
  reply[#reply + 1] = is_ban and record[3] - now or -1
  reply[#reply + 1] = record[5]
  reply[#reply + 1] = record[6]
end
return reply
`;
