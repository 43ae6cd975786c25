-- Writes permissions of an object.
--
-- ARGV: object; JSON: the permissions that others lose; pairs of a permission and a
-- principal that has it. Returns all permissions of the object.
local object, steps, kept = ARGV[1], cjson.decode(ARGV[2]), {}
local replaced, given = steps[1], steps[2]
for _, pair in ipairs(given) do
    local permission, principal = pair[1], pair[2]
    kept[permission] = kept[permission] or {}
    kept[permission][principal] = true
    grant(object, permission, principal)
end
for _, permission in ipairs(replaced) do
    local before = principals_of(object, permission)
    for _, principal in ipairs(before) do
        if not (kept[permission] and kept[permission][principal]) then
            revoke(object, permission, principal)
        end
    end
end
return entries_of(object, names())
