"""Nodes of the real binary on one PostgreSQL, and what a fault of it may do to them: the fixtures of these tests."""

import contextlib
import dataclasses
import pathlib
import re
import secrets
import time

import pytest

import evidence
from deployment import Deployment, Server, eventually
from load import Load
from services import Postgres, owned_folder, postgres_programs
from wire import Answer


class Cluster(Deployment):
    """A database on PostgreSQL with its master key; the command line acts on it, `node` is for one server."""

    def __init__(self, folder: pathlib.Path, postgres: Postgres, **settings: str):
        self.postgres, self.name = postgres, f"cluster-{secrets.token_hex(8)}"
        super().__init__(folder, DATABASE_URL=postgres.create(self.name))
        # The address of them all together, where a test may put a load balancer.
        self.settings |= {"PUBLIC_URL": self.url, "MASTER_KEY_FILE": str(folder / "master.key")} | settings

    def initialize(self) -> dict:
        self.run("migrate")
        return super().initialize()

    def rows(self, query: str, *values: object) -> list[tuple]:
        return self.postgres.ask(self.name, query, *values)

    def through(self, port: int) -> str:
        """The database's URL by way of a proxy or pooler."""
        return self.postgres.url(self.name, port)

    def node(self, **settings: str) -> Deployment:
        """The same deployment with ports of its own."""
        node = Deployment(self.folder)
        ports = {name: node.settings[name] for name in ("PORT", "METRICS_ADDRESS")}
        node.settings = self.settings | ports | settings
        return node

    def started(self, **settings: str) -> Server:
        """A node that is not necessarily ready."""
        return Server(self.node(**settings))

    @contextlib.contextmanager
    def serving(self, count: int, **settings: str):
        """So many nodes, ready; at the end each is told to stop and has to do so with status 0."""
        nodes = [self.started(**settings) for _ in range(count)]
        try:
            for node in nodes:
                node.wait_until_ready()
            yield nodes
        except BaseException:
            for node in nodes:
                node.kill()
            raise
        for node in nodes:
            node.stop()


def status_of(process: int) -> dict[str, int]:
    """The numbers of /proc/<process>/status: memory in KiB, threads."""
    text = pathlib.Path(f"/proc/{process}/status").read_text()
    return {name: int(value) for name, value in re.findall(r"^(\w+):\s+(\d+)(?: kB)?$", text, re.M)}


@dataclasses.dataclass
class Outcome:
    """What a fault did to the requests."""

    acknowledged: int
    refused: int
    cut: int
    # Seconds from the end of the fault to the last request that failed, and to the last node's first success.
    recovery: float
    # MiB that the largest node's memory grew by at most.
    growth: float


class Ordeal:
    """Nodes under load while something happens to them; `end` says what came of it.

    Every answer other than 200 has to be a 503 that says when to come back. Connections may break only where
    `may_cut`.
    """

    def __init__(self, cluster: Cluster, nodes: list[Server], key: str, may_cut: bool = False, **load: int):
        self.cluster, self.may_cut = cluster, may_cut
        self.load = Load(nodes, key, **({"writers": 10, "users": 3, "alternate": True} | load))
        self.before = {node: self._state(node) for node in nodes}
        self.fault_ended = 0.0

    @staticmethod
    def _state(node: Server) -> tuple[int, int, int]:
        status = status_of(node.pid)
        return status["VmRSS"], status["Threads"], node.open_files()

    def __enter__(self) -> "Ordeal":
        self.load.__enter__()
        self.load.wait_for(100)
        return self

    def __exit__(self, *_) -> None:
        self.load.stop()

    def over(self) -> None:
        """The fault has ended."""
        self.fault_ended = time.monotonic()

    def end(self, what: str, within: float = 5) -> Outcome:
        """Waits until every node answers, checks everything, and notes the figures."""
        ended = self.fault_ended or time.monotonic()
        alive = [node for node in self.before if node.process.poll() is None]
        firsts = {}

        def have_recovered() -> bool:
            for node in alive:
                if self.load.latest.get(node.port, 0) > ended:
                    firsts.setdefault(node.port, time.monotonic())
            return len(firsts) == len(alive)

        eventually(have_recovered, timeout=max(30, within))
        time.sleep(0.5)
        self.load.stop()
        assert not any(thread.is_alive() for thread in self.load.threads), "a request is stuck"
        answers = [failure for _, _, failure in self.load.failures if isinstance(failure, Answer)]
        cut = [failure for _, _, failure in self.load.failures if isinstance(failure, str)]
        for answer in answers:
            check_unavailable(answer)
        assert self.may_cut or not cut, cut
        self.load.check(self.cluster, "acme")
        lasts = [moment for moment, _, _ in self.load.failures]
        recovery = max([0.0, *(moment - ended for moment in [*lasts, *firsts.values()])])
        growth = max(self._growth(node, self.before[node]) for node in alive)
        outcome = Outcome(self.load.statuses[200], len(answers), len(cut), recovery, growth)
        evidence.note_figure(
            f"{what}: {outcome.acknowledged} acknowledged and there, {outcome.refused} times 503, {outcome.cut} cut, "
            f"recovered {1_000 * recovery:.0f} ms after its end, memory +{growth:.0f} MiB"
        )
        assert recovery <= within, self.load.failures[-3:]
        assert growth < 64
        return outcome

    def _growth(self, node: Server, before: tuple[int, int, int]) -> float:
        """Checks that nothing is left open in the node; how much its memory grew at most, in MiB."""
        memory, threads, files = before
        status = status_of(node.pid)
        assert status["Threads"] <= threads + 16, f"{threads} threads before, {status['Threads']} after"
        eventually(lambda: node.open_files() <= files + 16, timeout=5)
        return (status["VmHWM"] - memory) / 1_024


def check_unavailable(answer: Answer) -> None:
    """The only refusal that a fault may cause: try again later, and nothing about why."""
    assert answer.status == 503 and answer.code == "storage_unavailable", answer
    assert int(answer["Retry-After"]) >= 1
    for word in ("postgres", "libpq", "connect", "server", "SELECT", "INSERT"):
        assert word not in answer.json["detail"], "causes go to the log only"


@pytest.fixture(scope="session")
def postgres(unavailable):
    """A PostgreSQL that tests may stop, kill and freeze."""
    if postgres_programs() is None:
        unavailable("PostgreSQL")
    with owned_folder("postgres-") as folder:
        running = Postgres(folder)
        try:
            yield running
        finally:
            running.end()


@pytest.fixture(scope="module")
def make_cluster(postgres, tmp_path_factory):
    """Makes databases with the tenant acme."""

    def make(**settings: str) -> Cluster:
        made = Cluster(tmp_path_factory.mktemp("cluster"), postgres, **settings)
        made.initialize()
        made.tenant("acme")
        return made

    return make


@pytest.fixture(scope="module")
def cluster(make_cluster) -> Cluster:
    return make_cluster()


@pytest.fixture(scope="module")
def cluster_key(cluster) -> str:
    """An API key of acme."""
    return cluster.key("acme")


@pytest.fixture(scope="module")
def nodes(cluster) -> list[Server]:
    """Three nodes on the cluster's database."""
    with cluster.serving(3) as running:
        yield running
