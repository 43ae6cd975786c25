"""A PostgreSQL whose every default is turned against us, and PgBouncer in front of it.

What our SQL depends on is said by us, or our SQL does not depend on it. The suites of
contracts and of HTTP run on it: `make tests-hostile`, or

    python -m pytest tests/contract tests/http --backends=postgresql \
        --app-backend=postgresql --postgresql=pooled --driver=psycopg
"""

import os
import subprocess
from typing import Any

from cliquet.testing.servers import PostgreSQLServer
from tests.pooler import PgBouncer

#: Of the role: they win over those of the server and the database.
DEFAULTS = {
    "client_encoding": "LATIN1",
    "TimeZone": "Asia/Kolkata",
    "timezone_abbreviations": "India",
    "DateStyle": "SQL, DMY",
    "IntervalStyle": "sql_standard",
    "default_transaction_isolation": "serializable",
    "default_transaction_deferrable": "on",
    "search_path": "nowhere, public, pg_catalog",
    "standard_conforming_strings": "off",
    "escape_string_warning": "on",
    "backslash_quote": "off",
    "array_nulls": "off",
    "transform_null_equals": "on",
    "quote_all_identifiers": "on",
    "extra_float_digits": "-15",
    "bytea_output": "escape",
    "xmloption": "document",
    "check_function_bodies": "on",
    "client_min_messages": "debug1",
    "plan_cache_mode": "force_generic_plan",
    "row_security": "off",
    "jit_above_cost": "0",
    "synchronous_commit": "off",
    "statement_timeout": "5min",
    "lock_timeout": "30s",
    "idle_in_transaction_session_timeout": "30s",
    "plpgsql.variable_conflict": "error",
    "plpgsql.extra_errors": "all",
}

#: The drivers read them, and send some when they connect.
ENVIRONMENT = {
    "PGCLIENTENCODING": "SQL_ASCII",
    "PGTZ": "America/New_York",
    "PGDATESTYLE": "German",
    "PGOPTIONS": "-c IntervalStyle=postgres_verbose -c geqo=off",
}

#: PgBouncer refuses options that it does not know.
_POOLED_ENVIRONMENT = {**ENVIRONMENT, "PGOPTIONS": ""}


class HostileServer(PostgreSQLServer):
    """A private PostgreSQL with those defaults."""

    environment = ENVIRONMENT

    def __init__(self) -> None:
        # Where text is not ordered by code point, if there is such a locale.
        installed = subprocess.run(["locale", "-a"], capture_output=True, check=True)
        if b"en_US.utf8" in installed.stdout:
            self.locale = "en_US.UTF-8"
        super().__init__()
        for name, value in DEFAULTS.items():
            # The path is a list, of which each name would be quoted.
            shown = value if name == "search_path" else f"'{value}'"
            self.psql(f"ALTER ROLE postgres SET {name} = {shown}")
        # From here on, for the processes that tests start, too.
        os.environ.update(self.environment)

    def psql(self, sql: str) -> None:
        """Send SQL to the server."""
        self._run("psql", "-q", "-h", "127.0.0.1", "-p", str(self.port), "-U",
                  "postgres", "-c", sql)  # fmt: skip

    def close(self) -> None:
        for name in self.environment:
            os.environ.pop(name, None)
        super().close()


class PooledServer(HostileServer):
    """Likewise, behind PgBouncer in transaction mode."""

    environment = _POOLED_ENVIRONMENT

    def __init__(self) -> None:
        super().__init__()
        self.pooler = PgBouncer(self)

    def create_database(self) -> str:
        """Make a new, empty database; its URL, by the pooler."""
        return self.pooler.through(super().create_database())

    def close(self) -> None:
        self.pooler.close()
        super().close()


SERVERS: dict[str, Any] = {
    "plain": PostgreSQLServer,
    "hostile": HostileServer,
    "pooled": PooledServer,
}
