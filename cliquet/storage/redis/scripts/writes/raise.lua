-- Raises the timestamp of a collection, or its horizon, unless it is higher.
--
-- KEYS: what is raised; for a timestamp, what the index knows. ARGV: the value.
local known = redis.call('GET', KEYS[1])
if known and not is_greater(ARGV[1], known) then
    return 0
end
redis.call('SET', KEYS[1], ARGV[1])
local indexed = KEYS[2] and redis.call('GET', KEYS[2])
if known and indexed and string.sub(indexed, -#known - 1) == ':' .. known then
    -- The index knows as much as before.
    redis.call('SET', KEYS[2], string.sub(indexed, 1, -#known - 1) .. ARGV[1])
end
return 1
