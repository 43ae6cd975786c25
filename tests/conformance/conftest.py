"""Which servers, engines and profiles the whole kit is run on."""

from cliquet.conformance.starter import SERVERS
from tests.conformance.profiles import PROFILES
from tests.contract.backends import APP_ENGINES

ENGINES = {engine.id: engine for engine in APP_ENGINES}


def pytest_generate_tests(metafunc):
    """Take one of each, unless all are asked for."""
    is_whole = metafunc.config.getoption("--conformance") == "all"
    if "server_name" in metafunc.fixturenames:
        everywhere = [(server, engine) for server in SERVERS for engine in ENGINES]
        pairs = everywhere if is_whole else [("waitress", "sqlite")]
        ids = [f"{server}-{engine}" for server, engine in pairs]
        values = [(server, ENGINES[engine]) for server, engine in pairs]
        metafunc.parametrize(("server_name", "on_engine"), values, ids=ids)
    if "profile" in metafunc.fixturenames:
        metafunc.parametrize("profile", PROFILES if is_whole else ["strict"])
