"""ChatTokens itself, started the way an operator starts it."""

import json
import os
import subprocess

from .places import Unavailable, free_port
from .process import Fleet, Process
from .server import OnPostgres, Server


class Ours(Server):
    name = "ours"
    label = "ChatTokens"
    binary = None
    algorithm = "HS256"

    def build(self):
        if not os.access(self.binary, os.X_OK):
            raise Unavailable(f"{self.binary} is not there (swift build -c release)")

    def seed(self):
        """Master key, database, a tenant without limits that matter, a key."""
        self.port = free_port()
        self.cli("init")
        self.cli("tenant", "create", "bench", "--plan", "enterprise", "--rate", "1000000", "--burst", "1000000",
                 "--quota", "100000000000", "--algorithm", self.algorithm)
        key = self.cli("key", "create", "--tenant", "bench", "--name", "bench", "--scope", "tokens:issue",
                       "--scope", "tokens:verify")
        return key["apiKey"]

    def cli(self, *arguments):
        """What a command prints with --json."""
        result = subprocess.run(
            [str(self.binary), *arguments, "--json"], env=self._inherited() | self.environment(),
            cwd=self.directory, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            raise Unavailable(f"{' '.join(arguments)}: {result.stdout}{result.stderr}".strip())
        return json.loads(result.stdout)

    def command(self):
        return [self.binary, "serve"]

    def database(self):
        return f"sqlite://{self.directory}/chat-tokens.db"

    def environment(self):
        return {
            "CHAT_TOKENS_DATABASE_URL": self.database(),
            "CHAT_TOKENS_MASTER_KEY_FILE": f"{self.directory}/master.key",
            "CHAT_TOKENS_PORT": str(self.port),
            "CHAT_TOKENS_METRICS_ADDRESS": f"127.0.0.1:{free_port()}",
        } | {k: v for k, v in os.environ.items() if k == "CHAT_TOKENS_EVENT_LOOPS"}

    @staticmethod
    def _inherited():
        return {k: v for k, v in os.environ.items() if not k.startswith("CHAT_TOKENS_")}


class OursES256(Ours):
    name = "ours-es256"
    label = "ChatTokens, ES256 tenant"
    algorithm = "ES256"


class OursPostgres(OnPostgres, Ours):
    label = "ChatTokens on PostgreSQL"

    def seed(self):
        self.port = free_port()
        self.postgres.create(self.database_name())
        self.cli("migrate")
        return Ours.seed(self)


class OursES256Postgres(OursPostgres):
    name = "ours-es256"
    label = "ChatTokens on PostgreSQL, ES256 tenant"
    algorithm = "ES256"


class WithRedis:
    """Mixed into ours: limits are kept in the run's Redis."""

    #: Set by `main` before anything starts.
    redis = None

    def build(self):
        super().build()
        self.redis.start()

    def stores(self):
        return [self.redis.process, *super().stores()]

    def environment(self):
        return super().environment() | {"CHAT_TOKENS_REDIS_URL": self.redis.url()}


class OursRedis(WithRedis, Ours):
    name = "ours-redis"
    label = "ChatTokens, limits in Redis"


class OursPostgresRedis(WithRedis, OursPostgres):
    name = "ours-redis"
    label = "ChatTokens on PostgreSQL, limits in Redis"


class OursTwoNodes(OursPostgres):
    """Two nodes on one database; the load goes to all, as many of the connections to each."""

    name = "ours-two-nodes"
    label = "two nodes of ChatTokens"
    #: Beside the first.
    more = 1

    def __init__(self, directory):
        super().__init__(directory)
        self.others = []

    @property
    def ports(self):
        return [self.port, *self.others]

    def environment(self):
        # Tokens of one node are to pass at the others: all have the address of the first.
        return super().environment() | {"CHAT_TOKENS_PUBLIC_URL": f"http://127.0.0.1:{self.port}"}

    def spawn(self):
        self.others = [free_port() for _ in range(self.more)]
        return Fleet([super().spawn(), *[
            Process(self.command(), self.environment() | {"CHAT_TOKENS_PORT": str(port)},
                    self.directory / f"log-{number}", self.directory)
            for number, port in enumerate(self.others, 2)]])

    def answered(self):
        return max(
            node.await_answer(port, self.first()) for node, port in zip(self.process.processes, self.ports))


class OursThreeNodes(OursTwoNodes):
    """Three of them."""

    name = "ours-three-nodes"
    label = "three nodes of ChatTokens"
    more = 2
