-- How are records of Redis written in one step?
--
-- Writes. KEYS: timestamp of the collection, record, set of records, tombstone, set of
-- tombstones, what the index knows, index of records, index of tombstones. ARGV: now;
-- wanted timestamp or ''; what the record must be ('any', 'absent' or its timestamp);
-- what the collection's timestamp must be, or ''; name of the field of timestamps; id;
-- the JSON object up to its timestamp. Writes of many records: see there.
--
-- The index: ids by timestamp (sorted sets), which 3.1.x does not have. It knows all
-- writes up to one timestamp of the collection, kept with the name of the field; if the
-- collection has another one, somebody wrote without it: lists then make it again.
--
-- Timestamps are below 2^53: the numbers of Lua hold them exactly.

local function number(text)
    return string.format('%.0f', text)
end

local function is_collection_expected()
    local current = redis.call('GET', KEYS[1]) or '0'
    return ARGV[4] == '' or ARGV[4] == current
end

local function is_expected(found)
    if not is_collection_expected() then
        return false
    end
    if ARGV[3] == 'any' then
        return true
    end
    if not found then
        return ARGV[3] == 'absent'
    end
    local at = cjson.decode(found)[ARGV[5]]
    return at ~= nil and number(at) == ARGV[3]
end

local is_indexed = false

-- The rule of cliquet.timestamps.next_timestamp.
local function stamp()
    local previous = redis.call('GET', KEYS[1])
    local known = redis.call('GET', KEYS[6])
    is_indexed = known == ARGV[5] .. ':' .. (previous or '')
        or (not known and not previous and redis.call('EXISTS', KEYS[3], KEYS[5]) == 0)
    local candidate = tonumber(ARGV[2] ~= '' and ARGV[2] or ARGV[1])
    local collection = candidate
    if previous and candidate <= tonumber(previous) then
        collection = tonumber(previous) + 1
    end
    redis.call('SET', KEYS[1], number(collection))
    if is_indexed then
        redis.call('SET', KEYS[6], ARGV[5] .. ':' .. number(collection))
    end
    return ARGV[2] ~= '' and ARGV[2] or number(collection)
end

local function put()
    local at = stamp()
    local text = ARGV[7] .. at .. '}'
    redis.call('SET', KEYS[2], text)
    redis.call('SADD', KEYS[3], ARGV[6])
    redis.call('DEL', KEYS[4])
    redis.call('SREM', KEYS[5], ARGV[6])
    if is_indexed then
        redis.call('ZADD', KEYS[7], at, ARGV[6])
        redis.call('ZREM', KEYS[8], ARGV[6])
    end
    return {'written', text}
end

local function bury(record, tombstone, id, head)
    local at = stamp()
    redis.call('DEL', record)
    redis.call('SREM', KEYS[3], id)
    if head ~= '' then
        redis.call('SET', tombstone, head .. at .. '}')
        redis.call('SADD', KEYS[5], id)
    end
    if is_indexed then
        redis.call('ZREM', KEYS[7], id)
        if head ~= '' then
            redis.call('ZADD', KEYS[8], at, id)
        end
    end
    return at
end

-- script: create
local found = redis.call('GET', KEYS[2])
if found then
    return {'exists', found}
end
if not is_expected(found) then
    return {'changed'}
end
return put()

-- script: update
if not is_expected(redis.call('GET', KEYS[2])) then
    return {'changed'}
end
return put()

-- script: delete
local found = redis.call('GET', KEYS[2])
if not found then
    return {'missing'}
end
if not is_expected(found) then
    return {'changed'}
end
return {'deleted', bury(KEYS[2], KEYS[4], ARGV[6], ARGV[7])}

-- script: delete many
-- KEYS as for one; those of a record and a tombstone are not used. ARGV as for one up to
-- the field of timestamps, then: the JSON of a tombstone up to its id and, or '' for no
-- tombstones, from there up to its timestamp; what keys of values begin with; 'all', or
-- 'these' and their ids, in this order. Answers ids and timestamps by turns.
if not is_collection_expected() then
    return {'changed'}
end
local ids, times = {}, {}
for place = 10, #ARGV do
    ids[place - 9] = ARGV[place]
end
if ARGV[9] == 'all' then
    for _, id in ipairs(redis.call('SMEMBERS', KEYS[3])) do
        local text = redis.call('GET', ARGV[8] .. id .. '.records')
        -- An id whose value is missing stands for nothing (backends, section 13.3).
        if text then
            table.insert(ids, id)
            times[id] = tonumber(cjson.decode(text)[ARGV[5]]) or 0
        end
    end
    table.sort(ids, function(one, other)
        return times[one] < times[other] or (times[one] == times[other] and one < other)
    end)
end
local answer = {'deleted'}
for _, id in ipairs(ids) do
    local head = ARGV[7] ~= '' and ARGV[6] .. cjson.encode(id) .. ARGV[7] or ''
    table.insert(answer, id)
    table.insert(answer,
        bury(ARGV[8] .. id .. '.records', ARGV[8] .. id .. '.deleted', id, head))
end
return answer

-- script: purge
-- KEYS: set of tombstones, their index. ARGV: what keys of values begin with; name of
-- the field of timestamps; before when, or ''. Answers how many.
local count = 0
for _, id in ipairs(redis.call('SMEMBERS', KEYS[1])) do
    local name = ARGV[1] .. id .. '.deleted'
    local text = redis.call('GET', name)
    local at = text and tonumber(cjson.decode(text)[ARGV[2]])
    if text and (ARGV[3] == '' or (at and at < tonumber(ARGV[3]))) then
        redis.call('DEL', name)
        redis.call('SREM', KEYS[1], id)
        redis.call('ZREM', KEYS[2], id)
        count = count + 1
    end
end
return count
