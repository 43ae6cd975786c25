-- Deletes all permissions of objects.
--
-- ARGV: objects.
for _, permission in ipairs(names()) do
    for _, object in ipairs(ARGV) do
        for _, principal in ipairs(principals_of(object, permission)) do
            revoke(object, permission, principal)
        end
    end
end
