"""Fixtures of the end-to-end tests: the real binary, fresh for every module, on ports nobody uses."""

import concurrent.futures
import os
import resource
import shutil

import pytest

import deployment as _deployment
import evidence
import jose
from deployment import Deployment

pytest_plugins = ["backstage", "cluster", "http_gateways"]


def pytest_configure(config):
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    if not _deployment.BINARY.exists():
        raise pytest.UsageError(f"{_deployment.BINARY} does not exist: build it, or set CHAT_TOKENS_BINARY")


def pytest_sessionfinish():
    """Ends the servers that failed tests have left running."""
    for process in _deployment.Server.unfinished:
        if process.poll() is None:
            process.kill()
            process.wait()


def pytest_terminal_summary(terminalreporter):
    """What was measured on the way."""
    if evidence.FIGURES:
        terminalreporter.section("figures")
        for figure in evidence.FIGURES:
            terminalreporter.write_line(figure)


def missing(what: str) -> None:
    """Skips the test; where CI is set, what is missing is a failure."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} is missing", pytrace=False)
    pytest.skip(f"{what} is missing")


@pytest.fixture(scope="session")
def program():
    """Finds a program that a test needs."""

    def find(name: str) -> str:
        return shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin") or missing(name)

    return find


@pytest.fixture(scope="session")
def unavailable():
    return missing


@pytest.fixture
def make_deployment(tmp_path_factory):
    """Makes deployments for one test."""

    def make(**settings: str) -> Deployment:
        made = Deployment(tmp_path_factory.mktemp("deployment"), **settings)
        made.initialize()
        return made

    return make


@pytest.fixture(scope="module")
def deployment(tmp_path_factory) -> Deployment:
    """A deployment with the tenants acme and globex."""
    made = Deployment(tmp_path_factory.mktemp("deployment"))
    made.initialize()
    made.tenant("acme")
    made.tenant("globex")
    return made


@pytest.fixture(scope="module")
def server(deployment):
    with deployment.serve() as running:
        yield running


@pytest.fixture(scope="module")
def key(deployment) -> str:
    """An API key of acme."""
    return deployment.key("acme")


@pytest.fixture(scope="module")
def other_key(deployment) -> str:
    """An API key of globex."""
    return deployment.key("globex")


@pytest.fixture(scope="module")
def node_key(deployment) -> str:
    return deployment.node_key()


@pytest.fixture(scope="session", autouse=True)
def slow_clients(request, tmp_path_factory):
    """What slow clients met with. They take more than a minute, so that they run beside all other tests."""
    if not any(item.module.__name__ == "test_slow_clients" for item in request.session.items):
        yield None
        return
    from test_slow_clients import observe_all

    made = Deployment(tmp_path_factory.mktemp("deployment"))
    made.initialize()
    made.tenant("acme")
    with made.serve() as server, concurrent.futures.ThreadPoolExecutor(1) as pool:
        future = pool.submit(observe_all, server, made.key("acme"))
        future.deployment = made
        yield future


@pytest.fixture(scope="module")
def token(server, key) -> str:
    return server.pair(key)["wsToken"]


@pytest.fixture
def wire(server):
    with server.wire() as wire:
        yield wire


@pytest.fixture(scope="module")
def pair(server, key) -> dict:
    return server.pair(key, {"userId": "user-123", "name": "Alice", "custom": {"role": "admin", "n": 1}})


@pytest.fixture(scope="module")
def forge(deployment):
    """Makes tokens of acme that are signed rightly and say what the test wants."""
    jwk = deployment.secret("acme")
    sign = jose.shared_secret(jwk)

    def make(token: str, header: dict | None = None, **claims: object) -> str:
        """A token with some members changed; None takes one away."""
        old_header, old_claims, _ = jose.decode(token)
        merged = {name: value for name, value in (old_claims | claims).items() if value is not None}
        return jose.make(old_header | (header or {}), merged, sign)

    return make


@pytest.fixture
def made(make_deployment) -> Deployment:
    """A deployment of the test's own, with the tenant acme, that does not serve yet."""
    deployment = make_deployment()
    deployment.tenant("acme")
    return deployment
