-- Moves what 3.1.x left of a collection from its keys to ours, where they differ:
-- all of a collection whose names hold dots, records whose ids do of another one.
--
-- KEYS: by turns that of 3.1.x and ours, which may be the same: timestamp, set of
-- records, set of tombstones, what the index knows. ARGV: what the keys of 3.1.x begin
-- with; what ours begin with.
local is_whole = KEYS[1] ~= KEYS[2]

local function is_a(kind, name)
    return redis.call('TYPE', name).ok == kind
end

local function ends_with(text, ending)
    return string.sub(text, -#ending) == ending
end

-- Of what 3.1.x kept under one key, say `a.b` of one parent and `b` of another, the
-- last one is there: its id tells whose it is.
local function is_its_own(text, id)
    local is_read, record = pcall(cjson.decode, text)
    local found = is_read and record.id
    return type(found) ~= 'string'
        or not (ends_with(id, '.' .. found) or ends_with(found, '.' .. id))
end

local function move_value(id, kind)
    local old, new = ARGV[1] .. id .. '.' .. kind, value_key(ARGV[2], id, kind)
    if not is_a('string', old) or not is_its_own(redis.call('GET', old), id) then
        return
    end
    if redis.call('EXISTS', new) == 0 then
        redis.call('RENAME', old, new)
    else
        redis.call('DEL', old)
    end
end

local function move_all(kind, old, new)
    if not is_a('set', old) then
        return
    end
    for _, id in ipairs(redis.call('SMEMBERS', old)) do
        if is_whole or has_dot(id) then
            move_value(id, kind)
            -- Lists count on it: an id that holds a dot has a value.
            local is_there = redis.call('EXISTS', value_key(ARGV[2], id, kind)) == 1
            redis.call(is_there and 'SADD' or 'SREM', new, id)
            -- The index has to be made again.
            redis.call('DEL', KEYS[8])
        end
    end
    if is_whole then
        redis.call('DEL', old)
    end
end

move_all('records', KEYS[3], KEYS[4])
move_all('deleted', KEYS[5], KEYS[6])
local at, ours = redis.call('GET', KEYS[1]), redis.call('GET', KEYS[2])
if is_whole and at then
    if not ours or is_greater(at, ours) then
        redis.call('SET', KEYS[2], at)
    end
    redis.call('DEL', KEYS[1], KEYS[7], KEYS[3] .. '.by_time', KEYS[5] .. '.by_time')
end
