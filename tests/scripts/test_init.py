"""`cliquet init`: what it makes runs as its README says, whatever was chosen."""

import configparser
import json
import re
import subprocess
import sys
import tomllib
import urllib.request
from itertools import product

import pytest

from cliquet.scripts import project as command
from cliquet.scripts.blueprint import AUTHS, ENGINES
from cliquet.testing.servers import free_port
from tests.docs.test_readme import code_blocks
from tests.http.tokens import Issuer, claims, rsa, signed
from tests.scripts.projects import ROOT, Project
from tests.waiting import eventually

FORGETFUL = ("memory", "apikey")
ALL = [pair for pair in product(ENGINES, AUTHS) if pair != FORGETFUL]
#: Each engine and each way to sign in; projects of all pairs are read and checked.
SOME = [
    ("sqlite", "basic"), ("postgresql", "jwt"), ("redis", "apikey"), ("memory", "basic"),
]  # fmt: skip


@pytest.fixture
def make_project(tmp_path, services):
    """Return what makes a project on one of our servers, as its README has it."""

    def make(engine="sqlite", auth="basic", **options):
        made = Project(tmp_path, engine=engine, auth=auth, **options)
        made.borrow_environment()
        if engine == "redis":
            place = f"{made.name}.ini"
            text = made.read(place)
            for url in set(re.findall(r"redis://127\.0\.0\.1:6379/\d+", text)):
                made.replace(place, url, services.new_redis_url())
        if engine == "postgresql":
            server = services.postgresql
            made.environment |= {
                "PGHOST": "127.0.0.1",
                "PGPORT": str(server.port),
                "PGUSER": "postgres",
            }
            made.environment["PATH"] += f":{server.binaries}"
        return made

    return make


def is_served(printed):
    return re.search(r"^Serving on \S+$", printed(), re.MULTILINE)


# --- what it is asked for ---------------------------------------------------------


@pytest.mark.long
@pytest.mark.parametrize(("engine", "auth"), SOME, ids=map("-".join, SOME))
def test_commands_of_the_readme_do_what_it_says(make_project, engine, auth):
    # Servers are shared: databases have the names of projects.
    made = make_project(engine, auth, name=f"shop_{auth}")
    # Types are checked by a test of their own: once is enough.
    commands = [each for each in made.commands() if each != "make types"]
    start = commands.index("make serve")

    prepared = made.paste(commands[:start])
    assert prepared.returncode == 0, prepared.stdout + prepared.stderr
    with made.serving("make", "serve") as printed:
        eventually(lambda: is_served(printed))
        done = made.paste(commands[start + 1 :])

    told = done.stdout
    assert done.returncode == 0, told + done.stderr + printed()
    answers = [json.loads(line) for line in told.splitlines() if line.startswith("{")]
    lists = [each["data"] for each in answers if isinstance(each["data"], list)]
    notes, tasks, activity = lists
    # Alice has her note; Bob reads what he was shown, and that Alice added it.
    assert [each["text"] for each in notes] == ["Buy seeds"]
    assert [each["title"] for each in tasks] == ["Sow"]
    assert [(each["action"], each["title"]) for each in activity] == [("create", "Sow")]
    assert re.search(r"\d+ passed", told)
    assert "The service could run." in told
    assert "/v1/projects/{project_id}/tasks" in told
    assert "Traceback" not in printed()
    assert "Warning" not in printed() + done.stderr


@pytest.mark.parametrize(("engine", "auth"), ALL)
def test_all_that_is_written_can_be_read(tmp_path, engine, auth):
    made = Project(tmp_path, engine=engine, auth=auth, docker=True)
    texts = {
        str(path.relative_to(made.path)): path.read_text()
        for path in made.path.rglob("*")
        if path.is_file()
    }

    for place, text in texts.items():
        assert not re.search(r"\{\{[a-z_.A-Z]+\}\}", text), place
        assert text.endswith("\n"), place
        assert "\n\n\n\n" not in text, place
        if place.endswith(".ini"):
            settings = configparser.ConfigParser(defaults={"here": "."})
            settings.read_string(text)
            backend = settings["app:main"]["cliquet.storage_backend"]
            assert backend == f"cliquet.storage.{engine}"
    tomllib.loads(texts["pyproject.toml"])
    title, line, *_ = texts["README.rst"].splitlines()
    assert (title, line) == ("shop", "====")
    # What has keys is for its owner, and in no repository; the image's user reads the rest.
    modes = {place: (made.path / place).stat().st_mode & 0o777 for place in texts}
    private = {place for place in modes if modes[place] == 0o600}
    assert private == {"shop.ini", ".env"}
    assert all(modes[place] & 0o044 == 0o044 for place in set(modes) - private)
    keys = re.findall(r"[0-9a-f]{64}", texts["shop.ini"] + texts[".env"])
    assert len(set(keys)) >= 2
    rest = [texts[place] for place in texts if place not in private]
    assert not any(key in text for key in keys for text in rest)


def test_the_style_is_right_whatever_the_name(tmp_path):
    names = ("a", "a_rather_long_name_for_a_service_of_projects")
    for name, (engine, auth) in product(names, ALL):
        Project(tmp_path / f"{engine}-{auth}", name=name, engine=engine, auth=auth,
                docker=True)  # fmt: skip

    for check in (["check"], ["format", "--check", "--diff"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *check, "--no-cache", str(tmp_path)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout


@pytest.mark.long
@pytest.mark.parametrize(
    ("engine", "auth"), [("postgresql", "jwt"), ("memory", "basic")]
)
def test_types_are_right(make_project, engine, auth):
    made = make_project(engine, auth)

    checked = made.run("make", "types")

    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "Success: no issues found" in checked.stdout
    assert "0 errors, 0 warnings" in checked.stdout


@pytest.mark.long
def test_make_needs_nothing_else(tmp_path, services):
    """Whatever is installed here does not count: pip fetches what the project needs."""
    made = Project(tmp_path, engine="sqlite", auth="jwt", docker=True)
    origin = f'CLIQUET="cliquet @ file://{ROOT}"'

    for goal in ("tests", "lint", "types", "wheels"):
        done = made.run("make", goal, origin)
        assert done.returncode == 0, done.stdout + done.stderr

    installed = made.run(
        ".venv/bin/python",
        "-c",
        """
from importlib.metadata import packages_distributions
print(*packages_distributions())""",
    ).stdout.split()
    free = {
        name for name in installed
        if name.isidentifier() and name != "shop" and not command._find_owner(name)
    }  # fmt: skip
    assert free == set()
    assert list((made.path / "wheels").glob("cliquet-*.whl"))


# --- containers -------------------------------------------------------------------


@pytest.mark.parametrize(("engine", "auth"), ALL)
def test_containers_fit_together(tmp_path, engine, auth):
    made = Project(tmp_path, engine=engine, auth=auth, docker=True)
    compose, variables = made.compose(), made.variables()
    services, steps = compose["services"], made.image()

    assert set(compose) <= {"services", "volumes"}
    assert set(services) == {
        "service",
        *([] if engine == "memory" else ["migrate"]),
        *(["database"] if engine in ("postgresql", "redis") else []),
    }
    for name, service in services.items():
        assert ("image" in service) is (name == "database")
        if name != "database":
            assert (service["build"], service["env_file"]) == (".", ".env")
        for other, condition in service.get("depends_on", {}).items():
            needed = {"service_healthy": "healthcheck",
                      "service_completed_successfully": "command"}  # fmt: skip
            assert needed[condition["condition"]] in services[other]
        for volume in service.get("volumes", []):
            assert volume.partition(":")[0] in compose["volumes"]
    for variable in re.findall(r"\$\{(\w+)", made.read("compose.yaml")):
        assert variables[variable]
    # What the start asks for is given, once for each kind of backend.
    urls = [name for name in variables if name.endswith("_URL")]
    assert len(urls) == (0 if engine == "memory" else 3)
    assert len(variables["CLIQUET_USERID_HMAC_SECRET"]) == 64
    assert ("CLIQUET_MULTIAUTH_POLICY_JWT_SECRET" in variables) is (auth == "jwt")
    # Of another process, the memory would be another one.
    assert ('"WORKERS", "1"' in made.read("gunicorn.conf.py")) is (engine == "memory")
    assert [each for each, _ in steps][-1] == "CMD"
    assert services["service"]["ports"] == ["127.0.0.1:8888:8888"]
    assert ("EXPOSE", "8888") in steps


@pytest.mark.long
@pytest.mark.parametrize(
    ("engine", "auth"), [("postgresql", "jwt"), ("memory", "basic")]
)
def test_the_image_serves(tmp_path, services, engine, auth):
    """The steps of its file, in a fresh virtual environment and with what it copies."""
    made = Project(tmp_path, engine=engine, auth=auth, docker=True)
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir",
         made.path / "wheels", ROOT], check=True,
    )  # fmt: skip
    image = made.build_image(tmp_path / "image")
    url = services.postgresql_url() if engine == "postgresql" else ""
    port = free_port()
    image.environment |= {
        name: url if name.endswith("_URL") else value
        for name, value in made.variables().items()
    } | {"BIND": f"127.0.0.1:{port}"}
    for name, service in made.compose()["services"].items():
        if name == "migrate":
            migrated = image.run(*service["command"])
            assert migrated.returncode == 0, migrated.stderr
    checked = image.run("cliquet", "--ini", "production.ini", "check")
    assert checked.returncode == 0, checked.stdout + checked.stderr

    (start,) = [json.loads(text) for step, text in made.image() if step == "CMD"]
    with image.serving(*start) as printed:
        probe = made.compose()["services"]["service"]["healthcheck"]["test"]
        probe = [each.replace(":8888", f":{port}") for each in probe[1:]]
        assert eventually(lambda: image.run(*probe).returncode == 0), printed()
        token = made_token(image) if auth == "jwt" else ""
        headers = {"Authorization": f"Bearer {token}" if token else "Basic YTpi"}
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/v1/notes", headers=headers
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            assert json.load(answer) == {"data": []}
    assert "Traceback" not in printed()
    assert "Warning" not in printed()


def made_token(image):
    done = image.run("cliquet", "--ini", "production.ini", "token", "alice")
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


# --- what it needs ----------------------------------------------------------------


def test_a_project_makes_its_own_environment(tmp_path):
    made = Project(tmp_path)

    for goal in ("tests", "serve"):
        lines = made.run("make", "--dry-run", goal, "PORT=8890").stdout.splitlines()
        assert any(line.strip().endswith("-m venv .venv; \\") for line in lines)
        used = [line for line in lines if "bin/" in line and "candidate" not in line]
        assert all(line.startswith(".venv/bin/") for line in used)
    assert lines[-1] == ".venv/bin/cliquet --ini shop.ini serve --reload --port 8890"
    assert ".venv/" in made.read(".gitignore").splitlines()


@pytest.mark.parametrize("is_found", [True, False])
def test_a_python_that_is_too_old_is_passed_over(tmp_path, is_found):
    made = Project(tmp_path)
    old, good = (
        "#!/bin/sh\nexit 1\n",
        '#!/bin/sh\n[ -d "$3" ] || mkdir "$3"; echo "$@"\n',
    )
    # The last one is the Python that `cliquet` was called with, by its path.
    made.replace("Makefile", command._interpreter(), str(tmp_path / "other"))
    for name in ("python3", "python3.11", "python3.12", "python3.13", "other"):
        is_good = is_found and name == "other"
        (tmp_path / name).write_text(good if is_good else old)
        (tmp_path / name).chmod(0o755)
    made.environment["PATH"] = f"{tmp_path}:{made.environment['PATH']}"

    done = made.run("make", ".venv/bin/python")

    assert (done.returncode == 0) is is_found
    assert ("Making .venv with" in done.stderr) is is_found
    assert ("make PYTHON=" in done.stderr) is not is_found
    assert (made.path / ".venv").is_dir() is is_found


def test_a_port_that_is_asked_for_is_served(make_project):
    made = make_project("memory")
    port = free_port()

    with made.serving("make", "serve", f"PORT={port}") as printed:
        eventually(lambda: is_served(printed))

        with urllib.request.urlopen(
            f"http://127.0.0.1:{port}/v1/", timeout=60
        ) as answer:
            hello = json.load(answer)

    assert hello["project_name"] == "shop"
    assert f"http://127.0.0.1:{port}/v1/" in printed()


ASK = """
import sys
from pyramid.paster import get_appsettings
from webtest import TestApp
import shop
app = TestApp(shop.main({}, **get_appsettings("shop.ini")))
headers = {"Authorization": f"Bearer {sys.argv[1]}"}
print(app.get("/v1/", headers=headers).json["user"]["id"])
"""


def test_an_identity_provider_takes_the_place_of_the_secret(make_project):
    key = rsa("first")
    issuer = Issuer(key)
    made = make_project("memory", "jwt")
    text = re.sub(
        r"^cliquet.*jwt.secret.*\n", "", made.read("shop.ini"), flags=re.MULTILINE
    )
    text = text.replace("# cliquet.multiauth", "cliquet.multiauth")
    text = re.sub("https://.*/jwks.json", issuer.url, text)
    (made.path / "shop.ini").write_text(text)
    provided = {"iss": "https://accounts.example.org/", "aud": "shop"}

    try:
        token = signed(key, claims(**provided))
        asked = made.run(".venv/bin/python", "-W", "ignore", "-c", ASK, token)
    finally:
        issuer.stop()

    assert asked.stdout.strip() == "jwt:alice", asked.stderr
    refused = made.run("make", "token", "USER=alice")
    assert refused.returncode != 0
    assert "tokens are those of the identity provider" in refused.stderr


# --- what is refused --------------------------------------------------------------


@pytest.mark.parametrize(("name", "reason"), [
    ("json", "Python's standard library"), ("Logging", "Python's standard library"),
    ("cliquet", "Cliquet itself"), ("pyramid", "depends on"), ("zope", "depends on"),
    ("psycopg2", "depends on"), ("hypothesis", "of hypothesis, which is installed"),
    ("tests", "folder of the tests"), ("production", "production.ini"),
    ("wsgi", "servers import"), ("multiauth", "settings"), ("1+1", "no name"),
    ("class", "no name"), ("café", "no name"), ("___", "no name"), ("--", "no name"),
])  # fmt: skip
def test_names_that_others_have_are_refused_with_the_reason(
    tmp_path, capsys, name, reason
):
    assert command.run(str(tmp_path / name)) == 2

    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("Nothing was written: ")
    assert reason in told.err
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_left_alone(tmp_path, capsys):
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "kept").write_text("mine")
    (tmp_path / "store").write_text("mine")

    assert command.run(str(tmp_path / "shop")) == 2
    assert "is not empty" in capsys.readouterr().err
    assert command.run(str(tmp_path / "store")) == 2
    assert "is a file" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "shop").iterdir()] == ["kept"]
    assert (tmp_path / "store").read_text() == "mine"


def test_keys_that_would_be_lost_are_refused(tmp_path, capsys):
    assert command.run(str(tmp_path / "shop"), engine="memory", auth="apikey") == 2

    assert "choose another --engine" in capsys.readouterr().err
    assert not (tmp_path / "shop").exists()


def test_an_empty_directory_may_be_the_current_one(tmp_path, monkeypatch):
    (tmp_path / "my-shop").mkdir()
    monkeypatch.chdir(tmp_path / "my-shop")

    assert command.run(".") == 0
    assert (tmp_path / "my-shop" / "my_shop" / "resources.py").exists()


@pytest.mark.parametrize("arguments", [
    ["init"], ["init", "shop", "--engine", "mysql"], ["init", "shop", "--auth", "none"],
])  # fmt: skip
def test_what_cannot_be_chosen_is_wrong_usage(tmp_path, arguments):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "cliquet.scripts.cliquet", *arguments],
        cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip

    assert done.returncode == 2
    assert "cliquet init shop" in done.stderr or "choose from" in done.stderr
    assert list(tmp_path.iterdir()) == []


# --- the page on it ---------------------------------------------------------------

PAGE = (ROOT / "docs" / "project.rst").read_text()


def test_the_page_has_each_file(tmp_path):
    plain, with_docker = (
        {
            str(path.relative_to(made.path))
            for path in made.path.rglob("*")
            if path.is_file()
        }
        for made in (
            Project(tmp_path / "plain"),
            Project(tmp_path / "docker", docker=True),
        )
    )
    before, _, after = PAGE.partition("With ``--docker``")

    def rows(text):
        return set(re.findall(r"^    \* - ``(.+)``$", text, re.MULTILINE))

    assert rows(before) == plain
    assert rows(after) == with_docker - plain


def test_the_page_has_each_choice(tmp_path):
    options = re.findall(r"^``(--\w+)``$", PAGE, re.MULTILINE)
    made = Project(tmp_path, engine="postgresql", auth="jwt", docker=True)
    targets = made.read("Makefile") + "\nkey:"

    assert options == ["--engine", "--auth", "--docker"]
    for choice in (*ENGINES, *AUTHS):
        assert f"``{choice}``" in PAGE
    for target in re.findall(r"(?:``|\$ )make (\w+)", PAGE):
        assert f"\n{target}:" in targets
    for line in code_blocks(PAGE, "console"):
        for command_line in line.splitlines():
            assert re.match(
                r"\$ (pip install|cliquet init shop|cd shop|make \w+)", command_line
            )
    (settings,) = code_blocks(PAGE, "ini")
    for each in settings.splitlines():
        assert each in made.read("shop.ini").replace("# cliquet", "cliquet")
