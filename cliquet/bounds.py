"""How much a request may hold (docs: protocol-bounds).

What is beyond is a 400, counted before anything else is done with it: no request costs
more than its size, times a constant.
"""

#: Entries of a batch where the setting `batch_max_requests` is empty.
MAX_ENTRIES = 5_000

#: Bytes of the defaults of a batch, times its entries: each entry may repeat them.
MAX_COMPLETED = 32 * 2**20

#: Bytes of a path with its query string, as it is sent.
MAX_PATH = 64 * 2**10

#: Filters of a list.
MAX_FILTERS = 100

#: Values of a filter, `in_` or `exclude_`.
MAX_VALUES = 5_000

#: Names in `_fields`, or in `_sort`.
MAX_NAMES = 100

#: Different fields to sort by. To continue a page takes conditions in number of the
#: square of this.
MAX_SORT_FIELDS = 32

#: Permissions of a record that are given at once.
MAX_PERMISSIONS = 100

#: Principals of a permission that are given at once.
MAX_PRINCIPALS = 1_000

#: Operations of a JSON Patch.
MAX_OPERATIONS = 1_000

#: Bytes that the copies of a JSON Patch may take together: copies of copies double.
MAX_COPIED = 2**20

#: Members of a group.
MAX_MEMBERS = 10_000

#: Bytes of a principal, and of the name of a permission. Keys of an index of
#: PostgreSQL are limited.
MAX_PRINCIPAL = 1_000

#: Bytes of the id of a record, for the same reason.
MAX_ID = 255

#: Characters of the path of a record or collection, below the version: permissions are
#: kept under it, and what it holds is part of other keys.
MAX_OBJECT_ID = 1_000

#: Characters of an idempotency key.
MAX_KEY = 255

#: Deepest nesting of JSON. Copying a record takes two Python frames a level: the same
#: bound on every Python version, well under its recursion limit.
MAX_DEPTH = 128

#: Errors told in a response.
MAX_ERRORS = 20

#: Characters of the description of an error, which may quote what was sent.
MAX_DESCRIPTION = 500

#: Characters of the name of a field in an error.
MAX_NAME = 200

#: Seconds that a list may be waited for (:clause:`LIVE-2`).
MAX_WAIT_SECONDS = 30
