"""The peers' SQLite file: schema, one tenant, one API key, one HS256 secret."""

import hashlib
import secrets
import sqlite3

from .places import PEERS

LIMITLESS = 10_000_000


def seed(path):
    """Creates the file and returns the API key that opens it."""
    api_key = "chatsdk_" + secrets.token_hex(25)
    connection = sqlite3.connect(path)
    with connection:
        connection.executescript((PEERS / "schema.sql").read_text())
        connection.execute("INSERT INTO tenant VALUES ('bench', ?, ?)", (LIMITLESS, LIMITLESS))
        connection.execute(
            "INSERT INTO api_key VALUES (?, 'bench', ?, 'tokens:issue tokens:verify')",
            (api_key[:20], hashlib.sha256(api_key.encode()).digest()))
        connection.execute(
            "INSERT INTO signing_key VALUES (?, 'bench', ?)", (secrets.token_urlsafe(9), secrets.token_bytes(32)))
    connection.close()
    return api_key
