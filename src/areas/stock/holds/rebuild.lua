-- Fills a shop's counters where they are missing. A complete set is left alone: somebody else was
-- faster, and orders have used it since.
--
-- KEYS  free, held, due (see reserve.lua)
-- ARGV  time the keys live unvisited in ms, then SKU and counter ("*" for unlimited) of each SKU
-- Returns 1 when filled.
if redis.call('HEXISTS', KEYS[1], 'epoch') == 1 then return 0 end
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
for i = 2, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
redis.call('HSET', KEYS[1], 'epoch', redis.call('TIME')[1])
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1
