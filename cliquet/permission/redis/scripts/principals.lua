-- Reads the principals that have one of some permissions on objects.
--
-- ARGV: JSON: pairs of an object and a permission. Returns the principals, some of them
-- twice.
is_ready()
local found = {}
for _, pair in ipairs(cjson.decode(ARGV[1])) do
    for _, principal in ipairs(principals_of(pair[1], pair[2])) do
        table.insert(found, principal)
    end
end
return found
