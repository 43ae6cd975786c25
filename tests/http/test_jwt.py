"""JSON Web Tokens: which count, and what whoever forges one is answered."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from joserfc.jwk import OctKey
from pyramid.exceptions import ConfigurationError

from cliquet.authentication import policies_of
from cliquet.scripts import token as token_command
from tests.http.tokens import (
    AUDIENCE,
    ISSUER,
    SECRET,
    Issuer,
    claims,
    edwards,
    elliptic,
    hashed,
    published,
    rsa,
    segment,
    signed,
)
from tests.waiting import Clock

POLICY = "cliquet.authentication.jwt.JWTAuthenticationPolicy"
PRIVATE = "/mushrooms"


@pytest.fixture(scope="module")
def key():
    return rsa("first")


@pytest.fixture(scope="module")
def other():
    return rsa("second")


@pytest.fixture
def issuer(key):
    issuer = Issuer(key)
    yield issuer
    issuer.stop()


def settings(**options):
    found = {"issuer": ISSUER, "audience": AUDIENCE, **options}
    return {
        "multiauth.policies": "jwt",
        "multiauth.policy.jwt.use": POLICY,
        "toadstool_create_principals": "system.Authenticated",
        **{f"multiauth.policy.jwt.{name}": value for name, value in found.items()},
    }


@pytest.fixture(scope="module")
def key_file(tmp_path_factory, key):
    path = tmp_path_factory.mktemp("keys") / "keys.json"
    path.write_bytes(published(key))
    return str(path)


@pytest.fixture
def make_jwt(make_app, key_file):
    def make(**options):
        if "jwks" in options:
            # A policy remembers keys: another test may have had the same port.
            options.setdefault("realm", f"Mushrooms {time.monotonic_ns()}")
        elif "secret" not in options:
            options["jwks"] = key_file
        return make_app(**settings(**options))

    return make


@pytest.fixture
def app(make_jwt):
    return make_jwt(realm="Mushrooms")


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def refused(app, token):
    """Return why a token is refused, where one is needed; elsewhere it does not matter."""
    headers = {"Authorization": token if " " in token else f"Bearer {token}"}
    assert app.get("/", headers=headers, status=200).json.get("user") is None
    response = app.get(PRIVATE, headers=headers, status=401)
    assert response.json["errno"] == 104
    challenge = response.headers["WWW-Authenticate"]
    before, found, description = challenge.partition(
        ', error="invalid_token", error_description='
    )
    assert found
    assert before.startswith('Bearer realm="')
    return description.strip('"')


def user(app, token):
    return app.get("/", headers=bearer(token), status=200).json["user"]["id"]


# --- Those that count ------------------------------------------------------------


def test_a_token_is_its_subject(app, key):
    assert user(app, signed(key)) == "jwt:alice"
    app.get(PRIVATE, headers=bearer(signed(key)), status=200)


@pytest.mark.parametrize(("make", "algorithm"), [
    (lambda: rsa("a"), "RS256"), (lambda: rsa("a"), "RS384"), (lambda: rsa("a"), "RS512"),
    (lambda: rsa("a"), "PS256"), (lambda: elliptic("a"), "ES256"),
    (lambda: elliptic("a", "P-384"), "ES384"), (lambda: elliptic("a", "P-521"), "ES512"),
    (lambda: edwards("a"), "EdDSA"),
])  # fmt: skip
def test_all_algorithms_of_public_keys_count(make_jwt, tmp_path, make, algorithm):
    own, path = make(), tmp_path / "own.json"
    path.write_bytes(published(own))
    app = make_jwt(jwks=str(path))

    assert user(app, signed(own, algorithm=algorithm)) == "jwt:alice"
    damaged = signed(own, algorithm=algorithm)[:-8] + "AAAAAAAA"
    assert refused(app, damaged) == "The signature of the token is wrong"


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
def test_a_secret_signs(make_jwt, algorithm):
    app = make_jwt(secret=SECRET * 2, algorithms="HS256 HS384 HS512")

    token = signed(OctKey.import_key(SECRET * 2), algorithm=algorithm)
    assert user(app, token) == "jwt:alice"
    wrong = signed(OctKey.import_key(SECRET * 3), algorithm=algorithm)
    assert refused(app, wrong) == "The signature of the token is wrong"


# --- Those that the service signs itself ------------------------------------------


@pytest.mark.parametrize("options", [
    {}, {"audience": "shop mushrooms"}, {"audience": "", "issuer": ""},
    {"algorithms": "HS512 HS384"},
])  # fmt: skip
def test_who_has_the_secret_is_given_tokens_that_count(make_jwt, capsys, options):
    app = make_jwt(secret=SECRET * 2, **options)

    token_command.run(app.app.registry, user="alice")

    assert user(app, capsys.readouterr().out.strip()) == "jwt:alice"


def test_a_token_of_ones_own_expires(make_jwt):
    app = make_jwt(secret=SECRET, leeway="0")
    ((_, policy),) = policies_of(app.app.registry)

    assert refused(app, policy.sign("alice", -1)) == "The token expired"


@pytest.mark.parametrize(("options", "name", "reason"), [
    ({}, "alice", "those of the identity provider"),
    ({"secret": SECRET, "algorithms": "RS256"}, "alice", "identity provider"),
    ({"secret": SECRET}, "system.Everyone", "cannot be the name of a user"),
    ({"secret": SECRET}, "", "cannot be the name of a user"),
])  # fmt: skip
def test_tokens_that_would_not_count_are_not_made(
    make_jwt, key_file, options, name, reason
):
    app = make_jwt(jwks=key_file, **options)

    with pytest.raises(SystemExit, match=reason):
        token_command.run(app.app.registry, user=name)


def test_a_scheme_has_no_case(app, key):
    headers = {"Authorization": f"bEaReR {signed(key)}"}
    app.get(PRIVATE, headers=headers, status=200)


def test_one_of_several_audiences_is_enough(make_jwt, key):
    app = make_jwt(audience="first second")
    assert user(app, signed(key, claims(aud=["x", "second"]))) == "jwt:alice"
    assert refused(app, signed(key, claims(aud=["x"])))


def test_leeway_is_given(make_jwt, key):
    app = make_jwt(leeway="100")
    now = int(time.time())
    assert user(app, signed(key, claims(exp=now - 50, nbf=now + 50))) == "jwt:alice"
    assert refused(app, signed(key, claims(exp=now - 110))) == "The token expired"


def test_tokens_without_end_are_for_those_who_ask_for_them(make_jwt, app, key):
    token = signed(key, claims(exp=None))
    assert refused(app, token)
    assert user(make_jwt(require_exp="false"), token) == "jwt:alice"


def test_an_unknown_member_of_the_header_is_ignored(app, key):
    token = signed(key, typ="JWT", jku="https://evil.test", x5t="abc", odd={"a": 1})
    assert user(app, token) == "jwt:alice"


def test_nobody_is_asked_for_a_token_without_being_told_of_an_error(app):
    response = app.get(PRIVATE, status=401)
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="Mushrooms"'
    response = app.get(PRIVATE, headers={"Authorization": "Basic YTpi"}, status=401)
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="Mushrooms"'


# --- Those that do not -----------------------------------------------------------

NOW = int(time.time())
TWICE = b'{"alg":"none","alg":"RS256","kid":"first"}'
DEEP = b'{"sub":' + b"[" * 5000 + b"]" * 5000 + b"}"

CLAIMS = {
    "expired": claims(exp=NOW - 100),
    "expired, as a text": claims(exp=str(NOW + 100)),
    "an end that is no number": json.dumps(claims(exp=0)).replace('"exp": 0', '"exp": NaN').encode(),
    "an end beyond numbers": json.dumps(claims(exp=0)).replace('"exp": 0', '"exp": 1e999').encode(),
    "an end that is true": claims(exp=True),
    "an end that is null": json.dumps({**claims(), "exp": None}).encode(),
    "without end": claims(exp=None),
    "not yet valid": claims(nbf=NOW + 1000),
    "a begin that is a text": claims(nbf="now"),
    "issued in the future": claims(iat=NOW + 1000),
    "another audience": claims(aud="toadstools"),
    "a part of the audience": claims(aud=AUDIENCE[:-1]),
    "more than the audience": claims(aud=AUDIENCE + "s"),
    "an audience in another case": claims(aud=AUDIENCE.upper()),
    "an audience that is an object": claims(aud={AUDIENCE: 1}),
    "an audience of odd things": claims(aud=[AUDIENCE, 1]),
    "no audience": claims(aud=[]),
    "without audience": claims(aud=None),
    "another issuer": claims(iss="https://evil.test"),
    "an issuer that begins alike": claims(iss=ISSUER + ".evil.test"),
    "issuers": claims(iss=[ISSUER]),
    "without issuer": claims(iss=None),
    "without subject": claims(sub=None),
    "an empty subject": claims(sub=""),
    "a subject that is a number": claims(sub=1),
    "a subject that is a list": claims(sub=["alice"]),
    "a subject with NUL": claims(sub="a\0b"),
    "a subject of half a character": claims(sub="\ud800"),
    "a subject of two lines": claims(sub="a\nb"),
    "a subject that is too long": claims(sub="a" * 2000),
    "everyone": claims(sub="system.Everyone"),
    "the authenticated ones": claims(sub="system.Authenticated"),
    "a group": claims(sub="group:/groups/admins"),
    "a claim twice": b'{"sub":"bob",' + json.dumps(claims())[1:].encode(),
    "a list": b"[]",
    "a text": b'"alice"',
    "nothing": b"null",
    "malformed JSON": b'{"sub":',
    "no UTF-8": b'{"sub":"\xff"}',
    "deep JSON": DEEP,
}  # fmt: skip


@pytest.mark.parametrize("name", CLAIMS)
def test_claims_that_do_not_count(app, key, name):
    assert refused(app, signed(key, CLAIMS[name]))


def forgeries(key, other):
    head, body, end = signed(key).split(".")
    public = key.as_pem(private=False)
    modulus = key.as_dict(private=False)["n"]
    return {
        "none": f"{segment({'alg': 'none', 'kid': 'first'})}.{body}.",
        "None": f"{segment({'alg': 'None', 'kid': 'first'})}.{body}.",
        "none, signed": f"{segment({'alg': 'none', 'kid': 'first'})}.{body}.{end}",
        "an empty signature": f"{head}.{body}.",
        "no signature": f"{head}.{body}",
        "other claims": f"{head}.{segment(claims(sub='root'))}.{end}",
        "another algorithm": f"{segment({'alg': 'RS512', 'kid': 'first'})}.{body}.{end}",
        "that of another type": f"{segment({'alg': 'ES256', 'kid': 'first'})}.{body}.{end}",
        "no algorithm": f"{segment({'kid': 'first'})}.{body}.{end}",
        "algorithms": f"{segment({'alg': ['RS256'], 'kid': 'first'})}.{body}.{end}",
        "an algorithm twice": f"{segment(TWICE)}.{body}.{end}",
        "a kid that is an object": f"{segment({'alg': 'RS256', 'kid': {}})}.{body}.{end}",
        "a kid that is a path": signed(other, kid="../../dev/null"),
        "a critical header": signed(key, crit=["b64"], b64=True),
        "an unencoded payload": f"{segment({'alg': 'RS256', 'kid': 'first', 'crit': ['b64'], 'b64': False})}.{body}.{end}",
        "its own key": signed(other, kid="first", jwk=other.as_dict(private=False)),
        "somebody else's": signed(other, kid="first"),
        "somebody else's, without kid": signed(rsa()),
        "an unknown kid": signed(other),
        "five parts": f"{head}.{body}.{end}.{body}.{end}",
        "a header of no JSON": f"{segment(b'{')}.{body}.{end}",
        "a header of no object": f"{segment(b'[]')}.{body}.{end}",
        "a header of no base64": f"a.{body}.{end}",
        "one megabyte": signed(key, claims(x="a" * 2**20)),
        "a megabyte of dots": "." * 2**20,
        "a megabyte of letters": "a" * 2**20,
        "the header of a megabyte": signed(key, x="a" * 2**20),
        "no token": "Bearer  ",
        "two tokens": f"Bearer {signed(key)} {signed(key)}",
        "lines joined": f"Bearer {signed(key)}, Bearer {signed(key)}",
        "odd characters": "Bearer a\\b.b.c",
        "the public key as secret": hashed(public),
        "the public key without its last line": hashed(public.strip()),
        "the modulus as secret": hashed(modulus.encode()),
        "nothing as secret": hashed(b""),
    }  # fmt: skip


NAMES = list(forgeries(rsa("first"), rsa("second")))


@pytest.mark.parametrize("name", NAMES)
def test_forgeries(app, key, other, name):
    assert refused(app, forgeries(key, other)[name])


def test_public_keys_are_no_secrets_where_there_are_both(make_jwt, key_file, key):
    app = make_jwt(jwks=key_file, secret=SECRET)
    assert user(app, signed(key)) == "jwt:alice"
    assert (
        user(app, signed(OctKey.import_key(SECRET), algorithm="HS256")) == "jwt:alice"
    )
    confused = hashed(key.as_pem(private=False))
    assert refused(app, confused) == "The signature of the token is wrong"


def test_without_audience_a_token_for_somebody_is_for_somebody_else(make_jwt, key):
    app = make_jwt(audience="")
    assert user(app, signed(key, claims(aud=None))) == "jwt:alice"
    assert refused(app, signed(key)) == "The token is for somebody else"


@pytest.mark.parametrize("position", range(0, 900, 30))
def test_no_bit_may_be_changed(app, key, position):
    token = signed(key)
    position %= len(token) - 4
    changed = "B" if token[position] == "A" else "A"
    assert refused(app, token[:position] + changed + token[position + 1 :])


def test_why_is_told_without_what_was_sent(app, key, caplog):
    token = signed(key, claims(sub="secret\nname", iss="evil"))
    assert refused(app, token) == "The iss of the token is not accepted"
    assert refused(app, signed(key, claims(exp=NOW - 100))) == "The token expired"
    logged = "\n".join(record.getMessage() for record in caplog.records)
    assert "Token refused" in logged
    assert token not in logged
    assert token.split(".")[2] not in logged


# --- Groups ----------------------------------------------------------------------


def share(app, key, principal):
    body = {"data": {"name": "Fly"}, "permissions": {"read": [principal]}}
    made = app.post_json("/toadstools", body, headers=bearer(signed(key)), status=201)
    return f"/toadstools/{made.json['data']['id']}"


@pytest.mark.parametrize("groups", [["staff"], "staff", ["odd", None, 1, "staff"]])
def test_groups_are_principals(make_jwt, key, groups):
    app = make_jwt(groups_claim="groups")
    record = share(app, key, "group:staff")

    bob = bearer(signed(key, claims(sub="bob", groups=groups)))
    app.get(record, headers=bob, status=200)
    listed = app.get("/toadstools", headers=bob, status=200).json["data"]
    assert [each["name"] for each in listed] == ["Fly"]
    app.get(record, headers=bearer(signed(key, claims(sub="bob"))), status=403)
    app.get(record, status=401)


def test_groups_are_found_below_others(make_jwt, key):
    app = make_jwt(groups_claim="realm_access.roles")
    record = share(app, key, "group:staff")
    roles = {"realm_access": {"roles": ["staff"]}}
    app.get(record, headers=bearer(signed(key, claims(sub="bob", **roles))), status=200)
    for odd in ({"realm_access": []}, {"realm_access": {"roles": {"staff": 1}}}):
        headers = bearer(signed(key, claims(sub="bob", **odd)))
        app.get(record, headers=headers, status=403)


def test_no_token_makes_members_of_groups_that_are_kept_here(make_jwt, key):
    app = make_jwt(groups_claim="groups")
    record = share(app, key, "group:/groups/staff")
    headers = bearer(signed(key, claims(sub="bob", groups=["/groups/staff"])))
    app.get(record, headers=headers, status=403)


def test_groups_count_for_the_user_of_the_token_alone(make_app, key, key_file):
    common = {**settings(jwks=key_file, groups_claim="groups")}
    first = {
        "multiauth.policies": "other jwt",
        "multiauth.policy.other.use": POLICY,
        "multiauth.policy.other.secret": SECRET,
    }
    app = make_app(**{**common, **first})
    token = signed(key, claims(sub="bob", groups=["staff"]))
    assert user(app, token) == "jwt:bob"
    by_secret = signed(
        OctKey.import_key(SECRET),
        claims(aud=None, groups=["staff"]),
        algorithm="HS256",
    )
    assert user(app, by_secret) == "other:alice"
    record = share(app, key, "group:staff")
    app.get(record, headers=bearer(token), status=200)
    # The policy `other` has no groups.
    app.get(record, headers=bearer(by_secret), status=403)


def test_a_batch_has_the_groups_and_looks_at_a_token_once(make_jwt, key, monkeypatch):
    from cliquet.authentication import jwt

    seen, check = [], jwt.read_claims
    monkeypatch.setattr(
        jwt, "read_claims", lambda *args: seen.append(1) or check(*args)
    )
    app = make_jwt(groups_claim="groups")
    record = share(app, key, "group:staff")
    seen.clear()
    headers = bearer(signed(key, claims(sub="bob", groups=["staff"])))
    body = {"defaults": {"path": record}, "requests": [{}, {}, {}]}
    found = app.post_json("/batch", body, headers=headers, status=200).json["responses"]
    assert [each["status"] for each in found] == [200, 200, 200]
    assert seen == [1]


# --- Keys of a URL ---------------------------------------------------------------


def test_keys_are_fetched_once(make_jwt, issuer, key):
    app = make_jwt(jwks=issuer.url)
    assert issuer.fetches == 0
    for _ in range(5):
        assert user(app, signed(key)) == "jwt:alice"
    assert issuer.fetches == 1


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr("cliquet.authentication.jwt.CLOCK", clock)
    return clock


def test_a_new_key_counts_when_it_is_first_used(make_jwt, issuer, key, other, clock):
    app = make_jwt(jwks=issuer.url)
    assert user(app, signed(key)) == "jwt:alice"
    issuer.publish(other)
    clock.now += 11
    assert user(app, signed(other)) == "jwt:alice"
    assert refused(app, signed(key)) == "The key of the token is unknown"
    assert issuer.fetches == 2


def test_a_withdrawn_key_counts_no_longer_than_keys_are_kept(
    make_jwt, issuer, key, other, clock
):
    app = make_jwt(jwks=issuer.url, jwks_max_age="60")
    assert user(app, signed(key)) == "jwt:alice"
    issuer.publish(other)
    clock.now += 59
    assert user(app, signed(key)) == "jwt:alice"
    clock.now += 2
    assert refused(app, signed(key)) == "The key of the token is unknown"


def test_a_flood_of_unknown_keys_is_one_fetch_in_ten_seconds(
    make_jwt, issuer, key, other, clock
):
    app = make_jwt(jwks=issuer.url)
    assert user(app, signed(key)) == "jwt:alice"
    for _ in range(3):
        before = issuer.fetches
        clock.now += 10
        tokens = [signed(other, kid=f"unknown {number}") for number in range(40)]
        with ThreadPoolExecutor(8) as pool:
            asked = pool.map(
                lambda token: app.get(
                    PRIVATE, headers=bearer(token), expect_errors=True
                ),
                tokens,
            )
        assert {each.status_int for each in asked} == {401}
        assert issuer.fetches == before + 1
    assert user(app, signed(key)) == "jwt:alice"


def test_those_who_come_while_keys_are_read_wait_for_them(make_jwt, issuer, key):
    app = make_jwt(jwks=issuer.url)
    issuer.gate.clear()
    with ThreadPoolExecutor(6) as pool:
        asked = [pool.submit(user, app, signed(key)) for _ in range(6)]
        assert issuer.asked.wait(60)
        issuer.gate.set()
        assert {each.result() for each in asked} == {"jwt:alice"}
    assert issuer.fetches == 1


@pytest.mark.parametrize(("status", "content"), [
    (500, b"{}"), (302, b""), (200, b"<html>"), (200, b'{"keys": []}'), (200, b"[]"),
    (200, b" " * (2**20 + 1)),
    (200, json.dumps({"keys": [{"kty": "oct", "k": "c2VjcmV0c2VjcmV0c2VjcmV0", "kid": "first"}]}).encode()),
])  # fmt: skip
def test_without_keys_nobody_knows(make_jwt, issuer, key, clock, status, content):
    good = issuer.content
    issuer.status, issuer.content = status, content
    app = make_jwt(jwks=issuer.url)
    for _ in range(3):
        response = app.get(PRIVATE, headers=bearer(signed(key)), status=503)
        assert response.json["errno"] == 201
        assert "Retry-After" in response.headers
    app.get("/", headers=bearer(signed(key)), status=503)
    app.get(PRIVATE, status=401)
    assert refused(app, "a.b.c")
    assert issuer.fetches == 1
    issuer.status, issuer.content = 200, good
    clock.now += 10
    assert user(app, signed(key)) == "jwt:alice"


def test_known_keys_count_while_they_cannot_be_read(
    make_jwt, issuer, key, other, clock
):
    app = make_jwt(jwks=issuer.url)
    assert user(app, signed(key)) == "jwt:alice"
    issuer.status = 500
    clock.now += 10_000
    assert user(app, signed(key)) == "jwt:alice"
    app.get(PRIVATE, headers=bearer(signed(other)), status=503)
    assert issuer.fetches == 2


def test_an_entry_of_a_batch_is_503_as_well(make_jwt, issuer, key):
    issuer.status = 500
    app = make_jwt(jwks=issuer.url)
    body = {"requests": [{"path": PRIVATE, "headers": bearer(signed(key))}]}
    response = app.post_json("/batch", body, expect_errors=True)
    assert response.status_int in (200, 503)
    if response.status_int == 200:
        assert response.json["responses"][0]["status"] == 503


def test_keys_of_a_file_are_read_again(make_jwt, tmp_path, key, other, clock):
    path = tmp_path / "changing.json"
    path.write_bytes(published(key))
    app = make_jwt(jwks=str(path))
    path.write_bytes(published(key, other))
    clock.now += 11
    assert user(app, signed(other)) == "jwt:alice"


# --- Settings --------------------------------------------------------------------


@pytest.mark.parametrize(("options", "option", "said"), [
    ({"jwks": ""}, "jwks", "secret"),
    ({"jwks": "/does/not/exist"}, "jwks", "no file"),
    ({"jwks": "https://"}, "jwks", "without host"),
    ({"secret": "short"}, "secret", "32 bytes"),
    ({"secret": SECRET, "algorithms": "HS512"}, "secret", "64 bytes"),
    ({"secret": "-----BEGIN PUBLIC KEY-----" + "a" * 60}, "secret", "public key"),
    ({"secret": SECRET, "algorithms": "none"}, "algorithms", "none"),
    ({"secret": SECRET, "algorithms": "RS256"}, "algorithms", "needs jwks"),
    ({"jwks": "https://a.test/", "algorithms": "HS256"}, "algorithms", "needs secret"),
    ({"secret": SECRET, "leeway": "soon"}, "leeway", "number"),
    ({"secret": SECRET, "leeway": "-1"}, "leeway", "number"),
    ({"secret": SECRET, "leeway": "nan"}, "leeway", "number"),
    ({"secret": SECRET, "jwks_max_age": "x"}, "jwks_max_age", "number"),
    ({"secret": SECRET, "require_exp": "maybe"}, "require_exp", "true"),
    ({"secret": SECRET, "realm": 'a"b'}, "realm", "ASCII"),
    ({"secret": SECRET, "isuer": "x"}, "isuer", "'issuer'"),
])  # fmt: skip
def test_wrong_settings_are_refused_at_start(make_app, options, option, said):
    with pytest.raises(ConfigurationError) as raised:
        make_app(**settings(**options))
    assert f"multiauth.policy.jwt.{option}" in str(raised.value)
    assert said in str(raised.value)
    for secret in filter(None, [options.get("secret")]):
        assert secret not in str(raised.value)
