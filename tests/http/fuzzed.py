"""What a hostile client may send: methods, paths, queries, headers and bodies."""

import json

from hypothesis import strategies as st

RECORD_ID = "3f1c2e9a-6f0e-4b52-9d7f-0a4a5dbf2b10"

NASTY_TEXT = [
    "", " ", "*", "%", "_", "'", '"', "\\", "\x00", "\n", "\r\n", "\ud800", "é", "☃",
    "None", "null", "true", "on", "0", "-1", "1.5", "1e400", "nan", "inf", "9" * 400,
    "[" * 300, "-" * 5000, "{}", "[]", "(1,2)", '"1"', "1,2", "a,b", ",", "1_0", "0x1f",
    "../..", "/", "//", "?", "#", "%00", "%ff", "%zz", "eyJsYXN0X3JlY29yZCI6IDF9",
    "e30=", "W10=", "bnVsbA==", "1450000000000", '"1450000000000"', 'W/"1"', 'W/"x',
]  # fmt: skip
FIELDS = ["id", "last_modified", "deleted", "name", "rank", "size", "edible", "nope"]
PREFIXES = ["", "min_", "max_", "gt_", "lt_", "not_", "in_", "exclude_", "madmax_"]
PARAMETERS = ["_since", "_before", "_to", "_limit", "_sort", "_token", "_fields", "_x"]
HEADERS = [
    "If-Match", "If-None-Match", "Accept", "Content-Type", "Origin", "Host",
    "Response-Behavior", "Prefer", "If-Unmodified-Since", "Authorization", "Content-Length", "X-Request-Id",
    "Access-Control-Request-Method", "Accept-Language", "User-Agent", "Cookie",
    "X-Forwarded-Proto", "Transfer-Encoding", "Expect",
]  # fmt: skip
HEADER_VALUES = [
    "application/json", "application/json; charset=utf-8", "text/plain", "*/*", "garbage",
    "application/merge-patch+json", "application/json-patch+json",
    "application/problem+json", "return=minimal", "return=representation; wait", 'return="',
    "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "light", "diff",
    "Basic bWF0OjE=", "Basic !!!", "Basic Og==", "Basic AAAA", "Carrier pigeon", "GET",
    "chunked", "99999999999", "a b", "http://evil:80@x", "localhost:99999", "[::1", "a:b:c",
]  # fmt: skip

methods = st.sampled_from(
    ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"]
)
texts = st.sampled_from(NASTY_TEXT) | st.text(max_size=20)
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | texts
    | st.sampled_from([2**53, 2**63, 2**64, 10**400, -1])
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(FIELDS) | texts, inner, max_size=4)
    ),
    max_leaves=8,
)
records = st.dictionaries(st.sampled_from(FIELDS), values, max_size=4) | values
permissions = (
    st.dictionaries(
        st.sampled_from(["read", "write", "unknown", ""]),
        st.lists(texts, max_size=3) | values,
        max_size=3,
    )
    | values
)
pointers = st.sampled_from([
    "", "/", "/data", "/data/name", "/data/rank/-", "/data/name/0", "/data/id", "/x",
    "/permissions", "/permissions/read", "/permissions/read/a~1b", "/data/~2", "data",
]) | texts  # fmt: skip
patches = st.lists(
    st.fixed_dictionaries(
        {
            "op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test"]),
            "path": pointers,
        },
        optional={"from": pointers, "value": values},
    )
    | values,
    max_size=4,
)
paths = st.sampled_from(
    [
        f"{prefix}{path}"
        for prefix in ("/v0", "/v0", "/v0", "", "/v1")
        for path in (
            "", "/", "/mushrooms", "/spores", "/psilos", "/toadstools", "/moistures",
            f"/mushrooms/{RECORD_ID}", f"/spores/{RECORD_ID}", f"/psilos/{RECORD_ID}",
            f"/toadstools/{RECORD_ID}", "/spores/", "/spores/a*b", "/batch", "/batches",
            "/__heartbeat__", "/__lbheartbeat__", "/static/", "/unknown",
        )
    ]
) | texts.map(lambda text: "/v0/spores/" + text)  # fmt: skip
subrequests = st.fixed_dictionaries(
    {},
    optional={
        "path": paths | values,
        "method": st.sampled_from(
            ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "x"]
        )
        | values,
        "headers": st.dictionaries(st.sampled_from(HEADERS), texts, max_size=2)
        | values,
        "body": st.fixed_dictionaries({}, optional={"data": records})
        | patches
        | values,
    },
)
documents = st.fixed_dictionaries(
    {},
    optional={
        "data": records,
        "permissions": permissions,
        "requests": st.lists(subrequests, max_size=4) | values,
        "defaults": subrequests | values,
    },
)
bodies = (
    (documents | patches).map(lambda document: json.dumps(document).encode())
    | st.sampled_from([b"", b"{", b"[" * 2000, b'{"data": NaN}', b'"\\ud800"', b"\xff"])
    | values.map(lambda value: json.dumps(value).encode())
    | st.binary(max_size=30)
)
parameter_names = (
    st.builds(str.__add__, st.sampled_from(PREFIXES), st.sampled_from(FIELDS))
    | st.sampled_from(PARAMETERS)
    | texts
)
queries = st.lists(st.tuples(parameter_names, texts, st.booleans()), max_size=3)
headers = st.dictionaries(
    st.sampled_from(HEADERS), st.sampled_from(HEADER_VALUES) | texts, max_size=3
)
