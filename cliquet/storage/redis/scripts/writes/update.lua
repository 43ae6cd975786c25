-- Creates or replaces a record. ARGV[6] is its id, ARGV[7] its JSON up to the timestamp.
-- Returns 'written' and its JSON, 'below nothing' or 'changed'.
if is_below_nothing() then
    return {'below nothing'}
end
if not is_expected(redis.call('GET', KEYS[2])) then
    return {'changed'}
end
return put()
