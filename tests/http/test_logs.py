"""What is told of a request, and under which name."""

import json
import logging
import re

import pytest

from cliquet.logs import JsonLogRenderer, logger, structlog


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
