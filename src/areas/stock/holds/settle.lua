-- Drops the record of a paid order; its units stay taken.
--
-- KEYS  free, held, due (see reserve.lua)
-- ARGV  order
redis.call('ZREM', KEYS[3], ARGV[1])
return redis.call('HDEL', KEYS[2], ARGV[1])
