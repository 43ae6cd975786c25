"""Do many clients that write one collection get in each other's way?

One client, then eight, in turn, over HTTP. No write may be refused, and eight must
not get less done than one: not less than of ``hello``, which writes nothing and tells
what the server itself loses.
"""

from benchmarks.application import record_id
from benchmarks.filling import fill
from benchmarks.over_http import summary
from benchmarks.servers import Server
from benchmarks.startup import build

CLIENTS = (1, 8)
RECORDS = 1_000
_BODY = {"data": {"name": "something to remember", "kind": 4}}
REQUESTS = {
    "hello": [("GET", "/v1/")] * max(CLIENTS),
    "put": [
        ("PUT", f"/v1/items/{record_id(number)}", _BODY) for number in range(RECORDS)
    ],
    # All to the same record: the worst that can be asked.
    "put, one record": [("PUT", f"/v1/items/{record_id(1)}", _BODY)] * max(CLIENTS),
    "post": [("POST", "/v1/items", _BODY)] * max(CLIENTS),
}


def run(urls, seconds, rounds):
    """Load each engine with one client and with eight, in turn."""
    results = {}
    for engine, url in urls.items():
        if engine == "memory":
            # It lives in one process, and starts empty: PUT creates, then replaces.
            server = Server("gunicorn", ("cliquet", engine, url), threads=8)
        else:
            fill(build("cliquet", engine, url), engine, url, RECORDS)
            server = Server("gunicorn", ("cliquet", engine, url), workers=2)
        try:
            results[engine] = _measure(engine, server, seconds, rounds)
        finally:
            server.close()
    return results


def _measure(engine, server, seconds, rounds):
    results = {}
    for name, requests in REQUESTS.items():
        slices = {clients: [] for clients in CLIENTS}
        for _ in range(rounds):
            for clients in CLIENTS:
                result = server.load(requests, clients, seconds)
                slices[clients].append(result)
        found = {str(clients): summary(each) for clients, each in slices.items()}
        results[name] = found
        cells = "   ".join(
            f"{clients} client(s) {each['requests_per_s']:.0f}/s,"
            f" p95 {each['p95']:.1f} ms, {each['failed']} refused"
            for clients, each in found.items()
        )
        print(f"  {engine:10} {name:15} {cells}", flush=True)
    return results
