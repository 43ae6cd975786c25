"""Live changes: lists that wait, and streams (docs: live).

Nobody waits here: the flag of a visit runs what happens meanwhile, and sets the clock.
"""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any, Self

import pytest

from cliquet.live.asgi import Application
from cliquet.live.pace import Pace
from tests.http.conftest import SEATS

EVENTS = "text/event-stream"


class Meanwhile:
    """What happens while somebody waits, in turn; then time passes, and nothing else.

    Attributes:
        now: Seconds of the clock.
        waits: How long each wait was to be.
    """

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []
        self.happens: list[Callable[[], Any]] = []

    def make_flag(self) -> Any:
        """Return the flag of one client: real, but nobody waits for it."""
        flag = threading.Event()
        flag.wait = lambda seconds: self._wait(flag, seconds)
        return flag

    def _wait(self, flag: threading.Event, seconds: float) -> bool:
        self.waits.append(seconds)
        if self.happens:
            self.happens.pop(0)()
        if not flag.is_set():
            self.now += seconds
        return flag.is_set()

    def then(self, *steps: Callable[[], Any]) -> None:
        self.happens += steps


@pytest.fixture
def meanwhile(live: Any) -> Iterator[Meanwhile]:
    """What happens while the next clients of the application wait."""
    hub, happening = live.app.registry.live, Meanwhile()
    known = hub.make_flag, hub.clock, hub.pace
    hub.make_flag, hub.clock = happening.make_flag, (lambda: happening.now)
    hub.pace = Pace(chance=lambda: 1.0)
    yield happening
    hub.make_flag, hub.clock, hub.pace = known
    assert hub.clients == 0


def stream(
    app: Any, headers: Any, query: str = "", path: str = "/mushrooms", **more: str
) -> "Followed":
    """Open a stream without reading it."""
    accept = {**headers, "Accept": EVENTS, **more}
    request = app.RequestClass.blank(path + query, headers=accept)
    response = request.get_response(app.app)
    assert response.status_code == 200, response.text
    assert response.content_type == EVENTS
    return Followed(response)


class Followed:
    """A stream, read a part at a time."""

    def __init__(self, response: Any) -> None:
        self.headers = response.headers
        self._parts = response.app_iter

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self._parts.close()

    def read(self) -> str:
        return next(self._parts).decode()

    def is_over(self) -> bool:
        return next(self._parts, None) is None


def events(text: str) -> list[tuple[str, Any]]:
    """Return the ids and data of some events."""
    found = []
    for block in filter(None, text.split("\n\n")):
        lines = dict(line.split(": ", 1) for line in block.split("\n"))
        found.append((lines["id"], json.loads(lines["data"])))
    return found


def event(record: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return str(record["last_modified"]), record


# --- Lists that wait -------------------------------------------------------------


def poll(app, headers, since, wait="20", more=""):
    url = f"/mushrooms?_since={since}&_wait={wait}{more}"
    return app.get(url, headers=headers)


def test_what_is_there_is_answered_at_once(live, alice, create, meanwhile):
    known, new = create("morel"), create("cep")

    answer = poll(live, alice, known["last_modified"])

    assert answer.json["data"] == [new]
    assert meanwhile.waits == []


def test_a_change_is_answered_when_it_comes(live, alice, create, meanwhile):
    known = create("morel")
    meanwhile.then(lambda: create("cep"))

    answer = poll(live, alice, known["last_modified"])

    assert [each["name"] for each in answer.json["data"]] == ["cep"]
    assert meanwhile.waits == [20]


def test_a_deletion_is_a_change(live, alice, create, meanwhile):
    known = create("morel")
    meanwhile.then(lambda: live.delete(f"/mushrooms/{known['id']}", headers=alice))

    answer = poll(live, alice, known["last_modified"])

    assert [each["deleted"] for each in answer.json["data"]] == [True]


def test_nothing_is_answered_after_the_time(live, alice, create, meanwhile):
    known = create("morel")

    answer = poll(live, alice, known["last_modified"])

    assert answer.json["data"] == []
    assert (meanwhile.waits, meanwhile.now) == ([20], 20)


def test_what_filters_leave_out_is_no_news(live, alice, create, meanwhile):
    known = create("morel")
    meanwhile.then(lambda: create("cep"), lambda: create("chanterelle"))

    answer = poll(live, alice, known["last_modified"], more="&name=chanterelle")

    assert [each["name"] for each in answer.json["data"]] == ["chanterelle"]
    assert len(meanwhile.waits) == 2


def test_a_list_that_is_known_is_waited_for(live, alice, create, meanwhile):
    create("morel")
    etag = live.get("/mushrooms", headers=alice).headers["ETag"]
    conditional = {**alice, "If-None-Match": etag}
    meanwhile.then(lambda: create("cep"))

    answer = poll(live, conditional, etag)
    known = {**alice, "If-None-Match": answer.headers["ETag"]}
    unchanged = live.get(
        f"/mushrooms?_since={answer.headers['ETag']}&_wait=5", headers=known, status=304
    )

    assert [each["name"] for each in answer.json["data"]] == ["cep"]
    assert unchanged.body == b""
    assert meanwhile.waits == [20, 5]


def test_others_do_not_wake(live, alice, bob, create, meanwhile):
    known = create("morel")
    meanwhile.then(lambda: create("cep", headers=bob))

    poll(live, alice, known["last_modified"])

    assert meanwhile.waits == [20]


def test_without_since_it_is_the_ordinary_list(live, alice, create, meanwhile):
    record = create("morel")

    answer = live.get("/mushrooms?_wait=20", headers=alice)

    assert answer.json["data"] == [record]
    assert meanwhile.waits == []


@pytest.mark.parametrize("wait", ["31", "-1", "soon", "", "nan", "1e1", "30.001"])
@pytest.mark.parametrize("query", ["?_since=1&", "?"])
def test_other_times_are_refused(live, alice, wait, query):
    answer = live.get(f"/mushrooms{query}_wait={wait}", headers=alice, status=400)

    assert "_wait" in answer.json["message"]


@pytest.mark.parametrize("wait", ["0", "30", "0.5", "30.0"])
def test_times_up_to_half_a_minute_are_waited(live, alice, create, meanwhile, wait):
    known = create("morel")

    poll(live, alice, known["last_modified"], wait)

    assert sum(meanwhile.waits) == float(wait)


def test_permissions_are_asked_when_it_is_looked_again(live, bob, shared, meanwhile):
    known, revoke = shared
    meanwhile.then(revoke)

    url = f"/toadstools?_since={known['last_modified']}&_wait=20"
    live.get(url, headers=bob, status=403)


def test_batches_do_not_wait(live, alice, create, meanwhile):
    known = create("morel")
    path = f"/mushrooms?_since={known['last_modified']}&_wait=20"

    answer = live.post_json("/batch", {"requests": [{"path": path}]}, headers=alice)

    assert answer.json["responses"][0]["body"] == {"data": []}
    assert meanwhile.waits == []


# --- Streams ---------------------------------------------------------------------


def test_a_stream_begins_now_and_says_from_where(live, alice, create, meanwhile):
    known = create("morel")

    with stream(live, alice) as followed:
        assert followed.read() == f"id: {known['last_modified']}\n\n"


def test_each_change_is_an_event(live, alice, create, meanwhile):
    create("morel")
    made = []
    meanwhile.then(lambda: made.append(create("cep")))

    with stream(live, alice) as followed:
        followed.read()
        assert events(followed.read()) == [event(made[0])]


def test_changes_are_in_order(live, alice, create, meanwhile):
    made = []
    meanwhile.then(lambda: made.extend([create("cep"), create("boletus")]))

    with stream(live, alice) as followed:
        followed.read()
        assert events(followed.read()) == [event(made[0]), event(made[1])]


@pytest.mark.parametrize("resume", ["header", "parameter", "both"])
def test_a_stream_resumes(live, alice, create, meanwhile, resume):
    first, second = create("morel"), create("cep")
    since = str(first["last_modified"])
    query = {
        "header": "",
        "parameter": f"?_since={since}",
        "both": f"?_since={second['last_modified']}",
    }[resume]
    headers = {} if resume == "parameter" else {"Last-Event-ID": since}

    with stream(live, alice, query, **headers) as followed:
        assert followed.read() == f"id: {since}\n\n"
        assert events(followed.read()) == [event(second)]


def test_what_is_between_the_begin_and_the_first_wait_is_not_missed(
    live, alice, create, meanwhile
):
    with stream(live, alice) as followed:
        followed.read()
        made = create("cep")
        assert events(followed.read()) == [event(made)]


def test_a_lost_wake_up_costs_time_and_no_change(live, alice, create, meanwhile):
    hub = live.app.registry.live
    made = []

    def change_silently() -> None:
        wake, hub.wake = hub.wake, lambda places: None
        made.append(create("cep"))
        hub.wake = wake

    meanwhile.then(change_silently)

    with stream(live, alice) as followed:
        followed.read()
        assert followed.read() == ":\n\n"
        assert events(followed.read()) == [event(made[0])]
        assert meanwhile.now == 30


def test_a_comment_is_sent_every_quarter_of_a_minute(live, alice, meanwhile):
    with stream(live, alice) as followed:
        followed.read()
        times = []
        for _ in range(4):
            assert followed.read() == ":\n\n"
            times.append(meanwhile.now)

    assert times == [15, 30, 45, 60]


def test_filters_are_those_of_the_list(live, alice, create, meanwhile):
    made = []
    meanwhile.then(lambda: made.append(create("cep")), lambda: made.append(create("x")))

    with stream(live, alice, "?name=x") as followed:
        followed.read()
        assert events(followed.read()) == [event(made[1])]


def test_fields_are_those_of_the_list(live, alice, create, meanwhile):
    made = []
    meanwhile.then(lambda: made.append(create("cep")))

    with stream(live, alice, "?_fields=name") as followed:
        followed.read()
        assert events(followed.read()) == [event(made[0])]


@pytest.mark.parametrize("name", ["_limit", "_sort", "_token"])
def test_streams_have_no_pages(live, alice, name):
    headers = {**alice, "Accept": EVENTS}
    answer = live.get(f"/mushrooms?{name}=1", headers=headers, status=400)

    assert name in answer.json["message"]


@pytest.mark.parametrize(("header", "value"), [("Last-Event-ID", "yesterday")])
def test_what_cannot_be_resumed_from_is_refused(live, alice, header, value):
    live.get(
        "/mushrooms", headers={**alice, "Accept": EVENTS, header: value}, status=400
    )


def test_many_changes_are_read_in_pages(live, alice, create, meanwhile):
    made = [create(f"n{number}") for number in range(5)]
    live.app.registry.settings["storage_max_fetch_size"] = 2

    with stream(live, alice, "?_since=1") as followed:
        followed.read()
        seen = events(followed.read() + followed.read() + followed.read())

    assert seen == [event(record) for record in made]
    assert meanwhile.waits == []


def test_the_stream_of_somebody_who_may_no_longer_read_ends(
    live, bob, shared, meanwhile
):
    _, revoke = shared

    with stream(live, bob, path="/toadstools") as followed:
        followed.read()
        revoke()
        assert followed.is_over()


def test_a_stream_outlives_an_outage(live, alice, create, meanwhile):
    storage = live.app.registry.storage

    def fail(*args: Any, **options: Any) -> Any:
        from cliquet.engines.exceptions import BackendError

        raise BackendError("gone")

    with stream(live, alice) as followed, pytest.MonkeyPatch.context() as patch:
        followed.read()
        patch.setattr(storage, "get_all", fail)
        made = create("cep")
        meanwhile.then(lambda: None, patch.undo)
        assert events(followed.read()) == [event(made)]
        assert meanwhile.now == 5


def test_headers_are_those_of_the_list_but_for_what_is_of_lists(live, alice, meanwhile):
    with stream(live, alice, Origin="http://here.example") as followed:
        headers = followed.headers

    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["Cache-Control"] == "no-store"
    assert not {"ETag", "Content-Length", "Total-Records"} & set(headers)


@pytest.mark.parametrize(
    "accept", ["*/*", "application/json", "", "text/event-stream;q=0.1, */*"]
)
def test_a_stream_has_to_be_preferred_by_name(live, alice, create, accept):
    record = create("morel")

    answer = live.get("/mushrooms", headers={**alice, "Accept": accept})

    assert answer.json["data"] == [record]


def test_elsewhere_there_are_no_streams(live, alice, create):
    url = f"/mushrooms/{create('morel')['id']}"
    events_alone = {**alice, "Accept": EVENTS}

    live.get(url, headers=events_alone, status=406)
    # It has never asked what is accepted.
    assert "project_name" in live.get("/", headers=events_alone).json


# --- Bounds ----------------------------------------------------------------------


def test_too_many_clients_are_asked_to_come_back(live, alice, create, meanwhile):
    known = create("morel")
    with stream(live, alice), stream(live, alice):
        url = f"/mushrooms?_since={known['last_modified']}&_wait=20"
        answer = live.get(url, headers=alice, status=503)
        live.get("/mushrooms", headers={**alice, "Accept": EVENTS}, status=503)
        live.get("/mushrooms?_since=1", headers=alice)

    assert answer.headers["Retry-After"]


def test_a_seat_is_given_back_whatever_happens(live, alice, create, meanwhile):
    live.get("/mushrooms?_since=x&_wait=20", headers=alice, status=400)
    stream(live, alice).__exit__()

    assert live.app.registry.live.clients == 0


# --- Switched off ----------------------------------------------------------------


def test_it_is_announced(live):
    announced = live.get("/").json["capabilities"]["stream"]

    assert announced["max_wait_seconds"] == 30


def test_without_seats_there_is_nothing(app, alice):
    assert "stream" not in app.get("/").json["capabilities"]
    assert app.get("/mushrooms?_since=1&_wait=500", headers=alice).json["data"] == []
    app.get("/mushrooms", headers={**alice, "Accept": EVENTS}, status=406)


# --- cliquet stream --------------------------------------------------------------


class Connection:
    """A client of the ASGI application, which is gone when it has read enough."""

    def __init__(self, application: Any, path: str, headers: Any, method: str) -> None:
        self._application = application
        path, _, query = path.partition("?")
        headers = {"Host": "localhost", **headers}
        self._scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query.encode(),
            "scheme": "http",
            "http_version": "1.1",
            "headers": [
                (name.lower().encode(), value.encode())
                for name, value in headers.items()
            ],
        }
        self.messages: list[Any] = []
        self._parts = 0

    async def run(self, parts: int, on_begin: Callable[[], Any]) -> None:
        """Read some parts of the body; something happens after the first."""
        gone = asyncio.Event()

        async def receive() -> Any:
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            self.messages.append(message)
            self._parts += message["type"] == "http.response.body"
            if self._parts == 1 and message.get("more_body"):
                await asyncio.to_thread(on_begin)
            if self._parts >= parts:
                gone.set()

        await self._application(self._scope, receive, send)

    @property
    def status(self) -> int:
        return self.messages[0]["status"]

    @property
    def text(self) -> str:
        return b"".join(each.get("body", b"") for each in self.messages).decode()


@pytest.fixture
def connect(live):
    """Be a client of `cliquet stream`."""
    hub = live.app.registry.live
    application = Application(hub, threads=2)

    def connect(path, headers, *, parts=1, on_begin=lambda: None, method="GET"):
        connection = Connection(application, path, headers, method)
        asyncio.run(connection.run(parts, on_begin))
        return connection

    yield connect
    assert hub.clients == 0


def test_an_event_loop_serves_streams(live, alice, create, connect):
    known, made = create("morel"), []
    headers = {**alice, "Accept": EVENTS}
    begin = lambda: made.append(create("cep"))  # noqa: E731

    found = connect("/v0/mushrooms", headers, parts=2, on_begin=begin)

    first, _, rest = found.text.partition("\n\n")
    assert (found.status, first) == (200, f"id: {known['last_modified']}")
    assert events(rest) == [event(made[0])]


def test_an_event_loop_serves_lists_that_wait(live, alice, create, connect):
    first, second = create("morel"), create("cep")
    path = f"/v0/mushrooms?_since={first['last_modified']}&_wait=20"

    assert json.loads(connect(path, alice).text) == {"data": [second]}


def test_an_event_loop_serves_all_that_reads_and_nothing_else(live, alice, connect):
    assert "stream" in connect("/v0/", alice).text
    assert connect("/v0/mushrooms?_wait=x", alice).status == 400
    assert connect("/v0/mushrooms", {"Accept": EVENTS}).status == 401
    assert connect("/v0/mushrooms", alice, method="POST").status == 405


def test_an_underscore_makes_no_header_of_another_name(connect):
    # What a proxy says of its clients is not what clients say of themselves.
    by_proxy = connect("/v0/", {"X-Request-Id": "told"}).messages[0]["headers"]
    by_client = connect("/v0/", {"X_Request_Id": "told"}).messages[0]["headers"]

    assert dict(by_proxy)[b"x-request-id"] == b"told"
    assert dict(by_client)[b"x-request-id"] != b"told"


def test_an_event_loop_has_places_as_well(live, alice, connect):
    headers = {**alice, "Accept": EVENTS}
    with stream(live, alice), stream(live, alice):
        assert connect("/v0/mushrooms", headers).status == 503


# --- How often it is looked without a wake-up ------------------------------------


@pytest.mark.parametrize(
    ("settings", "seconds"),
    [
        ({}, 30),
        ({"stream_wakeups_url": "redis://localhost:1/0"}, 120),
        ({"stream_wakeups_url": "redis://localhost:1/0", "stream_look_seconds": 7}, 7),
        ({"stream_look_seconds": 7}, 7),
    ],
)
def test_looks_are_rarer_where_all_processes_wake(make_app, settings, seconds):
    app = make_app(**SEATS, **settings)

    assert app.app.registry.live.pace.look == seconds
