-- Renews one worker's parts of what providers allow. All parts of a scope together are at most 1.
-- KEYS: the workers (sorted set: worker -> last seen), then one hash per scope (worker -> "part renewed_at").
-- ARGV: worker, workers there are at least, most of a scope, lease in ms, silence in ms, longest hold in ms, then per scope:
-- hold in ms, how long ago it was told, how long ago holds were lifted or "", learned pace or "".
-- Answer: workers, then per scope: part, rest of a hold in ms, how long ago it was told, how long ago holds were lifted or
-- "", learned pace or "", its number.
local worker, workers_min, part_max = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local lease, silence, hold_max = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - silence)
redis.call('ZADD', KEYS[1], now, worker)
redis.call('PEXPIRE', KEYS[1], silence)
local seen = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
local workers, present = #seen / 2, 0
for i = 2, #seen, 2 do
  if tonumber(seen[i]) > now - lease then present = present + 1 end
end
-- Who is not here takes its equal part without asking.
local most = math.max(workers, workers_min)
local available = present / most

local answer = { tostring(workers) }
for i = 2, #KEYS do
  local key, first = KEYS[i], 4 * i - 1
  local hold, hold_age = tonumber(ARGV[first]), tonumber(ARGV[first + 1])
  local lift_age, learned = tonumber(ARGV[first + 2]), ARGV[first + 3]
  local fields = redis.call('HGETALL', key)
  local users, taken, held_until, told_at, lifted_at, pace, number = 1, 0, 0, 0, 0, '', 0
  for f = 1, #fields, 2 do
    local name, value = fields[f], fields[f + 1]
    if name == '@hold' then
      held_until = tonumber(value)
    elseif name == '@told' then
      told_at = tonumber(value)
    elseif name == '@lift' then
      lifted_at = tonumber(value)
    elseif name == '@pace' then
      pace = value
    elseif name == '@number' then
      number = tonumber(value)
    elseif name ~= worker then
      local part, renewed_at = string.match(value, '^(%S+) (%S+)$')
      if tonumber(renewed_at) > now - lease then
        users, taken = users + 1, taken + tonumber(part)
      else
        redis.call('HDEL', key, name)
      end
    end
  end
  -- What comes again is off by its delays.
  if lift_age and now - lift_age > lifted_at + 2000 then
    lifted_at = now - lift_age
    redis.call('HSET', key, '@lift', string.format('%d', lifted_at))
  end
  if lifted_at > 0 and held_until > 0 and told_at <= lifted_at then
    held_until = 0
    redis.call('HDEL', key, '@hold', '@told')
  end
  -- An earlier version kept whatever a provider said.
  if held_until > now + hold_max then
    held_until = now + hold_max
    redis.call('HSET', key, '@hold', string.format('%d', held_until))
  end
  hold = math.min(hold, hold_max)
  if hold > 0 and now - hold_age > lifted_at and now + hold > held_until then
    held_until, told_at = now + hold, now - hold_age
    redis.call('HSET', key, '@hold', string.format('%d', held_until), '@told', string.format('%d', told_at))
  end
  if learned ~= '' then
    pace, number = learned, number + 1
    -- Not the number of a news before Redis lost its memory.
    if number == 1 then number = now % 1000000000 end
    redis.call('HSET', key, '@pace', pace, '@number', string.format('%d', number))
  end
  local part = math.max(0, math.min(available / users, available - taken, part_max))
  if part < 0.001 then part = 0 end
  redis.call('HSET', key, worker, string.format('%.6f %d', part, now))
  redis.call('PEXPIRE', key, string.format('%d', math.max(held_until - now, 60000)))
  table.insert(answer, string.format('%.6f', part))
  table.insert(answer, string.format('%d', math.max(0, held_until - now)))
  table.insert(answer, string.format('%d', math.max(0, now - told_at)))
  table.insert(answer, lifted_at > 0 and string.format('%d', math.max(0, now - lifted_at)) or '')
  table.insert(answer, pace)
  table.insert(answer, string.format('%d', number))
end
return answer
