-- Creates or replaces a record. ARGV[6] is its id, ARGV[7] its JSON up to the timestamp.
-- Returns 'written' and its JSON, or 'changed'.
if not is_expected(redis.call('GET', KEYS[2])) then
    return {'changed'}
end
return put()
