-- What writes have in common: conditions, the next timestamp, records and tombstones.
--
-- KEYS: timestamp of the collection, record, set of records, tombstone, set of
-- tombstones, what the index knows, index of records, index of tombstones; maybe the
-- record that what is written is below, and that there must be.
-- ARGV: now; the timestamp to give, or '' for the next one; what the record must be
-- ('any', 'absent' or its timestamp); the timestamp that the collection must have, or
-- ''; name of the field of timestamps; then what each script says.
--
-- The index: ids by timestamp (sorted sets), which 3.1.x does not have. It knows all
-- writes up to one timestamp of the collection, kept with the name of the field; if the
-- collection has another one, somebody wrote without it: lists then make it again.
--
-- The timestamp of a record, from its JSON. Ours come last and are read exactly.
local function timestamp_of(text, field)
    local last = string.sub(text, -#field - 30)
    local name, at = string.match(last, '[{,]"([^"]*)":(-?%d+)}$')
    if name == field then
        return at
    end
    at = cjson.decode(text)[field]
    return type(at) == 'number' and string.format('%.0f', at)
end

local function is_collection_expected()
    local current = redis.call('GET', KEYS[1]) or '0'
    return ARGV[4] == '' or ARGV[4] == current
end

local function is_below_nothing()
    return KEYS[9] and redis.call('EXISTS', KEYS[9]) == 0
end

local function is_expected(found)
    -- Fails if 3.1.x has a set there, of another parent.
    redis.call('STRLEN', KEYS[4])
    if not is_collection_expected() then
        return false
    end
    if ARGV[3] == 'any' then
        return true
    end
    if not found then
        return ARGV[3] == 'absent'
    end
    return timestamp_of(found, ARGV[5]) == ARGV[3]
end

local is_indexed = false

-- The rule of cliquet.timestamps.next_timestamp.
local function next_timestamp()
    local previous = redis.call('GET', KEYS[1])
    local known = redis.call('GET', KEYS[6])
    is_indexed = known == ARGV[5] .. ':' .. (previous or '')
        or (not known and not previous and redis.call('EXISTS', KEYS[3], KEYS[5]) == 0)
    local collection = ARGV[2] ~= '' and ARGV[2] or ARGV[1]
    if not previous or is_greater(collection, previous) then
        redis.call('SET', KEYS[1], collection)
    else
        redis.call('INCR', KEYS[1])
        collection = redis.call('GET', KEYS[1])
    end
    if is_indexed then
        redis.call('SET', KEYS[6], ARGV[5] .. ':' .. collection)
    end
    return ARGV[2] ~= '' and ARGV[2] or collection
end

local function put()
    local at = next_timestamp()
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

local function remove(record, tombstone, id, head)
    local at = next_timestamp()
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

