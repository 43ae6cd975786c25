-- Creates a record. ARGV[6] is its id, ARGV[7] its JSON up to the timestamp.
-- Returns 'written' and its JSON, 'exists' and that of the one there is, 'below nothing'
-- or 'changed'.
if is_below_nothing() then
    return {'below nothing'}
end
local found = redis.call('GET', KEYS[2])
if found then
    return {'exists', found}
end
if not is_expected(found) then
    return {'changed'}
end
return put()
