"""The parts of the protocol that are neither errors nor resources."""

PROTOCOL_VERSION = "2"

DOCUMENTATION = "https://cliquet.readthedocs.io/en/latest/"
"""Where responses lead to."""

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""Methods that ask for nothing to be changed (RFC 9110, 9.2.1)."""
