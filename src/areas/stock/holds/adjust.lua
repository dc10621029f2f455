-- Adds to a SKU's counter what a movement added to the database; no counter stays no counter.
--
-- KEYS  free, held, due (see reserve.lua)
-- ARGV  SKU, difference
local free = redis.call('HGET', KEYS[1], ARGV[1])
if free and free ~= '*' then
  redis.call('HINCRBY', KEYS[1], ARGV[1], ARGV[2])
  return 1
end
return 0
