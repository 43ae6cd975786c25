-- Reads the records, or tombstones, that have one of some ids.
--
-- KEYS: sets of ids. ARGV: what keys of values begin with; how they end, set by set, by
-- commas; ids.
-- Returns the values of each set as a JSON array.
local found, kinds = {}, {}
for kind in string.gmatch(ARGV[2], '[^,]+') do
    table.insert(kinds, kind)
end
for number, kind in ipairs(kinds) do
    local texts = {}
    for position = 3, #ARGV - 1 do
        local id = ARGV[position]
        -- A value whose id is not in the set is what 3.1.x left behind.
        if redis.call('SISMEMBER', KEYS[number], id) == 1 and is_wanted(id) then
            table.insert(texts, value_of(id, kind) or nil)
        end
    end
    found[number] = as_array(texts)
end
return is_unmoved and 'unmoved' or found
