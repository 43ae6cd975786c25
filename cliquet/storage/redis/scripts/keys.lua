-- What all scripts have in common: keys of values, and timestamps.

local function has_dot(text)
    return string.find(text, '.', 1, true) ~= nil
end

-- The key of a record or tombstone, as cliquet.storage.redis.keys has it. `beginning`
-- is that of its collection.
local function value_key(beginning, id, kind)
    local stem = string.sub(beginning, 1, -2)
    if string.sub(beginning, -1) == '.' then
        if not has_dot(id) then
            return beginning .. id .. '.' .. kind
        end
        stem = string.gsub(stem, '%%', '%%25')
    end
    local escaped = string.gsub(id, '[%%.]', {['%'] = '%25', ['.'] = '%2E'})
    return stem .. '.' .. escaped .. ';' .. kind
end

-- Timestamps are texts of digits: numbers of Lua are not exact beyond 2^53.
local function is_greater(one, other)
    local is_negative = string.sub(one, 1, 1) == '-'
    if is_negative ~= (string.sub(other, 1, 1) == '-') then
        return not is_negative
    end
    if is_negative then
        one, other = other, one
    end
    if #one ~= #other then
        return #one > #other
    end
    return one > other
end

