-- Deletes many records; the keys of a record and a tombstone are not used.
--
-- ARGV, from the sixth: the JSON of a tombstone up to its id and, or '' for no
-- tombstones, from there up to its timestamp; what keys of values begin with; 'all', or
-- 'values' for all with what they were, or 'these' and their ids, in this order.
-- Returns 'deleted', then by turns ids, timestamps, and the values or ''; 'changed'; or
-- 'unmoved' and the id of a record whose key is in the way, or ''
-- (cliquet.storage.redis.moves).
if not is_collection_expected() then
    return {'changed'}
end
local ids, times, values = {}, {}, {}
for position = 10, #ARGV do
    ids[position - 9] = ARGV[position]
end
if ARGV[9] ~= 'these' then
    for _, id in ipairs(redis.call('SMEMBERS', KEYS[3])) do
        local text = redis.call('GET', value_key(ARGV[8], id, 'records'))
        if not text and has_dot(id) then
            return {'unmoved', ''}
        end
        -- An id whose value is missing stands for nothing.
        if text then
            table.insert(ids, id)
            values[id] = ARGV[9] == 'values' and text or nil
            times[id] = timestamp_of(text, ARGV[5]) or '0'
        end
    end
    table.sort(ids, function(one, other)
        return is_greater(times[other], times[one])
            or (times[one] == times[other] and one < other)
    end)
end
for _, id in ipairs(ids) do
    if redis.call('TYPE', value_key(ARGV[8], id, 'deleted')).ok == 'set' then
        return {'unmoved', id}
    end
end
local reply = {'deleted'}
for _, id in ipairs(ids) do
    local head = ARGV[7] ~= '' and ARGV[6] .. cjson.encode(id) .. ARGV[7] or ''
    table.insert(reply, id)
    table.insert(reply,
        remove(value_key(ARGV[8], id, 'records'), value_key(ARGV[8], id, 'deleted'),
            id, head))
    table.insert(reply, values[id] or '')
end
return reply
