-- Returns whether any record is shared directly below a prefix.
--
-- ARGV: beginning of object ids that ends a segment; JSON: permissions, principals.
-- Returns false where there is no index.
if not is_ready() then
    return false
end
local function is_any(permission, principal)
    local set, cursor = shared_key(ARGV[1], permission, principal), '0'
    repeat
        local part = redis.call('SSCAN', set, cursor)
        cursor = part[1]
        for _, id in ipairs(part[2]) do
            if is_member(join(ARGV[1], id), permission, principal) then
                return true
            end
        end
    until cursor == '0'
    return false
end

local asked = cjson.decode(ARGV[2])
for _, permission in ipairs(asked[1]) do
    for _, principal in ipairs(asked[2]) do
        if is_any(permission, principal) then
            return 1
        end
    end
end
return 0
