-- Finds the objects on which principals have permissions.
--
-- ARGV: JSON: beginnings of object ids, and the permission wanted on each; principals,
-- any of whom must have it. Returns the objects, for each beginning.
local wanted, principals, found = cjson.decode(ARGV[1]), {}, {}
local is_asked = {}
for position = 2, #ARGV do
    principals[position - 1] = ARGV[position]
    is_asked[ARGV[position]] = true
end

local function find(prefix, permission, principal, objects)
    for _, parent in ipairs(redis.call('SMEMBERS', parents_key(permission, principal))) do
        if begins(parent, prefix) or begins(prefix, parent) then
            local shared = shared_key(parent, permission, principal)
            for _, id in ipairs(redis.call('SMEMBERS', shared)) do
                local object = join(parent, id)
                if begins(object, prefix) and is_member(object, permission, principal) then
                    table.insert(objects, object)
                end
            end
        end
    end
end

for position = 1, #wanted do
    found[position] = {}
end
if is_ready() then
    for position, pair in ipairs(wanted) do
        for _, principal in ipairs(principals) do
            find(pair[1], pair[2], principal, found[position])
        end
    end
    return found
end
each_entry(keys_like(OBJECTS .. '*'), function(object, permission, principal)
    for position, pair in ipairs(wanted) do
        if permission == pair[2] and begins(object, pair[1]) and is_asked[principal] then
            table.insert(found[position], object)
        end
    end
end)
return found
