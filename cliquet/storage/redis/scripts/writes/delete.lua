-- Deletes a record. ARGV[6] is its id, ARGV[7] the JSON of the tombstone up to its
-- timestamp, or '' for none. Returns 'deleted' and the timestamp, 'missing', or 'changed'.
local found = redis.call('GET', KEYS[2])
if not found then
    return {'missing'}
end
if not is_expected(found) then
    return {'changed'}
end
return {'deleted', remove(KEYS[2], KEYS[4], ARGV[6], ARGV[7])}
