"""A PostgreSQL in a container: made for one command and removed after it, or kept on request."""

from __future__ import annotations

import ipaddress
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from platformdb.config import Config
from platformdb.errors import ConfigError, NotNow, PlatformdbError
from platformdb.postgres.connect import connect
from platformdb.postgres.server.files import make_state, write_private
from platformdb.postgres.target import Target
from platformdb.report.progress import Observer

if TYPE_CHECKING:
    from testcontainers.core.container import DockerContainer

PORT = 5432
# `docker ps --filter label=platformdb.project` lists what was kept.
LABEL = "platformdb.project"
USER = "postgres"
READY_SECONDS = 60
POLL_SECONDS = 0.1


@contextmanager
def container(config: Config, observer: Observer, *, database: str) -> Iterator[Target]:
    """The database ``database`` in a new container of ``config.image``.

    The image must keep the contract of the official ``postgres`` image (POSTGRES_USER, POSTGRES_PASSWORD,
    POSTGRES_DB, port 5432). The port is published on the address at which we reach the engine, the loopback for a
    local one. With ``config.keep`` the container stays, and a note says how to reach and to remove it.

    Raises:
        ConfigError: testcontainers is not installed, or the image cannot be had.
        NotNow: no container engine answers, or the server in the container does not get ready.
    """
    password = secrets.token_urlsafe(24)
    observer.stage(f"starting a container of {config.image}")
    running = _start(config, database, password)
    kept = False
    try:
        target = _target(running, database, password)
        _wait(target, running)
        if config.keep:
            target = _keep(config, observer, running, target)
            kept = True
        yield target
    finally:
        if not kept:
            running.stop()


def _start(config: Config, database: str, password: str) -> DockerContainer:
    try:
        from docker.errors import APIError, DockerException
        from testcontainers.core.config import testcontainers_config
        from testcontainers.core.container import DockerContainer
    except ImportError:
        raise ConfigError(
            "the container provider is not installed", help="pip install 'platformdb[containers]'"
        ) from None
    # testcontainers' reaper removes containers when the process ends: right, unless the container is to stay.
    testcontainers_config.ryuk_disabled = config.keep or testcontainers_config.ryuk_disabled
    started: DockerContainer | None = None
    try:
        started = DockerContainer(config.image)
        started.env = {"POSTGRES_USER": USER, "POSTGRES_PASSWORD": password, "POSTGRES_DB": database}
        bindings: dict[str, Any] = {f"{PORT}/tcp": publish_on(_host(started))}
        started.ports = bindings
        started.with_kwargs(labels={LABEL: str(config.project)})
        started.start()
    except (DockerException, KeyboardInterrupt) as error:
        if started is not None:
            started.stop()
        if isinstance(error, APIError):
            raise _image_trouble(config.image, error) from None
        if isinstance(error, DockerException):
            raise _engine_trouble(error) from None
        raise
    return started


def _host(running: DockerContainer) -> str:
    """The address of the engine's host, or "" where only the running container knows it.

    That is so inside another container, unless TESTCONTAINERS_HOST_OVERRIDE says it; testcontainers itself would not
    listen to that there.
    """
    from testcontainers.core.config import ConnectionMode, testcontainers_config

    client = running.get_docker_client()
    said = bool(testcontainers_config.tc_host_override)
    return str(client.host()) if said or client.get_connection_mode() is ConnectionMode.docker_host else ""


def publish_on(host: str) -> tuple[str] | None:
    """Docker's binding of a random port, on the one address at which the engine's host is reached where that is known.

    Otherwise the port would be open to the whole network. Of a host known by name, or not at all, None publishes on
    all addresses.
    """
    if host == "localhost":
        return ("127.0.0.1",)
    try:
        return (str(ipaddress.ip_address(host)),)
    except ValueError:
        return None


def _image_trouble(image: str, error: Exception) -> PlatformdbError:
    return ConfigError(
        f"no container of {image} could be started",
        detail=str(error),
        help="name another with --image (see `docker images`); where testcontainers' reaper image cannot be pulled, set"
        " TESTCONTAINERS_RYUK_DISABLED=true",
    )


def _engine_trouble(error: Exception) -> PlatformdbError:
    return NotNow(
        "no container engine answers", detail=str(error), help="start Docker (or set DOCKER_HOST), then try again"
    )


def _target(running: DockerContainer, database: str, password: str) -> Target:
    return Target(
        "container",
        {
            "host": _host(running) or running.get_container_host_ip(),
            "port": str(running.get_exposed_port(PORT)),
            "user": USER,
            "password": password,
            "dbname": database,
        },
    )


def _wait(target: Target, running: DockerContainer) -> None:
    """Waits until the server takes connections; the image restarts it once while it sets the database up.

    Asked from outside, by TCP: the server of the set-up phase listens on its socket only.
    """
    deadline = time.monotonic() + READY_SECONDS
    while True:
        try:
            with connect(target):
                return
        except (NotNow, ConfigError) as error:
            if time.monotonic() < deadline and _is_alive(running):
                time.sleep(POLL_SECONDS)
                continue
            log = b"".join(running.get_logs()).decode(errors="replace")
            raise NotNow(
                "the server in the container did not get ready",
                detail=f"{error.detail}\n{log[-2000:]}".strip(),
                help="does the image keep the contract of the official postgres image?",
            ) from None


def _is_alive(running: DockerContainer) -> bool:
    wrapped = running.get_wrapped_container()
    wrapped.reload()
    return bool(wrapped.status in {"created", "running"})


def _keep(config: Config, observer: Observer, running: DockerContainer, target: Target) -> Target:
    """The same target with its password in a file, so that the URL alone is enough to come back."""
    identity = running.get_wrapped_container().short_id
    make_state(config.state_folder)
    passfile = config.state_folder / f"container-{identity}.pgpass"
    parameters = dict(target.parameters)
    write_private(passfile, f"*:*:*:*:{parameters.pop('password')}\n")
    kept = Target(target.provider, {**parameters, "passfile": str(passfile)})
    observer.note(f"the container {identity} stays; connect with: {kept.url}")
    observer.note(f"remove it with: docker rm --force --volumes {identity}")
    return kept
