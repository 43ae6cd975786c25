"""What is logged of a request, and under which name."""

import io
import json
import logging
import logging.handlers
import re

import pytest

from cliquet.logs import (
    ClassicLogRenderer,
    JsonLogRenderer,
    MozillaHekaRenderer,
    logger,
    structlog,
)
from cliquet.tests import testapp as sample
from cliquet.tests.support import DEFAULT_SETTINGS

RENDERERS = (ClassicLogRenderer, JsonLogRenderer, MozillaHekaRenderer)


def lines(caplog):
    return [json.loads(record.getMessage()) for record in caplog.records
            if record.getMessage().startswith("{")]  # fmt: skip


@pytest.fixture
def told(make_app, caplog):
    app = make_app(logging_renderer="cliquet.logs.JsonLogRenderer")
    caplog.set_level(logging.INFO)
    caplog.clear()
    return app


def test_a_sane_request_id_is_kept(told, alice, caplog):
    answer = told.get("/mushrooms", headers={**alice, "X-Request-Id": "abc-1.2"})

    assert answer.headers["X-Request-Id"] == "abc-1.2"
    (line,) = lines(caplog)
    assert line["request_id"] == "abc-1.2"
    assert line["event"] == "request.summary"
    assert (line["code"], line["method"], line["path"]) == (200, "GET", "/v0/mushrooms")
    assert line["level"] == "info"


@pytest.mark.parametrize("sent", ["", "a b", "x" * 129, "é", '"', "<script>"])
def test_any_other_is_replaced(told, alice, sent):
    headers = {**alice, "X-Request-Id": sent.encode().decode("latin-1")}

    answer = told.get("/mushrooms", headers=headers, status="*")

    assert re.fullmatch("[0-9a-f]{32}", answer.headers["X-Request-Id"])


def test_all_lines_of_a_batch_have_its_id(told, alice, caplog):
    entries = [{"path": "/mushrooms"}, {"path": "/nowhere"}]

    answer = told.post_json("/batch", {"requests": entries}, headers=alice)

    found = lines(caplog)
    assert [line["event"] for line in found] == [
        "subrequest.summary", "subrequest.summary", "request.summary",
    ]  # fmt: skip
    assert {line["request_id"] for line in found} == {answer.headers["X-Request-Id"]}
    assert [line["code"] for line in found] == [200, 404, 200]


def test_entries_of_a_batch_have_nothing_of_one_another(told, alice, caplog):
    paths = ("/mushrooms", "/nowhere", "/__lbheartbeat__", "/nowhere")
    entries = [{"path": path} for path in paths]

    told.post_json("/batch", {"requests": entries}, headers=alice)

    found = lines(caplog)
    assert [line.get("errno") for line in found] == [None, 111, None, 111, None]
    assert ["nb_records" in line for line in found] == [True] + [False] * 4
    assert ["uid" in line for line in found] == [True, False, False, False, True]


def test_each_entry_of_a_batch_is_of_its_own_user(told, alice, bob, caplog):
    users = [{}, bob, {"Authorization": "Bearer x"}, {}]
    entries = [{"path": "/mushrooms", "headers": dict(user)} for user in users]

    told.post_json("/batch", {"requests": entries}, headers=alice)

    found = lines(caplog)
    names = [line.get("uid") for line in found]
    assert [line["code"] for line in found] == [200, 200, 401, 200, 200]
    assert names[0] == names[3] == names[4]
    assert names[1] not in {None, names[0]}
    assert names[2] is None


def test_errors_and_refusals_have_one_too(told, alice):
    for path in ("/nowhere", "/mushrooms/%00"):
        answer = told.get(path, headers=alice, status="*")
        assert len(answer.headers["X-Request-Id"]) == 32


def test_lines_of_json_leave_out_what_has_no_value():
    render = JsonLogRenderer({"project_name": "shop"})

    line = json.loads(render(None, "warning", {"event": "x", "uid": None, "n": 1}))

    assert line.pop("time")
    assert line == {
        "level": "warning", "logger": "shop", "service": "shop", "event": "x", "n": 1,
    }  # fmt: skip


def test_lines_of_structlog_are_rendered_as_those_of_the_application(caplog):
    def render(structlogger, name, event_dict):
        return f"mine: {event_dict['event']}"

    structlog.get_logger("own").warning("before")
    logger.begin(render, dict)
    structlog.get_logger("own").warning("meanwhile")
    logger.begin(None, dict)

    assert caplog.messages[-1] == "mine: meanwhile"
    assert "mine" not in caplog.messages[0]


ODD = "\x1b[2J\x9b1m\r\n\t\x00\x7f\x85\u2028\u2029\u202e\u2066 end"


@pytest.mark.parametrize("renderer", RENDERERS)
@pytest.mark.parametrize(
    "key", ["event", "path", "method", "querystring", "agent", "exception"]
)
def test_no_text_can_forge_a_line_or_move_the_cursor(renderer, key):
    value = {ODD: ODD} if key == "querystring" else ODD
    context = {
        "path": "/",
        "method": "GET",
        "code": 200,
        "t": 1,
        "event": "e",
        key: value,
    }

    line = renderer({"project_name": "p"})(logger, "info", context)

    own = re.sub(r"\x1b\[\d+m", "", line)
    if key == "exception":
        # A traceback has lines.
        own = own.replace("\n", "").replace("\t", "")
    assert len(own.splitlines()) == 1
    assert own.isprintable()
    assert "end" in own


REQUEST = {
    "method": "GET", "path": "/v1/", "querystring": {}, "code": 200, "t": 32,
    "event": "request.summary", "errno": None, "lang": "fr", "uid": None, "agent": "curl",
}  # fmt: skip
PLAIN = '"GET   /v1/" 200 (32 ms) agent=curl'


class Stream(io.StringIO):
    def __init__(self, is_terminal):
        super().__init__()
        self.is_terminal = is_terminal

    def isatty(self):
        return self.is_terminal


@pytest.fixture
def a_logger():
    """A logger with handlers of streams, none of its own before."""
    own = logging.getLogger("cliquet.tests.terminal")
    own.propagate = False

    def handled_by(*handlers):
        own.handlers[:] = handlers
        return own

    yield handled_by
    own.handlers[:] = []
    own.propagate = True


def terminal():
    return logging.StreamHandler(Stream(True))


def pipe():
    return logging.StreamHandler(Stream(False))


def closed():
    stream = io.StringIO()
    stream.close()
    return logging.StreamHandler(stream)


@pytest.mark.parametrize(
    ("handlers", "is_coloured"),
    [
        ([terminal], True),
        ([terminal, terminal], True),
        ([terminal, logging.NullHandler], True),
        ([pipe], False),
        ([terminal, pipe], False),
        ([closed], False),
        # A syslog, a queue, a library that collects errors: nobody looks at a terminal.
        ([lambda: logging.handlers.BufferingHandler(9)], False),
    ],
)
def test_colours_are_for_terminals_alone(
    handlers, is_coloured, a_logger, tmp_path, monkeypatch
):
    monkeypatch.delenv("NO_COLOR", raising=False)
    own = a_logger(*(make() for make in handlers))

    line = ClassicLogRenderer({})(own, "info", dict(REQUEST))

    assert ("\x1b" in line) is is_coloured
    assert re.sub(r"\x1b\[\d+m", "", line) == PLAIN


def test_colours_are_those_of_ever(a_logger, monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)

    line = ClassicLogRenderer({})(a_logger(terminal()), "info", dict(REQUEST))

    assert line == (
        '\x1b[1m"GET   /v1/"\x1b[0m\x1b[33m 200 (32 ms)\x1b[0m'
        " \x1b[36magent\x1b[0m=\x1b[35mcurl\x1b[0m"
    )


@pytest.mark.parametrize(("value", "is_coloured"), [("1", False), ("", True)])
def test_who_wants_no_colours_gets_none(value, is_coloured, a_logger, monkeypatch):
    monkeypatch.setenv("NO_COLOR", value)

    line = ClassicLogRenderer({})(a_logger(terminal()), "info", dict(REQUEST))

    assert ("\x1b" in line) is is_coloured


def test_a_logger_has_the_handlers_of_its_parents(a_logger, monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    a_logger(pipe())
    child = logging.getLogger("cliquet.tests.terminal.child")

    assert ClassicLogRenderer({})(child, "info", dict(REQUEST)) == PLAIN


def test_lines_for_people_hold_nothing_that_says_nothing(make_app, alice, caplog):
    app = make_app()
    caplog.set_level(logging.INFO)
    caplog.clear()

    app.get("/", headers={"Accept-Language": "fr"})
    app.get("/nowhere", headers=alice, status=404)

    lines = [line for line in caplog.messages if line.startswith('"GET')]
    assert len(lines) == 2
    for line in lines:
        assert "\x1b" not in line
        assert "None" not in line
        assert "lang" not in line
        assert "request.summary" not in line
    assert '"GET   /v0/nowhere" 404' in lines[1]
    assert "errno=111" in lines[1]


@pytest.mark.parametrize(("secret", "times"), [
    ("", 1), ("change-me", 1), ("b4c96a8692291d88fe5a97dd91846eb4", 1),
    ("81bd0a3bbaf64b7cb1ab25bd9b4f4a8d", 0),
])  # fmt: skip
def test_who_starts_without_a_secret_is_told_once_and_loudly(
    caplog, app_settings, secret, times
):
    settings = {
        **DEFAULT_SETTINGS,
        **app_settings,
        "project_name": "loud",
        "userid_hmac_secret": secret,
    }

    sample.main(settings)

    told = [each for each in caplog.records if each.levelno == logging.CRITICAL]
    assert [each.getMessage().count("userid_hmac_secret") > 0 for each in told] == [
        True
    ] * times
