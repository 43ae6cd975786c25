"""Which parts of the protocol are neither errors nor resources?"""

PROTOCOL_VERSION = "2"
