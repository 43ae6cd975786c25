"""One table gives the defaults and the refusals; names have prefixes."""

from unittest import mock

import pytest
from pyramid.exceptions import ConfigurationError

from cliquet.settings import (
    DEFAULT_SETTINGS,
    SETTINGS,
    check_settings,
    get_setting,
    load_default_settings,
)


def load(settings, defaults=None, project="kinto"):
    settings.setdefault("project_name", project)
    config = mock.Mock()
    config.get_settings.return_value = settings
    load_default_settings(config, DEFAULT_SETTINGS if defaults is None else defaults)
    config.add_settings.assert_called_once_with(settings)
    return settings


def test_defaults_have_exactly_the_documented_keys():
    new = {
        "http_api_version", "vary", "strict_preconditions", "hide_permissions",
        "private_responses", "paginated_delete", "total_records",
        "heartbeat_timeout_seconds", "max_body_size", "cache_max_size_bytes",
        "retry.attempts", "metrics_backend", "metrics_path", "server_timing",
        "opentelemetry_enabled", "sentry_dsn", "sentry_env", "version_json_path",
    }  # fmt: skip
    assert set(SETTINGS) - set(DEFAULT_SETTINGS) == new
    assert len(DEFAULT_SETTINGS) == 47
    assert len(DEFAULT_SETTINGS["initialization_sequence"]) == 15


def test_defaults_are_valid_themselves():
    check_settings(DEFAULT_SETTINGS)
    for setting in SETTINGS.values():
        assert setting.default is None or setting.kind.accepts(setting.default)


def test_new_settings_are_off_by_default():
    assert get_setting({}, "strict_preconditions") is False
    assert get_setting({}, "total_records") == "always"
    assert get_setting({"max_body_size": 3}, "max_body_size") == 3


def test_defaults_do_not_replace_what_has_any_of_the_three_names():
    settings = load(
        {"kinto.a": 1, "cliquet.b": 2, "c": 3}, {"a": 0, "b": 0, "c": 0, "d": 0}
    )

    assert [settings[name] for name in "abcd"] == [1, 2, 3, 0]


def test_prefixes_of_defaults_are_removed_and_not_kept():
    settings = load({}, {"cliquet.http_scheme": "https"})

    assert settings["http_scheme"] == "https"
    assert "cliquet.http_scheme" not in settings


def test_other_dots_are_part_of_the_name():
    settings = load({"cliquet.multiauth.policies": "fxa"}, {"multiauth.policies": "x"})

    assert settings["multiauth.policies"] == "fxa"


@pytest.mark.parametrize("second", ["kinto.paginate_by", "paginate_by"])
def test_different_values_under_two_names_are_in_conflict(second):
    with pytest.raises(ValueError, match=r"^Settings '.*', '.*' are in conflict\.$"):
        load({"cliquet.paginate_by": "3", second: "4"})


@pytest.mark.parametrize("value", ["3", "true", ["a"], {"a": 1}])
def test_equal_values_under_several_names_are_accepted(value):
    settings = load({"cliquet.x": value, "kinto.x": value, "x": value}, {})

    assert load(settings, {})["x"] in (3, True, ["a"], {"a": 1})


def test_plugins_load_defaults_after_the_environment_was_read(monkeypatch):
    monkeypatch.setenv("KINTO_PAGINATE_BY", "7")
    settings = load({"kinto.paginate_by": "3"})

    assert load(settings, {"mine": 1})["paginate_by"] == 7


def test_environment_names_have_priorities(monkeypatch):
    monkeypatch.setenv("STORAGE_URL", "bare")
    assert load({"storage_url": "ini"})["storage_url"] == "bare"
    monkeypatch.setenv("KINTO_STORAGE_URL", "project")
    assert load({"storage_url": "ini"})["storage_url"] == "project"
    monkeypatch.setenv("CLIQUET_STORAGE_URL", "cliquet")
    assert load({"storage_url": "ini"})["storage_url"] == "cliquet"


def test_dots_and_dashes_are_underscores_in_the_environment(monkeypatch):
    monkeypatch.setenv("CLIQUET_TM_ANNOTATE_USER", "true")

    assert load({})["tm.annotate_user"] is True


def test_project_name_may_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("CLIQUET_PROJECT_NAME", "other")

    assert load({})["project_name"] == "other"


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("paginate_by", "25", 25),
        ("readonly", "true", True),
        ("eos", "None", None),
        ("cors_origins", "['a', 'b']", ["a", "b"]),
        ("backoff", "10", 10),
        ("unknown", "3.14", 3.14),
        # A version is a text, whatever it looks like.
        ("project_version", "1.10", "1.10"),
        ("userid_hmac_secret", "0x12", "0x12"),
        ("userid_hmac_secret", '"quoted"', "quoted"),
        ("statsd_url", "false", False),
    ],
)
def test_texts_are_read_as_values(name, text, value):
    assert load({name: text})[name] == value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("paginate_by", "many"), ("paginate_by", -1), ("paginate_by", 1.5),
        ("paginate_by", True), ("storage_pool_size", "big"), ("readonly", "perhaps"),
        ("readonly", 2), ("heartbeat_timeout_seconds", 0), ("total_records", "never"),
        ("total_records", []), ("storage_backend", 3), ("eos", ["2016"]),
        ("cors_origins", {"a": 1}), ("batch_max_requests", "x"), ("backoff", "soon"),
        ("retry_after_seconds", float("nan")), ("storage_url", True),
    ],
)  # fmt: skip
def test_wrong_values_are_refused_by_name(name, value):
    with pytest.raises(ConfigurationError) as refused:
        check_settings({name: value})

    assert f"'{name}'" in str(refused.value)
    assert repr(value) in str(refused.value)
    assert "is expected" in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cors_max_age_seconds", ""), ("cors_max_age_seconds", "42"), ("backoff", None),
        ("batch_max_requests", None), ("storage_backend", ""), ("statsd_url", None),
        ("newrelic_config", False), ("readonly", "1"), ("logging_renderer", mock.Mock),
        ("includes", ["a", "b"]), ("storage_pool_size", 0), ("unheard_of", object()),
    ],
)  # fmt: skip
def test_what_worked_before_is_accepted(name, value):
    check_settings({name: value})
