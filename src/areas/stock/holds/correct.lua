-- Sets counters that still are what the caller saw; a counter that moved on is left alone.
--
-- KEYS  free, held, due (see reserve.lua)
-- ARGV  SKU, counter seen and counter wanted of each ("*" unlimited, "" none)
-- Returns for each 1 when set, 0 when left alone.
local answers = {}
local complete = redis.call('HEXISTS', KEYS[1], 'epoch') == 1
for i = 1, #ARGV, 3 do
  local seen = redis.call('HGET', KEYS[1], ARGV[i]) or ''
  local set = complete and (seen == ARGV[i + 1])
  if set and ARGV[i + 2] == '' then
    redis.call('HDEL', KEYS[1], ARGV[i])
  elseif set then
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 2])
  end
  answers[#answers + 1] = set and 1 or 0
end
return answers
