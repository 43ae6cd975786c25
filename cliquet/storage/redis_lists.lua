-- How are lists of Redis read in one step? The index is that of redis_writes.lua.

local function number(text)
    return string.format('%.0f', text)
end

-- script: read all
-- KEYS: timestamp of the collection, sets of ids. ARGV: what keys of values begin with;
-- how they end, set by set. Answers the timestamp, then the values of each set.
local found = {redis.call('GET', KEYS[1])}
for place = 2, #KEYS do
    local texts = {}
    for _, id in ipairs(redis.call('SMEMBERS', KEYS[place])) do
        -- An id whose value is missing stands for nothing (backends, section 13.3).
        local text = redis.call('GET', ARGV[1] .. id .. '.' .. ARGV[place])
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
