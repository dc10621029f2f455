-- One consistent look at a shop, which also keeps its keys alive.
--
-- KEYS  free, held, due (see reserve.lua)
-- ARGV  time the keys live unvisited in ms, most overdue orders to name
-- Returns the counters, the records, the time in ms and the overdue orders; nil when incomplete.
if redis.call('HEXISTS', KEYS[1], 'epoch') == 0 then return false end
local clock = redis.call('TIME')
local now = string.format('%.0f', clock[1] * 1000 + math.floor(clock[2] / 1000))
for i = 1, 3 do redis.call('PEXPIRE', KEYS[i], ARGV[1]) end
return {
  redis.call('HGETALL', KEYS[1]),
  redis.call('HGETALL', KEYS[2]),
  now,
  redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now, 'LIMIT', 0, ARGV[2]),
}
