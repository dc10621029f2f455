-- Gives an order's units back: those its record names, or, when it has none, those the caller
-- says the database gave back.
--
-- KEYS  free, held, due (see reserve.lua)
-- ARGV  order, then SKU and units given back by the database
-- Returns 1 when there was a record.
local record = redis.call('HGET', KEYS[2], ARGV[1])
local function back(sku, units)
  local free = redis.call('HGET', KEYS[1], sku)
  if free and free ~= '*' then redis.call('HINCRBY', KEYS[1], sku, units) end
end
if record then
  for sku, units in string.gmatch(record, '(%S+)=(%d+)') do back(sku, units) end
else
  for i = 2, #ARGV, 2 do back(ARGV[i], ARGV[i + 1]) end
end
redis.call('HDEL', KEYS[2], ARGV[1])
redis.call('ZREM', KEYS[3], ARGV[1])
return record and 1 or 0
