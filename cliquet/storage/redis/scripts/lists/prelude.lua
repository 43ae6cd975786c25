-- What lists have in common: which ids are shared.
--
-- Last ARGV: JSON of what has to be shared (cliquet.engines.redis.shared_ids), or ''.
-- Returns 'unindexed' if permissions are not indexed. Each script returns 'unmoved' if a
-- value has to be moved first (cliquet.storage.redis.moves).

local function number(text)
    return string.format('%.0f', text)
end

-- One reply is read much faster than many.
local function as_array(texts)
    return '[' .. table.concat(texts, ',') .. ']'
end

-- The value of an id that a set has; nil if it stands for nothing.
local is_unmoved = false
local function value_of(id, kind)
    local text = redis.call('GET', value_key(ARGV[1], id, kind))
    if not text and has_dot(id) then
        is_unmoved = true
    end
    return text
end

-- What may be shared, the largest set first; nil if everything is wanted.
local shared, shared_size, beginning = nil, 0, nil
if ARGV[#ARGV] ~= '' then
    local asked = cjson.decode(ARGV[#ARGV])
    if asked.indexed ~= '' and redis.call('EXISTS', asked.indexed) == 0 then
        return 'unindexed'
    end
    shared, beginning = {}, asked.beginning
    for _, pair in ipairs(asked.pairs) do
        pair.size = redis.call('SCARD', pair.set)
        if pair.size > 0 then
            table.insert(shared, pair)
            shared_size = shared_size + pair.size
        end
    end
    table.sort(shared, function(one, other) return one.size > other.size end)
end

-- Asks the permissions, too: the index may know of what 3.1.x took away.
local function is_wanted(id)
    if not shared then
        return true
    end
    local object
    for _, pair in ipairs(shared) do
        if redis.call('SISMEMBER', pair.set, id) == 1 then
            object = object or beginning .. quoted(id) .. ':'
            local key = object .. pair.permission
            if redis.call('SISMEMBER', key, pair.principal) == 1 then
                return true
            end
        end
    end
    return false
end

local function shared_ids()
    local ids, known = {}, {}
    for _, pair in ipairs(shared) do
        for _, id in ipairs(redis.call('SMEMBERS', pair.set)) do
            if not known[id] then
                known[id] = true
                table.insert(ids, id)
            end
        end
    end
    return ids
end

-- Ids of a set that are wanted.
local function wanted_ids(members)
    local found = {}
    local candidates
    local few = shared and shared_size < redis.call('SCARD', members)
    if few then
        candidates = shared_ids()
    else
        candidates = redis.call('SMEMBERS', members)
    end
    for _, id in ipairs(candidates) do
        -- A value whose id is not in the set is what 3.1.x left behind.
        local is_member = not few or redis.call('SISMEMBER', members, id) == 1
        if is_member and is_wanted(id) then
            table.insert(found, id)
        end
    end
    return found
end

