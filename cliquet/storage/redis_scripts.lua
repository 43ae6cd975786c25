-- How is a record of Redis read or written in one step?
--
-- Writes. KEYS: timestamp of the collection, record, set of records, tombstone, set of
-- tombstones, what the index knows, index of records, index of tombstones. ARGV: now;
-- wanted timestamp or ''; what the record must be ('any', 'absent' or its timestamp);
-- what the collection's timestamp must be, or ''; name of the field of timestamps; id;
-- the JSON object up to its timestamp.
--
-- The index: ids by timestamp (sorted sets), which 3.1.x does not have. It knows all
-- writes up to one timestamp of the collection, kept with the name of the field; if the
-- collection has another one, somebody wrote without it: lists then make it again.
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

local is_indexed = false

-- The rule of cliquet.timestamps.next_timestamp.
local function stamp()
    local previous = redis.call('GET', KEYS[1])
    local known = redis.call('GET', KEYS[6])
    is_indexed = known == ARGV[5] .. ':' .. (previous or '')
        or (not known and not previous)
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
if is_indexed then
    redis.call('ZREM', KEYS[7], ARGV[6])
    if ARGV[7] ~= '' then
        redis.call('ZADD', KEYS[8], at, ARGV[6])
    end
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

-- script: read ids
-- KEYS: of values, records before tombstones. ARGV: how many are records.
local found = {{}, {}}
for place, key in ipairs(KEYS) do
    local text = redis.call('GET', key)
    if text then
        table.insert(found[place <= tonumber(ARGV[1]) and 1 or 2], text)
    end
end
return found

-- script: read page
-- KEYS: timestamp of the collection, what the index knows, then the set and the index
-- of records, of tombstones. ARGV: what keys of values begin with; name of the field of
-- timestamps; most records, or -1; 'desc' or 'asc'; bounds of the page, as ZRANGE has
-- them; bounds of all pages; whether tombstones are wanted ('1').
--
-- Answers how many records there are on all pages, then those that may be on this one:
-- as many as wanted, and whatever has the same timestamp as the first or the last. A
-- nil stands for an index that cannot be had.
local suffixes = {'.records', '.deleted'}
local current = redis.call('GET', KEYS[1]) or ''
local limit = tonumber(ARGV[3])
local low, high = ARGV[5], ARGV[6]

local function value_of(kind, id)
    return redis.call('GET', ARGV[1] .. id .. suffixes[kind])
end

local function rebuild()
    for kind = 1, 2 do
        local members, index = KEYS[2 * kind + 1], KEYS[2 * kind + 2]
        local refused = redis.pcall('DEL', index)
        if type(refused) == 'table' then
            return false
        end
        for _, id in ipairs(redis.call('SMEMBERS', members)) do
            -- An id whose value is missing stands for nothing (backends, 13.3).
            local text = value_of(kind, id)
            if text then
                local at = tonumber(cjson.decode(text)[ARGV[2]])
                if not at then
                    return false
                end
                redis.call('ZADD', index, number(at), id)
            end
        end
    end
    redis.call('SET', KEYS[2], ARGV[2] .. ':' .. current)
    return true
end

local function ids_of(index)
    if limit < 0 then
        return redis.call('ZRANGEBYSCORE', index, low, high)
    end
    local first = ARGV[4] == 'desc' and high or low
    local wanted = limit
    if tonumber(first) then
        wanted = wanted + redis.call('ZCOUNT', index, first, first)
    end
    local found
    if ARGV[4] == 'desc' then
        found = redis.call('ZREVRANGEBYSCORE', index, high, low, 'WITHSCORES',
            'LIMIT', 0, wanted)
    else
        found = redis.call('ZRANGEBYSCORE', index, low, high, 'WITHSCORES',
            'LIMIT', 0, wanted)
    end
    local ids, last = {}, nil
    for place = 1, #found, 2 do
        table.insert(ids, found[place])
        last = found[place + 1]
    end
    if #ids < wanted or not last then
        return ids
    end
    local known = {}
    for _, id in ipairs(ids) do
        known[id] = true
    end
    for _, id in ipairs(redis.call('ZRANGEBYSCORE', index, last, last)) do
        if not known[id] then
            table.insert(ids, id)
        end
    end
    return ids
end

-- Answers nothing if the index has an id that has no value.
local function read_page(kind)
    local texts = {}
    for _, id in ipairs(ids_of(KEYS[2 * kind + 2])) do
        local text = value_of(kind, id)
        if not text then
            return nil
        end
        table.insert(texts, text)
    end
    return texts
end

local is_known = redis.call('GET', KEYS[2]) == ARGV[2] .. ':' .. current
if current == '' then
    -- Never written: nothing is there, or it is not ours to index.
    if redis.call('EXISTS', KEYS[3], KEYS[5]) ~= 0 then
        return false
    end
elseif not is_known and not rebuild() then
    return false
end
for _ = 1, 2 do
    local live = read_page(1)
    local dead = {}
    if ARGV[9] == '1' then
        dead = read_page(2)
    end
    if live and dead then
        return {redis.call('ZCOUNT', KEYS[4], ARGV[7], ARGV[8]), live, dead}
    end
    -- 3.1.x forgot some tombstones, which changes no timestamp.
    if not rebuild() then
        return false
    end
end
return false
