-- How are permissions of Redis read or written in one step? The keys are those of
-- cliquet.backends.redis_grants.
--
-- KEYS: whether there is an index, names of permissions.

local INDEXED, NAMES = KEYS[1], KEYS[2]

local function escaped(text)
    return (string.gsub(text, ':', '\31'))
end

local function object_key(object, permission)
    return 'permission:' .. escaped(object) .. ':' .. permission
end

local function shared_key(parent, permission, principal)
    return 'permissions:shared:' .. escaped(parent) .. ':' .. escaped(permission)
        .. ':' .. principal
end

local function parents_key(permission, principal)
    return 'permissions:parents:' .. escaped(permission) .. ':' .. principal
end

local function split(object)
    local parent, id = string.match(object, '^(.*/)([^/]*)$')
    return parent or '', id or object
end

-- The index may know of what 3.1.x took away meanwhile.
local function has(object, permission, principal)
    return redis.call('SISMEMBER', object_key(object, permission), principal) == 1
end

local function begins(text, prefix)
    return string.sub(text, 1, #prefix) == prefix
end

local function index(object, permission, principal)
    local parent, id = split(object)
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

local function each_entry(work)
    for _, key in ipairs(keys_like('permission:*')) do
        local object, permission = string.match(key, '^permission:([^:]*):(.*)$')
        if object then
            work(key, (string.gsub(object, '\31', ':')), permission)
        end
    end
end

-- Looks through all keys, once, for what was written without an index. Answers false
-- where nothing can be written: a replica.
local function build()
    local refused = redis.pcall('DEL', NAMES)
    if type(refused) == 'table' then
        return false
    end
    for _, pattern in ipairs({'permissions:shared:*', 'permissions:parents:*'}) do
        for _, key in ipairs(keys_like(pattern)) do
            redis.call('DEL', key)
        end
    end
    each_entry(function(key, object, permission)
        redis.call('SADD', NAMES, permission)
        for _, principal in ipairs(redis.call('SMEMBERS', key)) do
            index(object, permission, principal)
        end
    end)
    redis.call('SET', INDEXED, 1)
    return true
end

local function is_indexed()
    return redis.call('EXISTS', INDEXED) == 1
end

local function is_ready()
    return is_indexed() or build()
end

local function names()
    if is_ready() then
        return redis.call('SMEMBERS', NAMES)
    end
    local found, known = {}, {}
    each_entry(function(_, _, permission)
        if not known[permission] then
            known[permission] = true
            table.insert(found, permission)
        end
    end)
    return found
end

-- Names and principals, by turns.
local function entries_of(object, permissions)
    local found = {}
    for _, permission in ipairs(permissions) do
        local principals = redis.call('SMEMBERS', object_key(object, permission))
        if #principals > 0 then
            table.insert(found, permission)
            table.insert(found, principals)
        end
    end
    return found
end

local function grant(object, permission, principal)
    local is_new = redis.call('SADD', object_key(object, permission), principal) == 1
    if is_new and is_indexed() then
        redis.call('SADD', NAMES, permission)
        index(object, permission, principal)
    end
end

local function revoke(object, permission, principal)
    local was = redis.call('SREM', object_key(object, permission), principal) == 1
    if was and is_indexed() then
        unindex(object, permission, principal)
    end
end

-- script: read
-- KEYS also: a user. ARGV: objects. Answers the principals of the user, then for each
-- object its permissions.
local permissions = names()
local found = {redis.call('SMEMBERS', KEYS[3])}
for place, object in ipairs(ARGV) do
    found[place + 1] = entries_of(object, permissions)
end
return found

-- script: grant
-- ARGV: object, permission, principal.
grant(ARGV[1], ARGV[2], ARGV[3])

-- script: revoke
-- ARGV: object, permission, principal.
revoke(ARGV[1], ARGV[2], ARGV[3])

-- script: write
-- ARGV: object; JSON: what to do, in this order: a permission, whether others lose it,
-- who has it. Answers all permissions of the object.
local object = ARGV[1]
for _, step in ipairs(cjson.decode(ARGV[2])) do
    local permission, is_replaced, principals = step[1], step[2], step[3]
    local kept = {}
    for _, principal in ipairs(principals) do
        kept[principal] = true
        grant(object, permission, principal)
    end
    if is_replaced then
        local before = redis.call('SMEMBERS', object_key(object, permission))
        for _, principal in ipairs(before) do
            if not kept[principal] then
                revoke(object, permission, principal)
            end
        end
    end
end
return entries_of(object, names())

-- script: delete
-- ARGV: objects.
for _, permission in ipairs(names()) do
    for _, object in ipairs(ARGV) do
        local key = object_key(object, permission)
        for _, principal in ipairs(redis.call('SMEMBERS', key)) do
            unindex(object, permission, principal)
        end
        redis.call('DEL', key)
    end
end

-- script: search
-- ARGV: JSON: beginnings of object ids, and the permission wanted on each; principals,
-- any of whom must have it. Answers the objects, for each beginning.
local couples, principals, found = cjson.decode(ARGV[1]), {}, {}
for place = 2, #ARGV do
    principals[place - 1] = ARGV[place]
end

local function find(prefix, permission, principal, objects)
    for _, parent in ipairs(redis.call('SMEMBERS', parents_key(permission, principal))) do
        if begins(parent, prefix) or begins(prefix, parent) then
            local shared = shared_key(parent, permission, principal)
            for _, id in ipairs(redis.call('SMEMBERS', shared)) do
                local object = parent .. id
                if begins(object, prefix) and has(object, permission, principal) then
                    table.insert(objects, object)
                end
            end
        end
    end
end

for place = 1, #couples do
    found[place] = {}
end
if is_ready() then
    for place, couple in ipairs(couples) do
        for _, principal in ipairs(principals) do
            find(couple[1], couple[2], principal, found[place])
        end
    end
    return found
end
each_entry(function(_, object, permission)
    for place, couple in ipairs(couples) do
        if permission == couple[2] and begins(object, couple[1]) then
            for _, principal in ipairs(principals) do
                if has(object, permission, principal) then
                    table.insert(found[place], object)
                end
            end
        end
    end
end)
return found

-- script: is any
-- ARGV: beginning of object ids that ends a segment; JSON: permissions, principals.
-- Answers nothing where there is no index.
if not is_ready() then
    return false
end
local function is_any(parent, permission, principal)
    local cursor = '0'
    repeat
        local set = shared_key(parent, permission, principal)
        local part = redis.call('SSCAN', set, cursor)
        cursor = part[1]
        for _, id in ipairs(part[2]) do
            if has(parent .. id, permission, principal) then
                return true
            end
        end
    until cursor == '0'
    return false
end

local asked = cjson.decode(ARGV[2])
for _, permission in ipairs(asked[1]) do
    for _, principal in ipairs(asked[2]) do
        local parents = redis.call('SMEMBERS', parents_key(permission, principal))
        for _, parent in ipairs(parents) do
            if begins(parent, ARGV[1]) and is_any(parent, permission, principal) then
                return 1
            end
        end
    end
end
return 0

-- script: remove principal
-- ARGV: a principal, whom every user loses.
for _, key in ipairs(keys_like('user:*')) do
    redis.call('SREM', key, ARGV[1])
end
