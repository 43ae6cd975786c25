-- Removes a principal from those of every user.
--
-- ARGV: a principal, whom every user loses.
for _, key in ipairs(keys_like(USERS .. '*')) do
    redis.call('SREM', key, ARGV[1])
end
