"""schemathesis: examples, boundary values, wrong methods and types, all that openapi.yaml allows and forbids."""

import os
import sys

from deployment import ROOT

DESCRIPTION = ROOT / "openapi/openapi.yaml"
# The test that asks for the findings, by the names of these clients.
TEST = "test_schemathesis_finds_nothing"
CLIENTS = ("a tenant", "an administrator", "an owner", "the operator", "nobody")
# Routes that a fuzzer waits for: the feed of revocations has no end, and is held where nothing is news.
HELD = "^/revocations(/stream)?$"
# A tenant has at most 16 signing keys, so that what is in order may be refused.
CONFIGURATION = """
[auth]
auto-signup = false
[[operations]]
include-operation-id = "createSigningKey"
[operations.checks.positive_data_acceptance]
expected-statuses = ["2xx", "401", "403", "404", "422"]
"""
LENIENT = ("--exclude-checks", "positive_data_acceptance")


def commands(made, server, who: str) -> list[tuple[list[str], dict]]:
    """The command lines for a client, each with the options of its process, for a server that runs."""
    made.tenant("acme")
    headers = credentials(made, server, who)
    # It would register by itself, and trips over schemas that are references.
    (made.folder / "schemathesis.toml").write_text(CONFIGURATION)
    # An Idempotency-Key with another body is refused, which no schema can say; it has tests of its own.
    description = DESCRIPTION.read_text().replace("- $ref: '#/components/parameters/IdempotencyKey'", "")
    (made.folder / DESCRIPTION.name).write_text(description)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CHAT_TOKENS_")}
    environment["SCHEMATHESIS_HOOKS"] = str(DESCRIPTION.parent / "schemathesis_hooks.py")
    process = {"cwd": made.folder, "env": environment}
    return [(command(server, headers, *options), process) for options in runs(who)]


def credentials(made, server, who: str) -> dict[str, str]:
    if who == "an owner":
        body = {"email": "o@example.org", "password": "four sheep on a hill", "tenant": {"id": "owned"}}
        session = server.ask("POST", "/auth/register", body).json["session"]["token"]
        return {"Authorization": f"Bearer {session}"}
    if who == "the operator":
        key = made.run("key", "create", "--operator", "--name", "root")["apiKey"]
        return {"X-API-Key": key, "X-Chat-Tenant": "acme"}
    scopes = {"a tenant": (), "an administrator": ("--scope", "admin")}
    return {"X-API-Key": made.key("acme", *scopes[who])} if who in scopes else {}


def runs(who: str) -> list[tuple[str, ...]]:
    """Which routes a client tries together, and what does not count as a finding there."""
    if who == "the operator":
        # It deletes what it finds, so that what is in order may still be refused.
        return [("--exclude-path-regex", HELD, *LENIENT)]
    # An owner may do everything, so that what is in order may still be refused, as with the operator.
    states = LENIENT if who == "an owner" else ()
    # A password that fits its schema may be one that everybody has. Whoever logs out is out.
    accounts = "^/auth/(register|login|me|invitations)" if who == "an owner" else "^/auth/"
    return [
        ("--exclude-path-regex", f"^/(centrifugo|auth)/|{HELD}", *states),
        ("--include-path-regex", accounts, *LENIENT),
        # Clients of Centrifugo put into them what they like, JSON that this server refuses too.
        ("--include-path-regex", "^/centrifugo/", LENIENT[0], f"{LENIENT[1]},negative_data_rejection"),
    ]


def command(server, headers: dict[str, str], *options: str) -> list[str]:
    line = [sys.executable, "-m", "schemathesis.cli", "run", DESCRIPTION.name, "--url", server.url]
    line += ["--checks", "all", "--max-examples", "25" if headers else "15", "--seed", "1"]
    # With more, the ast module of Python 3.11, which hypothesis uses, raises SystemError now and then.
    line += ["--workers", "1"]
    line += ["--request-timeout", "20", "--generation-database", "none", "--no-color"]
    return [*line, *options, *(part for name, value in headers.items() for part in ("--header", f"{name}: {value}"))]
