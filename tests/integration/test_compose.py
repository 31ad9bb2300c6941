"""docker-compose.yml keeps its promises: read as rules, and its very commands started without Docker."""

import os
import re
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from sqlalchemy import URL, make_url

from automations.engine.discovery import discover_jobs
from automations.engine.parameters import check_parameters, storable_parameters
from automations.engine.run_record import create_run
from bot.rasa.environment import environment_variables
from connectors.database.base import utc_now
from connectors.database.models.work import Run, RunItem
from connectors.database.session import Database
from tests.fixtures.compose import (
    COMPOSE_FILE,
    DOCKERFILES,
    OURS,
    ROOT,
    Image,
    Service,
    docker_compose,
    read_services,
)
from tests.fixtures.compose_processes import Plain
from tests.fixtures.customer import Customer

VARIABLES = {
    "TWINOFFICE_DATABASE_PASSWORD": "a" * 64,
    "TWINOFFICE_RASA_DATABASE_PASSWORD": "b" * 64,
    "TWINOFFICE_SECRET_KEY": "c" * 64,
}
EXACT_VERSION = re.compile(r"[a-z]+:\d+\.\d+(\.\d+)?-(slim-)?bookworm")
SECRET_NAME = re.compile("PASSWORD|SECRET|TOKEN")


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return read_services(tmp_path_factory.mktemp("compose"), VARIABLES)


@pytest.mark.parametrize("missing", VARIABLES)
def test_a_missing_secret_is_named_and_nothing_starts(missing: str, tmp_path: Path) -> None:
    done = docker_compose(tmp_path, {name: value for name, value in VARIABLES.items() if name != missing})
    assert done.returncode != 0
    _, _, reason = done.stderr.rpartition('": ')
    assert reason.startswith(f"{missing} is not set, put one made with openssl rand -hex 32 into .env")


def test_no_secret_has_a_default() -> None:
    texts = [COMPOSE_FILE.read_text(), *((ROOT / name).read_text() for name in DOCKERFILES)]
    defaults = [found for text in texts for found in re.findall(r"\$\{(\w+):-([^}]+)\}", text)]
    assert [name for name, _ in defaults if SECRET_NAME.search(name)] == []
    written = yaml.safe_load(texts[0])["services"]
    values = {f"{name}.{key}": value for name, it in written.items() for key, value in it["environment"].items()}
    secrets = {key: value for key, value in values.items() if SECRET_NAME.search(key)}
    assert len(secrets) >= 5
    assert [key for key, value in secrets.items() if not re.fullmatch(r"\$\{\w+:(\?[^}]+|-)\}", value)] == []
    assert [key for key, value in values.items() if "@" in value and not re.search(r":\$\{\w+:\?[^}]+\}@", value)] == []


def test_only_the_web_port_is_published_and_on_this_machine_only(services: dict[str, Any]) -> None:
    published = {name: service["ports"] for name, service in services.items() if "ports" in service}
    assert published == {"web": ["127.0.0.1:8000:8000/tcp"]}


def test_rasa_and_the_private_listener_share_a_network_with_nobody_else(services: dict[str, Any]) -> None:
    networks = yaml.safe_load(COMPOSE_FILE.read_text())["networks"]
    members = {
        network: {n for n, service in services.items() if network in service["networks"]} for network in networks
    }
    assert members == {
        "assistant": {"rasa", "web"},
        "storage": {"database", "rasa", "web", "worker"},
        "outside": {"web", "worker"},
    }
    assert {name for name, network in networks.items() if (network or {}).get("internal")} == {"assistant", "storage"}
    # Each listens at a name that exists in that network alone.
    assert (
        services["web"]["environment"]["TWINOFFICE_PRIVATE_HOST"] in services["web"]["networks"]["assistant"]["aliases"]
    )
    assert (
        services["rasa"]["environment"]["TWINOFFICE_RASA_HOST"] in services["rasa"]["networks"]["assistant"]["aliases"]
    )


def test_every_service_is_contained_limited_and_watched(services: dict[str, Any]) -> None:
    assert set(services) == {"database", *OURS}
    for service in services.values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["restart"] == "unless-stopped"
        assert service["mem_limit"]
        assert service["pids_limit"]
        assert "/tmp" in service["tmpfs"]
    assert services["database"]["healthcheck"]["test"]
    assert all(Service.of(name, services[name]).health_check for name in OURS)
    waits = [services[name]["depends_on"]["database"]["condition"] for name in OURS]
    assert waits == ["service_healthy"] * 3


def test_nothing_runs_as_root(services: dict[str, Any]) -> None:
    users = [services["database"]["user"], *(Image.read(name).final_stage.all("USER")[-1] for name in DOCKERFILES)]
    assert users == ["postgres", "twinoffice", "rasa"]


def test_bases_and_tools_are_pinned_to_exact_versions(services: dict[str, Any]) -> None:
    bases = [base.split(" AS ")[0] for name in DOCKERFILES for base in Image.read(name).all("FROM")]
    assert [base for base in [*bases, services["database"]["image"]] if not EXACT_VERSION.fullmatch(base)] == []
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert {services[name]["image"].partition(":")[2] for name in OURS} == {version}
    installed = [run for name in DOCKERFILES for run in Image.read(name).all("RUN") if "pip install" in run]
    assert len(installed) == 2
    assert all(re.search(r"uv==\d+\.\d+\.\d+$", run) for run in installed)


def test_what_is_copied_reaches_the_builder_and_secrets_do_not() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in lines
    admitted = {line.removeprefix("!") for line in lines if line.startswith("!")}
    copied = {source.split("/")[0] for name in DOCKERFILES for s, _ in Image.read(name).copied for source in s.split()}
    assert copied == admitted


def test_rasas_image_is_as_quiet_as_a_rasa_of_our_own() -> None:
    image = Image.read("Dockerfile.rasa").environment
    places = {"PATH", "PYTHONPATH", "HOME", "MPLCONFIGDIR"}
    assert places <= image.keys()
    ours = {name: value for name, value in environment_variables().items() if name not in places}
    assert {name: image.get(name) for name in ours} == ours


def test_a_rasa_without_the_secret_says_what_is_missing() -> None:
    serve = [sys.executable, *Image.read("Dockerfile.rasa").command[1:]]
    done = subprocess.run(serve, cwd=ROOT, env={}, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.partition(";")[0]) == (1, "TWINOFFICE_SECRET_KEY is not set")


@pytest.fixture
def plain(postgresql_url: str, services: dict[str, Any], tmp_path: Path) -> Iterator[Plain]:
    url = make_url(postgresql_url)
    with ExitStack() as stack:
        stack.callback(_drop_rasas_database, url)
        _drop_rasas_database(url)
        _prepare_as_the_database_service_does(url)
        running = Plain(tmp_path, url, {name: Service.of(name, services[name]) for name in OURS})
        for service in running.services.values():
            if "TWINOFFICE_DEMO" in service.environment:
                service.environment["TWINOFFICE_DEMO"] = "yes"
        stack.callback(running.stop)
        for name in OURS:
            running.start(name)
        yield running


def test_the_very_commands_serve_a_customer_and_carry_out_a_job(plain: Plain) -> None:
    before = plain.files()
    plain.wait_until_healthy()
    web = f"http://127.0.0.1:{plain.web_port}"

    said = Customer(web, "en").say("What are your opening hours?")
    assert re.search(r"\d", said.text), said

    database = Database(plain.database.render_as_string(hide_password=False))
    items = _wait_for_items(database, _ask_for_a_run(database))
    database.close()
    assert {item.state for item in items} > {"done"}

    assert _count_of_rasas_events(plain.database) > 0
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(_as_rasa(plain.database).render_as_string(hide_password=False))

    assert plain.files() == before, "a container's file system is read-only: only /data and /tmp may change"
    ended = plain.stop()
    assert (ended["web"], ended["worker"]) == (0, 0)


def _prepare_as_the_database_service_does(url: URL) -> None:
    script = ROOT / "bot" / "rasa" / "database.sql"
    subprocess.run(
        ["psql", "-v", "ON_ERROR_STOP=1", "--no-psqlrc", "-d", url.render_as_string(hide_password=False), "-f", script],
        env={"PATH": os.environ["PATH"], "RASA_DATABASE_PASSWORD": VARIABLES["TWINOFFICE_RASA_DATABASE_PASSWORD"]},
        capture_output=True,
        check=True,
    )


def _drop_rasas_database(url: URL) -> None:
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS rasa WITH (FORCE)")
        connection.execute("DROP ROLE IF EXISTS rasa")


def _as_rasa(url: URL) -> URL:
    return url.set(username="rasa", password=VARIABLES["TWINOFFICE_RASA_DATABASE_PASSWORD"])


def _count_of_rasas_events(url: URL) -> int:
    with psycopg.connect(_as_rasa(url).set(database="rasa").render_as_string(hide_password=False)) as connection:
        row = connection.execute("SELECT count(*) FROM events").fetchone()
        assert row
        return int(row[0])


def _ask_for_a_run(database: Database) -> str:
    """As the console does in a web process, which has no engine: record the run and leave it to the worker."""
    job = discover_jobs().find("invoice-matching")
    parameters = storable_parameters(check_parameters(job, {}))
    with database.write() as session:
        return create_run(session, job.name, parameters, "admin@example.com", now=utc_now()).id


def _wait_for_items(database: Database, run_id: str) -> list[RunItem]:
    deadline = time.monotonic() + 60
    while True:
        with database.read() as session:
            run = session.get_one(Run, run_id)
            if run.finished_at is not None:
                assert run.state == "succeeded_with_exceptions", run.failure
                return list(session.query(RunItem).filter_by(run_id=run_id))
        assert time.monotonic() < deadline, f"the run is still {run.state}"
        time.sleep(0.1)
