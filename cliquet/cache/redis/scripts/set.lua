-- Sets a value, and remembers its key.
--
-- KEYS: of the value; the set of all keys, where those that expired stay behind. ARGV:
-- the value; its milliseconds, or '' if it does not expire.
--
-- Forgets more keys than it adds, if most of those that it happens to look at are gone.
local looked_at = 4
for _, key in ipairs(redis.call('SRANDMEMBER', KEYS[2], looked_at)) do
    if redis.call('EXISTS', key) == 0 then
        redis.call('SREM', KEYS[2], key)
    end
end
if ARGV[2] == '' then
    redis.call('SET', KEYS[1], ARGV[1])
else
    redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
end
redis.call('SADD', KEYS[2], KEYS[1])
