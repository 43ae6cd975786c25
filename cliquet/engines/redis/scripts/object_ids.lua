-- Record ids in object ids, as cliquet.object_ids has it.

local ODD = "[^%w_%.~!%$&'%(%)%*%+,;=:@%-]"

local function quoted(id)
    return (string.gsub(id, ODD, function(character)
        return string.format('%%%02X', string.byte(character))
    end))
end

-- What stands for itself, and sequences of UTF-8, become an x.
local WELL_FORMED = {
    '[\194-\223][\128-\191]', '\224[\160-\191][\128-\191]',
    '[\225-\236\238\239][\128-\191][\128-\191]', '\237[\128-\159][\128-\191]',
    '\240[\144-\191][\128-\191][\128-\191]',
    '[\241-\243][\128-\191][\128-\191][\128-\191]',
    '\244[\128-\143][\128-\191][\128-\191]',
}

local function is_text(bytes)
    for _, sequence in ipairs(WELL_FORMED) do
        bytes = string.gsub(bytes, sequence, 'x')
    end
    return not string.find(bytes, '[%z\128-\255]')
end

-- The record id of a segment, nil if no record is permitted by it.
local function unquoted(segment)
    if segment == '' or not string.find(segment, ODD) then
        return segment ~= '' and segment or nil
    end
    local id = string.gsub(segment, '%%(%x%x)', function(digits)
        return string.char(tonumber(digits, 16))
    end)
    if quoted(id) == segment and is_text(id) and not string.find(id, '/', 1, true) then
        return id
    end
end

