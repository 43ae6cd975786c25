-- Removes tombstones.
--
-- KEYS: set of tombstones, their index. ARGV: what keys of values begin with; name of
-- the field of timestamps; before when, or ''. Returns how many, or 'unmoved'
-- (cliquet.storage.redis.moves).
local count = 0
local ids = redis.call('SMEMBERS', KEYS[1])
for _, id in ipairs(ids) do
    if has_dot(id) and redis.call('EXISTS', value_key(ARGV[1], id, 'deleted')) == 0 then
        return {'unmoved', ''}
    end
end
for _, id in ipairs(ids) do
    local name = value_key(ARGV[1], id, 'deleted')
    local text = redis.call('GET', name)
    local at = text and timestamp_of(text, ARGV[2])
    if text and (ARGV[3] == '' or (at and is_greater(ARGV[3], at))) then
        redis.call('DEL', name)
        redis.call('SREM', KEYS[1], id)
        redis.call('ZREM', KEYS[2], id)
        count = count + 1
    end
end
return count
