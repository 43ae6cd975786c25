-- Reads what keys stand for.
--
-- ARGV: keys. Returns object, permission and principal, by turns.
local found = {}
each_entry(ARGV, function(...)
    for _, text in ipairs({...}) do
        table.insert(found, text)
    end
end)
return found
