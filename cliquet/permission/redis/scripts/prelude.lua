-- What the scripts about permissions have in common: the keys of
-- cliquet.engines.redis.shared_ids, and the index of what is shared.
--
-- KEYS: whether there is an index, names of permissions.

local INDEXED, NAMES = KEYS[1], KEYS[2]
-- What all keys begin with in a cluster (cliquet.engines.redis.tags).
local TAG = string.match(INDEXED, '^{.-}') or ''
local OBJECTS, USERS = TAG .. 'permission:', TAG .. 'user:'

local function object_key(object, permission)
    return OBJECTS .. object .. ':' .. permission
end

-- Clients may send any number of colons: once for each text.
local escapes = {}

local function escaped(text)
    escapes[text] = escapes[text] or string.gsub(text, ':', '\31')
    return escapes[text]
end

local function shared_key(parent, permission, principal)
    return TAG .. 'permissions:shared:' .. escaped(parent) .. ':' .. escaped(permission)
        .. ':' .. principal
end

local function parents_key(permission, principal)
    return TAG .. 'permissions:parents:' .. escaped(permission) .. ':' .. principal
end

-- The part of an object id before a record id, and that; what is no record has no
-- parent.
local function split(object)
    local parent, segment = string.match(object, '^(.*/)([^/]*)$')
    local id = parent and unquoted(segment)
    if id then
        return parent, id
    end
    return '', object
end

local function join(parent, id)
    return parent == '' and id or parent .. quoted(id)
end

local function is_indexed()
    return TAG ~= '' or redis.call('EXISTS', INDEXED) == 1
end

local function is_indexed_as(object, permission, principal)
    local parent, id = split(object)
    return redis.call('SISMEMBER', shared_key(parent, permission, principal), id) == 1
end

-- Whether the key of a permission may be that of another one.
local function is_ambiguous(object, permission)
    return string.find(object .. permission, ':', 1, true) ~= nil
end

-- What a key of 3.1.x stands for.
local function parse(key)
    local text = string.sub(key, #OBJECTS + 1)
    local object, permission = string.match(text, '^(.*):([^:/]+:create)$')
    if not object then
        object, permission = string.match(text, '^(.*):([^:]*)$')
    end
    return object, permission
end

-- What a principal of a key has, as far as the index tells. Names are few, colons may
-- be many.
local function known_pairs(key, principal)
    local text, found = string.sub(key, #OBJECTS + 1), {}
    for _, permission in ipairs(redis.call('SMEMBERS', NAMES)) do
        local colon = #text - #permission
        if colon > 0 and string.sub(text, colon) == ':' .. permission then
            local object = string.sub(text, 1, colon - 1)
            if is_indexed_as(object, permission, principal) then
                table.insert(found, {object, permission})
            end
        end
    end
    return found
end

-- What a principal of a key has.
local function pairs_of(key, principal)
    local object, permission = parse(key)
    if not object then
        return {}
    end
    local found = {}
    if is_ambiguous(object, permission) then
        found = known_pairs(key, principal)
    end
    return #found > 0 and found or {{object, permission}}
end

-- Whether a principal of the key of a permission has that one.
local function stands_for(object, permission, principal)
    if not is_ambiguous(object, permission) or is_indexed_as(object, permission, principal) then
        return true
    end
    for _, pair in ipairs(pairs_of(object_key(object, permission), principal)) do
        if pair[1] == object and pair[2] == permission then
            return true
        end
    end
    return false
end

-- The index may know of what 3.1.x took away meanwhile.
local function is_member(object, permission, principal)
    return redis.call('SISMEMBER', object_key(object, permission), principal) == 1
end

local function begins(text, prefix)
    return string.sub(text, 1, #prefix) == prefix
end

local function index(object, permission, principal)
    local parent, id = split(object)
    redis.call('SADD', NAMES, permission)
    redis.call('SADD', shared_key(parent, permission, principal), id)
    redis.call('SADD', parents_key(permission, principal), parent)
end

local function unindex(object, permission, principal)
    local parent, id = split(object)
    local shared = shared_key(parent, permission, principal)
    redis.call('SREM', shared, id)
    if redis.call('EXISTS', shared) == 0 then
        redis.call('SREM', parents_key(permission, principal), parent)
    end
end

local function keys_like(pattern)
    local found, cursor = {}, '0'
    repeat
        local part = redis.call('SCAN', cursor, 'MATCH', pattern, 'COUNT', 1000)
        cursor = part[1]
        for _, key in ipairs(part[2]) do
            table.insert(found, key)
        end
    until cursor == '0'
    return found
end

local function each_entry(keys, work)
    for _, key in ipairs(keys) do
        for _, principal in ipairs(redis.call('SMEMBERS', key)) do
            for _, pair in ipairs(pairs_of(key, principal)) do
                work(pair[1], pair[2], principal)
            end
        end
    end
end

-- Looks through all keys, once, for what was written without an index. Of a key that
-- may stand for several permissions, an index of before tells for which. Returns false
-- where nothing can be written: a replica.
local function build()
    local refused = redis.pcall('DEL', INDEXED)
    if type(refused) == 'table' then
        return false
    end
    local keys, entries = keys_like(OBJECTS .. '*'), {}
    each_entry(keys, function(object, permission, principal)
        table.insert(entries, {object, permission, principal})
    end)
    for _, pattern in ipairs({'permissions:shared:*', 'permissions:parents:*'}) do
        for _, key in ipairs(keys_like(pattern)) do
            redis.call('DEL', key)
        end
    end
    redis.call('DEL', NAMES)
    for _, entry in ipairs(entries) do
        index(entry[1], entry[2], entry[3])
    end
    redis.call('SET', INDEXED, 1)
    return true
end

local function is_ready()
    return is_indexed() or build()
end

local function names()
    if is_ready() then
        return redis.call('SMEMBERS', NAMES)
    end
    local found, known = {}, {}
    for _, key in ipairs(keys_like(OBJECTS .. '*')) do
        local _, permission = parse(key)
        if permission and not known[permission] then
            known[permission] = true
            table.insert(found, permission)
        end
    end
    return found
end

local function principals_of(object, permission)
    local members = redis.call('SMEMBERS', object_key(object, permission))
    if not is_ambiguous(object, permission) then
        return members
    end
    local found = {}
    for _, principal in ipairs(members) do
        if stands_for(object, permission, principal) then
            table.insert(found, principal)
        end
    end
    return found
end

-- Names and principals, by turns.
local function entries_of(object, permissions)
    local found = {}
    for _, permission in ipairs(permissions) do
        local principals = principals_of(object, permission)
        if #principals > 0 then
            table.insert(found, permission)
            table.insert(found, principals)
        end
    end
    return found
end

local function grant(object, permission, principal)
    local ambiguous = is_ambiguous(object, permission)
    if ambiguous then
        is_ready()
    end
    local is_new = redis.call('SADD', object_key(object, permission), principal) == 1
    if (is_new or ambiguous) and is_indexed() then
        index(object, permission, principal)
    end
end

local function revoke(object, permission, principal)
    local key = object_key(object, permission)
    local ambiguous = is_ambiguous(object, permission)
    if ambiguous then
        is_ready()
    end
    if is_indexed() then
        unindex(object, permission, principal)
    end
    if not ambiguous or #known_pairs(key, principal) == 0 then
        redis.call('SREM', key, principal)
    end
end
