-- Reads the groups of a user, and all permissions of objects.
--
-- KEYS also: a user. ARGV: objects. Returns the principals of the user, then for each
-- object its permissions.
local permissions = names()
local found = {redis.call('SMEMBERS', KEYS[3])}
for position, object in ipairs(ARGV) do
    found[position + 1] = entries_of(object, permissions)
end
return found
