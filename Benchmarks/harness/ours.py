"""ChatTokens itself, started the way an operator starts it."""

import json
import os
import shutil
import subprocess

from .places import Unavailable, free_port
from .server import Server


class Ours(Server):
    name = "ours"
    label = "ChatTokens"
    binary = None
    algorithm = "HS256"

    def build(self):
        if not os.access(self.binary, os.X_OK):
            raise Unavailable(f"{self.binary} is not there (swift build -c release)")

    def prepare(self):
        """Master key, database, a tenant without limits that matter, a key."""
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir(parents=True)
        self.port = free_port()
        self.cli("init")
        self.cli("tenant", "create", "bench", "--plan", "enterprise", "--rate", "1000000", "--burst", "1000000",
                 "--quota", "100000000000", "--algorithm", self.algorithm)
        key = self.cli("key", "create", "--tenant", "bench", "--name", "bench", "--scope", "tokens:issue",
                       "--scope", "tokens:verify")
        self.api_key = key["apiKey"]

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

    def environment(self):
        return {
            "CHAT_TOKENS_DATABASE_URL": f"sqlite://{self.directory}/chat-tokens.db",
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
