"""One table gives the defaults and the refusals; names have prefixes."""

import re
from unittest import mock

import pytest
from pyramid.exceptions import ConfigurationError

from cliquet.engines.waiting import NAMES as WAITS
from cliquet.settings import (
    DEFAULT_SETTINGS,
    PATTERNS,
    SETTINGS,
    check_settings,
    get_setting,
    load_default_settings,
    show_setting,
)
from cliquet.settings.loading import (
    environment_variable,
    invalid_setting,
    load_settings_of_resource,
    setting_names,
)
from cliquet.settings.mistakes import Known, find_mistakes
from cliquet.text import environment_name


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
        "require_preconditions",
        "private_responses", "paginated_delete", "total_records", "expired_since",
        "heartbeat_timeout_seconds", "max_body_size", "cache_max_size_bytes",
        "retry.attempts", "metrics_backend", "metrics_path", "server_timing",
        "announce_capabilities", "cors_exposed_headers", "idempotency_ttl_seconds", "opentelemetry_enabled", "sentry_dsn", "sentry_env", "version_json_path",
            "last_modified_max_ahead_seconds",
        "snapshot_max_age_seconds", "snapshot_shared_max_age_seconds",
        "snapshot_stale_seconds", "snapshot_max_records",
        "api_description_enabled", "groups_path", "write_implies_read", "create_implies_list", "inherit_permissions",
        "stream_max_clients", "stream_look_seconds", "stream_wakeups_url",
        "storage_read_url", "permission_read_url", "postgresql_triggers",
        *(f"{kind}_{name}" for kind in ("storage", "permission", "cache") for name in WAITS),
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
    # `cliquet check` says which one it was.
    names = setting_names("storage_url", "kinto")
    assert environment_variable(names) == "CLIQUET_STORAGE_URL"


def test_dots_and_dashes_are_underscores_in_the_environment(monkeypatch):
    monkeypatch.setenv("CLIQUET_TM_ANNOTATE_USER", "true")

    assert load({})["tm.annotate_user"] is True


@pytest.mark.parametrize("name", sorted(set(SETTINGS) - {"project_name"}))
def test_each_setting_is_read_from_the_environment(monkeypatch, name):
    monkeypatch.setenv(environment_name(f"cliquet.{name}"), "3")

    assert str(load({})[name]) == "3"


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
        ("cors_origins", {"a": 1}), ("cors_origins", False), ("batch_max_requests", "x"), ("backoff", "soon"),
        ("retry_after_seconds", float("nan")), ("storage_url", True),
        ("paginate_by", float("inf")), ("vary", "Authorization; Cookie"),
        ("cors_exposed_headers", "X Y:"), ("cors_exposed_headers", ["é"]),
        ("storage_lock_timeout", "10s"), ("cache_connect_timeout", 0),
        ("permission_statement_timeout", -1), ("storage_pool_timeout", -1),
        ("storage_pool_timeout", ""), ("cache_answer_timeout", True),
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
        ("vary", ""), ("vary", "A B"), ("vary", ["A", "B"]), ("vary", "*"),
    ],
)  # fmt: skip
def test_what_worked_before_is_accepted(name, value):
    check_settings({name: value})


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("storage_url", "postgresql://user:p:a/s@s@host/db", "postgresql://user:********@host/db"),
        ("storage_url", "redis://host/0?password=s3&x=1", "redis://host/0?password=********&x=********"),
        ("cache_url", "redis://:s3@host", "redis://:********@host"),
        ("storage_url", "sqlite:////a/b.db", "sqlite:////a/b.db"),
        ("sentry_dsn", "https://x@y/1", "********"),
        ("userid_hmac_secret", "k3y", "********"),
        ("userid_hmac_secret", "", ""),
        ("multiauth.policy.x.use", "a.B", "a.B"),
        ("multiauth.policy.x.passphrase", "s3", "********"),
        ("multiauth.policy.x.pepper", "s3", "********"),
        ("event_listeners.x.api_key_id", "s3", "********"),
        ("event_listeners.x.url", "redis://:s3@h", "redis://:********@h"),
        ("event_listeners.x.actions", "create", "create"),
        ("paginate_by", 10, "10"),
    ],
)  # fmt: skip
def test_what_is_secret_is_not_shown(name, value, shown):
    assert show_setting(name, value) == shown


@pytest.mark.parametrize(
    "value", [["k3y"], {"password": "k3y"}, ("x", "k3y")], ids=repr
)
@pytest.mark.parametrize(
    "name", ["userid_hmac_secret", "sentry_dsn", "storage_url", "cache_url"]
)
def test_a_secret_that_is_refused_is_not_quoted(name, value):
    shown = str(invalid_setting(name, value, "a text"))

    assert f"'{name}'" in shown
    assert "k3y" not in shown
    with pytest.raises(ConfigurationError) as refused:
        check_settings({name: value})
    assert "k3y" not in str(refused.value)


@pytest.mark.parametrize(
    ("variable", "name"),
    [
        ("KINTO_COLLECTION_THING_DELETE_ENABLED", "collection_thing_delete_enabled"),
        ("CLIQUET_RECORD_A_B_PUT_ENABLED", "record_a_b_put_enabled"),
        ("KINTO_THING_READ_PRINCIPALS", "thing_read_principals"),
        ("CLIQUET_THING_CACHE_EXPIRES_SECONDS", "thing_cache_expires_seconds"),
        ("KINTO_STORAGE_MAX_OVERFLOW", "storage_max_overflow"),
        ("KINTO_EVENT_LISTENERS_AUDIT_POOL_SIZE", "event_listeners.audit.pool_size"),
        ("KINTO_EVENT_LISTENERS_REDIS_USE", "event_listeners.redis.use"),
        ("CLIQUET_MULTIAUTH_POLICY_JWT_SECRET", "multiauth.policy.jwt.secret"),
    ],
)
def test_names_with_a_part_of_ones_own_are_read_from_the_environment(
    monkeypatch, variable, name
):
    monkeypatch.setenv("KINTO_EVENT_LISTENERS", "audit cliquet.listeners.redis")
    monkeypatch.setenv(variable, "x y")
    settings = load({"multiauth.policies": "jwt"}, {})

    assert settings[name] == "x y"
    # What the file has is overridden, under each of its names.
    assert load({name: "z", "multiauth.policies": "jwt"}, {})[name] == "x y"
    assert (
        load({f"cliquet.{name}": "z", "multiauth.policies": "jwt"}, {})[name] == "x y"
    )


@pytest.mark.parametrize(
    "variable",
    [
        "KINTO_EVENT_LISTENERS_OTHER_USE",
        "OTHER_THING_READ_PRINCIPALS",
        "KINTO_PRINCIPALS",
    ],
)
def test_variables_that_are_for_no_setting_are_left(monkeypatch, variable):
    monkeypatch.setenv(variable, "x")

    before = load({}, {})
    monkeypatch.delenv(variable)

    assert before == load({}, {})


@pytest.mark.parametrize("private", ["false", False, "no"])
def test_permissions_are_not_hidden_where_browsers_keep_them(private):
    settings = {"hide_permissions": "true", "private_responses": private}

    with pytest.raises(ConfigurationError, match="'private_responses'"):
        check_settings(settings)
    check_settings({**settings, "private_responses": "true"})
    check_settings({**settings, "hide_permissions": "false"})


# --- Everything is read from the environment -----------------------------------------


@pytest.mark.parametrize("prefix", ["CLIQUET", "KINTO"])
@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_every_setting_of_the_table_is_read_from_the_environment(
    monkeypatch, name, prefix
):
    monkeypatch.setenv(f"{prefix}_{environment_name(name)}", "x y")

    assert load({})[name] == "x y"


def test_names_that_others_use_are_not_read_without_prefix(monkeypatch):
    for name in set(SETTINGS) - set(DEFAULT_SETTINGS):
        monkeypatch.setenv(environment_name(name), "x y")

    assert not load({}).keys() & (set(SETTINGS) - set(DEFAULT_SETTINGS))


#: What the parts of patterns may be.
PARTS = {
    "resource": "a_thing", "permission": "write", "collection|record": "record",
    "method": "patch", "name": "audit", "option": "some_option", "backend": "cache",
}  # fmt: skip


def fill(pattern):
    return re.sub(r"<([^>]*)>", lambda found: PARTS[found[1]], pattern)


@pytest.mark.parametrize("pattern", sorted(PATTERNS))
def test_every_pattern_is_read_from_the_environment(monkeypatch, pattern):
    name = fill(pattern)
    monkeypatch.setenv(f"CLIQUET_{environment_name(name)}", "x y")

    settings = load({"event_listeners": "audit", "multiauth.policies": "audit"})

    assert settings[name] == "x y"


def test_resources_whose_name_no_variable_spells_are_read_too(monkeypatch):
    monkeypatch.setenv("CLIQUET_MY_THING_WRITE_PRINCIPALS", "alice")
    monkeypatch.setenv("KINTO_RECORD_MY_THING_PUT_ENABLED", "false")
    settings = load({})

    load_settings_of_resource(settings, "my-Thing", ["read", "write"])

    assert settings["my-Thing_write_principals"] == "alice"
    assert settings["record_my-Thing_put_enabled"] is False
    assert find_mistakes(settings, KNOWN) == []


# --- Settings that nothing reads ------------------------------------------------------

KNOWN = Known(
    project_name="kinto",
    resources={"my-Thing": ["read", "write", "create"], "product": ["read", "write"]},
    listeners=["audit"],
    policies=["jwt"],
    declared=["smtp_host"],
)


@pytest.mark.parametrize("prefix", ["", "kinto.", "cliquet."])
@pytest.mark.parametrize("name", sorted(set(SETTINGS) - {"eos"}))
def test_each_setting_without_one_of_its_letters_is_found(prefix, name):
    middle = len(name) // 2
    misspelt = f"{prefix}{name[:middle]}{name[middle + 1 :]}"

    (found,) = find_mistakes({misspelt: 1}, KNOWN)

    assert found.name == misspelt
    # Where names are near to one another, it may be another one.
    assert "Did you mean" in found.sentence or "does not list" in found.sentence


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("products_write_principals", "'product_write_principals'"),
        ("cliquet.product_wirte_principals", "'product_write_principals'"),
        ("product_delete_principals", "read, write"),
        ("prodct_cache_expires_seconds", "'product_cache_expires_seconds'"),
        ("collection_prodct_get_enabled", "'collection_product_get_enabled'"),
        ("collections_product_get_enabled", "'collection_product_get_enabled'"),
        ("record_product_gte_enabled", "'record_product_get_enabled'"),
        ("event_listeners.audti.use", "'audit'"),
        ("event_listeners.audit.action", "'event_listeners.audit.actions'"),
        ("multiauth.policy.jtw.secret", "'jwt'"),
        ("cache_pool_timout", "'cache_pool_timeout'"),
        ("nothing_read_principals", "product"),
    ],
)
def test_names_with_a_part_of_ones_own_are_found_too(name, meant):
    (found,) = find_mistakes({name: 1}, KNOWN)

    assert found.name == name
    assert meant in found.sentence


@pytest.mark.parametrize(
    "name",
    [
        *sorted(SETTINGS), "product_write_principals", "my-Thing_create_principals",
        "my_thing_create_principals", "record_product_put_enabled",
        "event_listeners.audit.listname", "multiauth.policy.jwt.anything",
        "cache_max_overflow", "smtp_host", "kinto.smtp_host", "smtp_port",
        "admin_principals", "pyramid.debug_all", "debug_all", "reload_templates",
        "default_locale_name", "tm.attempts", "retry.activate_hook", "here", "__file__",
        "jinja2.directories", "sqlalchemy.url",
    ],
)  # fmt: skip
def test_what_somebody_reads_is_no_mistake(name):
    assert find_mistakes({name: 1}, KNOWN) == []


def test_a_setting_is_told_once_by_the_name_that_was_written():
    given = {"cliquet.paginate_bye": 1, "paginate_bye": 1}

    (found,) = find_mistakes(given, KNOWN)

    assert found.name == "cliquet.paginate_bye"
    assert found.is_sure
