-- Reads the highest of some horizons, '0' if there is none. KEYS: theirs.
local highest = '0'
for _, key in ipairs(KEYS) do
    local found = redis.call('GET', key)
    if found and is_greater(found, highest) then
        highest = found
    end
end
return highest
