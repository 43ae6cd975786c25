-- How is a record of Redis read or written in one step?
--
-- Writes. KEYS: timestamp of the collection, record, set of records, tombstone, set of
-- tombstones. ARGV: now; wanted timestamp or ''; what the record must be ('any',
-- 'absent' or its timestamp); what the collection's timestamp must be, or ''; name of
-- the field of timestamps; id; the JSON object up to its timestamp.
--
-- Timestamps are below 2^53: the numbers of Lua hold them exactly.

local function number(text)
    return string.format('%.0f', text)
end

local function is_expected(found)
    local current = redis.call('GET', KEYS[1]) or '0'
    if ARGV[4] ~= '' and ARGV[4] ~= current then
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

-- The rule of cliquet.timestamps.next_timestamp.
local function stamp()
    local previous = redis.call('GET', KEYS[1])
    local candidate = tonumber(ARGV[2] ~= '' and ARGV[2] or ARGV[1])
    local collection = candidate
    if previous and candidate <= tonumber(previous) then
        collection = tonumber(previous) + 1
    end
    redis.call('SET', KEYS[1], number(collection))
    return ARGV[2] ~= '' and ARGV[2] or number(collection)
end

local function put()
    local text = ARGV[7] .. stamp() .. '}'
    redis.call('SET', KEYS[2], text)
    redis.call('SADD', KEYS[3], ARGV[6])
    redis.call('DEL', KEYS[4])
    redis.call('SREM', KEYS[5], ARGV[6])
    return {'written', text}
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
local at = stamp()
redis.call('DEL', KEYS[2])
redis.call('SREM', KEYS[3], ARGV[6])
if ARGV[7] ~= '' then
    redis.call('SET', KEYS[4], ARGV[7] .. at .. '}')
    redis.call('SADD', KEYS[5], ARGV[6])
end
return {'deleted', at}

-- script: read all
-- KEYS: sets of ids. ARGV: what keys of values begin with; how they end, set by set.
local found = {}
for place, members in ipairs(KEYS) do
    local texts = {}
    for _, id in ipairs(redis.call('SMEMBERS', members)) do
        -- An id whose value is missing stands for nothing (backends, section 13.3).
        local text = redis.call('GET', ARGV[1] .. id .. '.' .. ARGV[place + 1])
        if text then
            table.insert(texts, text)
        end
    end
    found[place] = texts
end
return found
