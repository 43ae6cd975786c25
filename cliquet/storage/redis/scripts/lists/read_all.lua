-- Reads all records, or tombstones.
--
-- KEYS: timestamp of the collection, sets of ids. ARGV: what keys of values begin with;
-- how they end, set by set.
-- Returns the timestamp, then the values of each set as a JSON array.
local found = {redis.call('GET', KEYS[1])}
for position = 2, #KEYS do
    local texts = {}
    for _, id in ipairs(wanted_ids(KEYS[position])) do
        local text = value_of(id, ARGV[position])
        if text then
            table.insert(texts, text)
        end
    end
    found[position] = as_array(texts)
end
return is_unmoved and 'unmoved' or found
