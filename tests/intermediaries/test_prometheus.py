"""What `config/production` has for Prometheus, by Prometheus itself."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from cliquet.engines.loading import KINDS
from tests.intermediaries.origin import ALICE
from tests.intermediaries.proxies import Proxy
from tests.programs import find_program
from tests.sync.proof import settings_for
from tests.waiting import eventually

PRODUCTION = Path(__file__).parents[2] / "config" / "production"
ALERTS = PRODUCTION / "alerts.yaml"
SERIES = Path(__file__).with_name("alerts.yaml")

NOTES = "/v0/toadstools"
BATCH = {"requests": [{"path": "/toadstools"}]}


class Prometheus(Proxy):
    """Prometheus with the file of the recipe, that scrapes an origin each second."""

    def command(self, origin):
        recipe = (PRODUCTION / "prometheus.yaml").read_text()
        for old, new in {
            "rule_files:\n  - alerts.yaml": f"rule_files:\n  - {ALERTS}",
            "scrape_interval: 15s": "scrape_interval: 1s",
            "evaluation_interval: 15s": "evaluation_interval: 1s",
            'targets: ["127.0.0.1:8888"]': f'targets: ["127.0.0.1:{origin}"]',
            # There is no blackbox exporter here: what is asked does not answer.
            "replacement: 127.0.0.1:9115": "replacement: 127.0.0.1:1",
        }.items():
            assert recipe.count(old) == 1
            recipe = recipe.replace(old, new)
        file = self.directory / "prometheus.yaml"
        file.write_text(recipe)
        return [
            find_program("prometheus"), f"--config.file={file}",
            f"--storage.tsdb.path={self.directory / 'data'}",
            f"--web.listen-address=127.0.0.1:{self.port}",
        ]  # fmt: skip

    def ask(self, expression):
        """Return the series that an expression has now."""
        answer = self.get("/api/v1/query", params={"query": expression}).json()
        assert answer["status"] == "success", answer
        return answer["data"]["result"]

    def rules(self):
        """Return the rules by their names, with their state and health."""
        groups = self.get("/api/v1/rules").json()["data"]["groups"]
        return {each["name"]: each for group in groups for each in group["rules"]}


@pytest.mark.intermediaries("promtool")
@pytest.mark.parametrize("what", ["rules", "config"])
def test_its_own_tool_finds_nothing_wrong(what):
    file = PRODUCTION / {"rules": "alerts.yaml", "config": "prometheus.yaml"}[what]

    answer = subprocess.run(
        [find_program("promtool"), "check", what, file],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert answer.returncode == 0, answer.stdout + answer.stderr


@pytest.mark.intermediaries("promtool")
def test_rules_call_when_they_should(tmp_path):
    file = tmp_path / "series.yaml"
    file.write_text(SERIES.read_text().replace("ALERTS", str(ALERTS)))

    answer = subprocess.run(
        [find_program("promtool"), "test", "rules", file],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert answer.returncode == 0, answer.stdout + answer.stderr


def queries():
    """Return the expressions of the dashboard, for the job of the recipe."""
    dashboard = json.loads((PRODUCTION / "grafana.json").read_text())
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            expression = target["expr"].replace("$__rate_interval", "1m")
            yield panel["title"], expression.replace("$job", "cliquet")


def is_seen(series):
    """Return whether an expression has results, and numbers among them."""
    return any(each["value"][1] != "NaN" for each in series)


@pytest.mark.intermediaries("prometheus")
def test_rules_and_dashboard_see_a_service_that_works(serve, started, tmp_path):
    # In a file: there is no pool of connections to memory.
    sqlite = settings_for("sqlite", f"sqlite:///{tmp_path}/service.db")
    origin = serve(metrics_backend="prometheus", **sqlite)
    for kind in KINDS:
        getattr(origin.application.registry, kind).initialize_schema()
    prometheus = started(Prometheus(origin.port))

    def unseen():
        origin.get(NOTES, auth=ALICE)
        origin.send("POST", "/v0/batch", json=BATCH, auth=ALICE)
        return [title for title, each in queries() if not is_seen(prometheus.ask(each))]

    everything_is_seen = eventually(lambda: not unseen())
    rules = prometheus.rules()

    assert everything_is_seen, unseen()
    assert {name: each["health"] for name, each in rules.items()} == dict.fromkeys(
        re.findall(r"alert: (\w+)", ALERTS.read_text()), "ok"
    )
    assert rules["CliquetDown"]["state"] == "inactive"

    origin.close()

    assert eventually(lambda: prometheus.rules()["CliquetDown"]["state"] != "inactive")
