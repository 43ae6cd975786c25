-- Reads a page in the order of the index by time, which is described in
-- writes/prelude.lua, and made here if it is not up to date.
--
-- KEYS: timestamp of the collection, what the index knows, then the set and the index
-- of records, of tombstones. ARGV: what keys of values begin with; name of the field of
-- timestamps; most records, or -1; 'desc' or 'asc'; bounds of the page, as ZRANGE has
-- them; bounds of all pages; whether tombstones are wanted ('1'),
-- and how many records there are.
--
-- Returns how many records there are on all pages, then those that may be on this one,
-- as a JSON array: as many as wanted, and whatever has the same timestamp as the first
-- or the last. Returns nil if there can be no index.
local kinds = {'records', 'deleted'}
local current = redis.call('GET', KEYS[1]) or ''
local limit = tonumber(ARGV[3])
local low, high = ARGV[5], ARGV[6]

local function rebuild()
    for kind = 1, 2 do
        local members, index = KEYS[2 * kind + 1], KEYS[2 * kind + 2]
        local refused = redis.pcall('DEL', index)
        if type(refused) == 'table' then
            return false
        end
        for _, id in ipairs(redis.call('SMEMBERS', members)) do
            local text = value_of(id, kinds[kind])
            if text then
                -- Not all that 3.1.x wrote can be read here: lone surrogates.
                local is_read, record = pcall(cjson.decode, text)
                local at = is_read and tonumber(record[ARGV[2]])
                if not at then
                    return false
                end
                redis.call('ZADD', index, number(at), id)
            end
        end
    end
    if is_unmoved then
        return false
    end
    redis.call('SET', KEYS[2], ARGV[2] .. ':' .. current)
    return true
end

local function range(index, offset, count)
    if ARGV[4] == 'desc' then
        return redis.call('ZREVRANGEBYSCORE', index, high, low, 'WITHSCORES',
            'LIMIT', offset, count)
    end
    return redis.call('ZRANGEBYSCORE', index, low, high, 'WITHSCORES',
        'LIMIT', offset, count)
end

-- Whether a page has as many as wanted, and what comes now has another timestamp.
local function is_full(ids, wanted, last, score)
    return wanted >= 0 and #ids >= wanted and score ~= last
end

-- Follows the index until the page is full.
local function walk(index, wanted)
    local ids, last, offset, count = {}, nil, 0, wanted >= 0 and wanted + 1 or 10000
    while true do
        local found = range(index, offset, count)
        for position = 1, #found, 2 do
            if is_full(ids, wanted, last, found[position + 1]) then
                return ids
            end
            if is_wanted(found[position]) then
                table.insert(ids, found[position])
                last = found[position + 1]
            end
        end
        if #found < 2 * count then
            return ids
        end
        offset, count = offset + count, 2 * count
    end
end

local function is_between(score, from, to)
    return score and (from == '-inf' or tonumber(score) >= tonumber(from))
        and (to == '+inf' or tonumber(score) <= tonumber(to))
end

-- Looks at all that is shared.
local function pick(index, wanted)
    local found, ids, last = {}, {}, nil
    for _, id in ipairs(shared_ids()) do
        local score = redis.call('ZSCORE', index, id)
        if is_between(score, low, high) and is_wanted(id) then
            table.insert(found, {id, score})
        end
    end
    table.sort(found, function(one, other)
        if ARGV[4] == 'desc' then
            one, other = other, one
        end
        return tonumber(one[2]) < tonumber(other[2])
    end)
    for _, each in ipairs(found) do
        if is_full(ids, wanted, last, each[2]) then
            return ids
        end
        table.insert(ids, each[1])
        last = each[2]
    end
    return ids
end

local function ids_of(index)
    local wanted = limit
    local first = ARGV[4] == 'desc' and high or low
    if limit >= 0 and tonumber(first) then
        wanted = wanted + redis.call('ZCOUNT', index, first, first)
    end
    if shared then
        -- A page is full after so many steps if what is shared is anywhere.
        local size = redis.call('ZCOUNT', index, low, high)
        local most = wanted >= 0 and wanted * size or size * size
        if shared_size < size and shared_size * shared_size < most then
            return pick(index, wanted)
        end
    end
    return walk(index, wanted)
end

local function count_shared()
    local total, known = 0, {}
    for position, pair in ipairs(shared) do
        if position == 1 then
            -- Nearly all of them are records: what is not is all that is looked at.
            local dangling = redis.call('SDIFF', pair.set, KEYS[3])
            total = pair.size - #dangling
        else
            for _, id in ipairs(redis.call('SDIFF', pair.set, shared[1].set)) do
                if not known[id] then
                    known[id] = true
                    total = total + redis.call('SISMEMBER', KEYS[3], id)
                end
            end
        end
    end
    return total
end

local function count()
    local index, from, to = KEYS[4], ARGV[7], ARGV[8]
    local size, all = redis.call('ZCOUNT', index, from, to), redis.call('ZCARD', index)
    if not shared then
        return size
    end
    if size == all and all == redis.call('SCARD', KEYS[3]) then
        return count_shared()
    end
    local total = 0
    if size <= shared_size then
        for _, id in ipairs(redis.call('ZRANGEBYSCORE', index, from, to)) do
            total = total + (is_wanted(id) and 1 or 0)
        end
        return total
    end
    for _, id in ipairs(shared_ids()) do
        if is_between(redis.call('ZSCORE', index, id), from, to) and is_wanted(id) then
            total = total + 1
        end
    end
    return total
end

-- Returns nothing if the index has an id that has no value.
local function read_page(kind)
    local texts = {}
    for _, id in ipairs(ids_of(KEYS[2 * kind + 2])) do
        local text = value_of(id, kinds[kind])
        if not text then
            return nil
        end
        table.insert(texts, text)
    end
    return as_array(texts)
end

local is_known = redis.call('GET', KEYS[2]) == ARGV[2] .. ':' .. current
if current == '' then
    -- Never written: nothing is there, or it is not ours to index.
    if redis.call('EXISTS', KEYS[3], KEYS[5]) ~= 0 then
        return false
    end
elseif not is_known and not rebuild() then
    return is_unmoved and 'unmoved'
end
for _ = 1, 2 do
    local live = read_page(1)
    local dead = '[]'
    if ARGV[9] == '1' then
        dead = read_page(2)
    end
    if live and dead then
        return {ARGV[10] == '1' and count() or 0, live, dead}
    end
    -- 3.1.x forgot some tombstones, which changes no timestamp.
    if not rebuild() then
        return is_unmoved and 'unmoved'
    end
end
return false
