-- Revokes a permission on an object from a principal.
--
-- ARGV: object, permission, principal.
revoke(ARGV[1], ARGV[2], ARGV[3])
