-- Grants a permission on an object to a principal.
--
-- ARGV: object, permission, principal.
grant(ARGV[1], ARGV[2], ARGV[3])
