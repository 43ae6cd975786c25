-- Removes tombstones.
--
-- The newest of them becomes the horizon.
--
-- KEYS: set of tombstones, their index, the horizon; timestamp of the collection, what the index
-- knows. ARGV: what keys of values begin with; name of
-- the field of timestamps; before when, or ''. Returns how many, or 'unmoved'
-- (cliquet.storage.redis.moves).
local count, newest = 0, nil
local timestamp, known = redis.call('GET', KEYS[4]), redis.call('GET', KEYS[5])
local ids
-- Scores are exact up to 2^53.
if timestamp and known == ARGV[2] .. ':' .. timestamp and ARGV[3] ~= '' and #ARGV[3] < 16 then
    ids = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', '(' .. ARGV[3])
else
    ids = redis.call('SMEMBERS', KEYS[1])
end
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
        if at and (not newest or is_greater(at, newest)) then
            newest = at
        end
    end
end
local horizon = redis.call('GET', KEYS[3])
if newest and (not horizon or is_greater(newest, horizon)) then
    redis.call('SET', KEYS[3], newest)
end
return count
