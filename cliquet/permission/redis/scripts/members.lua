-- Adds principals to users, and removes some.
--
-- ARGV: JSON: pairs of a user and a principal to add, others to remove.
local changes = cjson.decode(ARGV[1])
for _, pair in ipairs(changes[2]) do
    redis.call('SREM', USERS .. pair[1], pair[2])
end
for _, pair in ipairs(changes[1]) do
    redis.call('SADD', USERS .. pair[1], pair[2])
end
