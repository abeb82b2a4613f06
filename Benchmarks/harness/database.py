"""The peers' database: schema, one tenant, one API key, one HS256 secret."""

import hashlib
import secrets
import sqlite3

from .places import PEERS

LIMITLESS = 10_000_000
SCOPES = "tokens:issue tokens:verify"


def seed(path):
    """Creates the SQLite file and returns the API key that opens it."""
    api_key = _api_key()
    connection = sqlite3.connect(path)
    with connection:
        connection.executescript((PEERS / "schema.sql").read_text())
        connection.execute("INSERT INTO tenant VALUES ('bench', ?, ?)", (LIMITLESS, LIMITLESS))
        connection.execute("INSERT INTO api_key VALUES (?, 'bench', ?, ?)", (api_key[:20], _hash(api_key), SCOPES))
        connection.execute(
            "INSERT INTO signing_key VALUES (?, 'bench', ?)", (secrets.token_urlsafe(9), secrets.token_bytes(32)))
    connection.close()
    return api_key


def seed_postgres(postgres, name):
    """The same in a database of that name in PostgreSQL."""
    api_key = _api_key()
    postgres.create(name)
    postgres.run(
        name, (PEERS / "postgres.sql").read_text(),
        f"INSERT INTO tenant VALUES ('bench', {LIMITLESS}, {LIMITLESS})",
        f"INSERT INTO api_key VALUES ('{api_key[:20]}', 'bench', '\\x{_hash(api_key).hex()}', '{SCOPES}')",
        f"INSERT INTO signing_key VALUES ('{secrets.token_urlsafe(9)}', 'bench', '\\x{secrets.token_hex(32)}')",
        role="bench")
    return api_key


def _api_key():
    return "chatsdk_" + secrets.token_hex(25)


def _hash(api_key):
    return hashlib.sha256(api_key.encode()).digest()
