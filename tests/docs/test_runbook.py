"""Alerts, dashboard and runbook speak of metrics that there are, and of one another."""

import json
import re
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from pyramid.config import Configurator
from webtest import TestApp

import cliquet

ROOT = Path(__file__).parents[2]
ALERTS = (ROOT / "config" / "production" / "alerts.yaml").read_text()
DASHBOARD = json.loads((ROOT / "config" / "production" / "grafana.json").read_text())
RUNBOOK = (ROOT / "docs" / "runbook.rst").read_text()

#: Of Prometheus and of the blackbox exporter, not of the service.
OTHERS = {"up", "probe_success"}
#: Of the rules: what scraped them, and the bucket of a histogram.
LABELS = {"job", "instance", "le"}


@pytest.fixture(scope="module")
def metrics(tmp_path_factory):
    """Metrics of a service that was asked for something, with their labels."""
    kinds = ("storage", "cache", "permission")
    url = f"sqlite:///{tmp_path_factory.mktemp('watched')}/service.db"
    settings = {
        "project_name": "watched",
        "metrics_backend": "prometheus",
        "userid_hmac_secret": "s3cr3t" * 6,
        **{f"{kind}_backend": f"cliquet.{kind}.sqlite" for kind in kinds},
        **dict.fromkeys((f"{kind}_url" for kind in kinds), url),
    }
    config = Configurator(settings=settings)
    cliquet.initialize(config, version="1.0")
    app = TestApp(config.make_wsgi_app())
    for kind in kinds:
        getattr(app.app.registry, kind).initialize_schema()
    app.get("/v1/__heartbeat__")
    app.post_json("/v1/batch", {"requests": [{"path": "/"}]})
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(app.get("/metrics").text):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


def selectors(expression):
    """Return names of metrics and their labels, as an expression of PromQL has them."""
    for name, braces in re.findall(
        r"\b(cliquet_\w+|up|probe_success)\b(\{[^}]*\})?", expression
    ):
        yield name, set(re.findall(r"(\w+)\s*[=!]~?", braces))


def expressions():
    yield from re.findall(r"expr: (?:\|\n)?(.*?)\n        for:", ALERTS, re.DOTALL)
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            yield target["expr"]


@pytest.mark.parametrize("expression", list(expressions()))
def test_metrics_and_labels_are_those_of_the_service(metrics, expression):
    found = list(selectors(expression))

    assert found
    for name, labels in found:
        assert name in OTHERS or name in metrics
        assert labels <= metrics.get(name, set()) | LABELS


@pytest.mark.parametrize("expression", list(expressions()))
def test_results_are_by_labels_of_the_service(metrics, expression):
    known = LABELS.union(*metrics.values())

    for names in re.findall(r"\bby \(([^)]*)\)", expression):
        assert {each.strip() for each in names.split(",")} <= known


def test_each_alert_has_its_section():
    alerts = re.findall(r"alert: (\w+)", ALERTS)
    sections = re.findall(r"^(Cliquet\w+)\n-+$", RUNBOOK, re.MULTILINE)

    assert alerts == sections
    assert re.findall(r"runbook: (\S+)", ALERTS) == [
        f"runbook.html#{each.lower()}" for each in alerts
    ]


@pytest.mark.parametrize(
    "message",
    [
        "An instrument failed",
        "Unable to notify",
        "Unable to send the payload to Redis",
        "Transaction retried",
        "Keys of tokens cannot be read",
    ],
)
def test_messages_are_those_of_the_log(message):
    sources = (ROOT / "cliquet").rglob("*.py")

    assert message in RUNBOOK
    assert any(f'"{message}"' in each.read_text() for each in sources)
