-- Returns the timestamps of some tombstones, in order, if the index knows all.
--
-- KEYS: timestamp of the collection, what the index knows, index of tombstones. ARGV: name of the
-- field of timestamps; how many; 'newest' if those come first.
local timestamp = redis.call('GET', KEYS[1])
if timestamp and redis.call('GET', KEYS[2]) ~= ARGV[1] .. ':' .. timestamp then
    return false
end
local range = ARGV[3] == 'newest' and 'ZREVRANGE' or 'ZRANGE'
local stop = string.format('%.0f', tonumber(ARGV[2]) - 1)
local found, times = redis.call(range, KEYS[3], 0, stop, 'WITHSCORES'), {}
for i = 2, #found, 2 do
    times[#times + 1] = string.format('%.0f', tonumber(found[i]))
end
return times
