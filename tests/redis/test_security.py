"""TLS, certificates made here, and users of access control lists."""

import datetime as dt
import ipaddress

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pyramid.config import Configurator
from webtest import TestApp

from cliquet.engines.exceptions import BackendError
from cliquet.tests.testapp import main as build_app
from tests.contract.backends import APP_ENGINES
from tests.redundant import (
    SERVICE,
    Cluster,
    Node,
    Security,
    Sentinels,
    server_of_debian,
    wait_until,
)
from tests.sync.proof import HEADERS, settings_for

pytestmark = pytest.mark.intermediaries("redis-check-rdb")

USER, PASSWORD = "cliquet", "url-password:/@"
QUOTED = "url-password%3A%2F%40"
#: What the documentation says that the user needs.
RIGHTS = ["~*", "&*", "+@all", "-@admin", "-@dangerous"]
#: What replicas and Sentinels need.
TRUSTED = ["~*", "&*", "+@all"]
LIST = "/v0/mushrooms"
ENGINE = next(each for each in APP_ENGINES if each.id == "redis")


def write_certificates(directory):
    """Make an authority, and the certificate of a server on this host."""
    today = dt.datetime.now(dt.UTC)
    keys = {name: ec.generate_private_key(ec.SECP256R1()) for name in ("ca", "server")}
    authority = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "an authority")])
    host = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a server")])
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    for name, subject, extension in (
        ("ca", authority, x509.BasicConstraints(ca=True, path_length=None)),
        ("server", host, x509.SubjectAlternativeName([address])),
    ):
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(authority)
            .public_key(keys[name].public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(today - dt.timedelta(days=1))
            .not_valid_after(today + dt.timedelta(days=1))
            .add_extension(extension, critical=name == "ca")
            .sign(keys["ca"], hashes.SHA256())
        )
        (directory / f"{name}.crt").write_bytes(
            certificate.public_bytes(serialization.Encoding.PEM)
        )
        (directory / f"{name}.key").write_bytes(
            keys[name].private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )


@pytest.fixture(scope="module")
def security(tmp_path_factory):
    """Servers that speak TLS alone, and to users that they know."""
    directory = tmp_path_factory.mktemp("certificates")
    write_certificates(directory)
    files = {
        "tls-cert-file": directory / "server.crt",
        "tls-key-file": directory / "server.key",
        "tls-ca-cert-file": directory / "ca.crt",
        "tls-auth-clients": "no",
        "tls-replication": "yes",
        "tls-cluster": "yes",
    }
    options = ["--port", "0"]
    for name, value in files.items():
        options += [f"--{name}", str(value)]
    options += ["--masteruser", "trusted", "--masterauth", "t"]
    options += ["--user", USER, "on", f">{PASSWORD}", *RIGHTS]
    options += ["--user", "trusted", "on", ">t", *TRUSTED]
    options += ["--user", "default", "off"]
    lines = [
        "port 0",
        *(f'{name} "{value}"' for name, value in files.items()),
        f'user {USER} on ">{PASSWORD}" ~* &* +@all',
        "user trusted on >t ~* &* +@all",
        "user default off",
        f"sentinel auth-user {SERVICE} trusted",
        f"sentinel auth-pass {SERVICE} t",
        "sentinel sentinel-user trusted",
        "sentinel sentinel-pass t",
    ]
    return Security(
        options,
        lines,
        {
            "ssl": True,
            "ssl_ca_certs": str(directory / "ca.crt"),
            "username": "trusted",
            "password": "t",
        },
        "rediss",
        f"{USER}:{QUOTED}@",
        f"?ssl_ca_certs={directory}/ca.crt",
    )


@pytest.fixture(scope="module")
def server(security, tmp_path_factory):
    directory = tmp_path_factory.mktemp("server")
    node = Node(directory, server_of_debian(directory), [], security)
    yield node
    node.kill()


def work_with(url):
    """Do what a service does, and what its operator does."""
    settings = settings_for("redis", url)
    ENGINE.prepare(settings)
    app = TestApp(build_app(config=Configurator(settings=settings)))
    created = app.post_json(LIST, {"data": {"name": "a"}}, headers=HEADERS)
    record = f"{LIST}/{created.json['data']['id']}"
    app.patch_json(record, {"data": {"name": "b"}}, headers=HEADERS)
    assert len(app.get(LIST, headers=HEADERS).json["data"]) == 1
    assert set(app.get("/v0/__heartbeat__").json.values()) == {True}
    app.delete(LIST, headers=HEADERS)
    app.post_json("/v0/__flush__", headers=HEADERS, status="*")
    ENGINE.prepare(settings)
    return app


def test_a_user_with_the_rights_of_the_documentation_suffices(server, security):
    work_with(security.url("", f"127.0.0.1:{server.port}", "0"))


@pytest.mark.parametrize(
    ("user", "query", "told"),
    [
        (f"{USER}:wrong@", None, "AuthenticationError"),
        (f":{QUOTED}@", None, "AuthenticationError"),
        ("", None, "AuthenticationError"),
        (f"{USER}:{QUOTED}@", "", "certificate verify failed"),
    ],
    ids=["password", "user", "nobody", "certificate"],
)
def test_who_is_not_known_or_does_not_trust_is_refused(
    server, security, user, query, told, caplog
):
    query = security.query if query is None else query
    storage = _load(f"rediss://{user}127.0.0.1:{server.port}/0{query}")

    with pytest.raises(BackendError) as refused:
        storage.collection_timestamp("notes", "")

    assert told in str(refused.value)
    for secret in (PASSWORD, QUOTED, "wrong"):
        assert secret not in caplog.text


def _load(url):
    config = Configurator(settings=ENGINE.settings(url))
    return config.maybe_dotted("cliquet.storage.redis").load_from_config(config)


@pytest.mark.long
def test_nodes_of_a_cluster_have_certificates_and_users_likewise(security, tmp_path):
    cluster = Cluster(server_of_debian(tmp_path), security=security)
    try:
        work_with(cluster.url)
    finally:
        cluster.close()


@pytest.mark.long
def test_sentinels_have_certificates_and_users_likewise(security, tmp_path):
    program = server_of_debian(tmp_path)
    watched = Sentinels(program, security=security)
    try:
        likewise = f"&sentinel_username={USER}&sentinel_password={QUOTED}"
        app = work_with(watched.url + likewise)
        watched.primary().kill()
        wait_until(lambda: app.get(LIST, headers=HEADERS, status="*").status_int == 200)
    finally:
        watched.close()
