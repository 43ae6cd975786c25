-- Stores records and tombstones with the timestamps that they have.
--
-- KEYS: those of a write (writes/prelude.lua). ARGV: what keys of values begin with; name of the field
-- of timestamps; the least timestamp that the collection gets; then id, timestamp, 'records' or
-- 'deleted', and JSON of each. Returns the timestamp before, or ''; that of the oldest entry that was
-- not there, or ''.
local before = redis.call('GET', KEYS[1])
local known = redis.call('GET', KEYS[6])
local is_indexed = known == ARGV[2] .. ':' .. (before or '')
    or (not known and not before and redis.call('EXISTS', KEYS[3], KEYS[5]) == 0)
local sets = {records = KEYS[3], deleted = KEYS[5]}
local indexes = {records = KEYS[7], deleted = KEYS[8]}
local oldest = nil
for i = 4, #ARGV, 4 do
    local id, at, kind, text = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]
    local other = kind == 'records' and 'deleted' or 'records'
    local name = value_key(ARGV[1], id, kind)
    if redis.call('GET', name) ~= text then
        redis.call('SET', name, text)
        redis.call('SADD', sets[kind], id)
        redis.call('DEL', value_key(ARGV[1], id, other))
        redis.call('SREM', sets[other], id)
        if is_indexed then
            redis.call('ZADD', indexes[kind], at, id)
            redis.call('ZREM', indexes[other], id)
        end
        if not oldest or is_greater(oldest, at) then
            oldest = at
        end
    end
end
local reached = before
if not before or is_greater(ARGV[3], before) then
    reached = ARGV[3]
    redis.call('SET', KEYS[1], reached)
end
if is_indexed then
    redis.call('SET', KEYS[6], ARGV[2] .. ':' .. reached)
end
return {before or '', oldest or ''}
