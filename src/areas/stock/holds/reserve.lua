-- Takes the units of every line of one order, or of none. Asked again for the same order it
-- answers the same and takes nothing more.
--
-- KEYS  free: hash of SKU -> units nobody has taken, "*" for unlimited; field "epoch" = complete
--       held: hash of order -> "<time in ms> <SKU>=<units> ..."
--       due:  sorted set of orders by the time, in ms, when their record is overdue
-- ARGV  order, time to live in ms, then SKU and units of each line
-- Returns 0 when held, -1 when a counter is missing, k when line k is short.
if redis.call('HEXISTS', KEYS[2], ARGV[1]) == 1 then return 0 end

local fields = {'epoch'}
for i = 3, #ARGV, 2 do fields[#fields + 1] = ARGV[i] end
local free = redis.call('HMGET', KEYS[1], unpack(fields))
for i = 1, #fields do
  if not free[i] then return -1 end
end
for i = 2, #fields do
  if free[i] ~= '*' and tonumber(free[i]) < tonumber(ARGV[2 * i]) then return i - 1 end
end

local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local record = {string.format('%.0f', now)}
for i = 2, #fields do
  if free[i] ~= '*' then
    redis.call('HINCRBY', KEYS[1], fields[i], '-' .. ARGV[2 * i])
    record[#record + 1] = fields[i] .. '=' .. ARGV[2 * i]
  end
end
redis.call('HSET', KEYS[2], ARGV[1], table.concat(record, ' '))
redis.call('ZADD', KEYS[3], string.format('%.0f', now + ARGV[2]), ARGV[1])
return 0
