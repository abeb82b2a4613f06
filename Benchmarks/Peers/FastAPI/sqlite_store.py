"""SQLite in WAL mode with synchronous=FULL: one connection a worker, one transaction an upsert."""

import asyncio
import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor

import store

UPSERT = """
INSERT INTO user (tenant_id, user_id, name, image, custom, created_at, updated_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)
ON CONFLICT (tenant_id, user_id) DO UPDATE SET
    name = CASE WHEN ?7 THEN excluded.name ELSE name END,
    image = CASE WHEN ?8 THEN excluded.image ELSE image END,
    custom = CASE WHEN ?9 THEN excluded.custom ELSE custom END,
    updated_at = excluded.updated_at
RETURNING name, image, custom
"""
KEY = """
SELECT api_key.id, api_key.tenant_id, scopes, rate, burst, kid, secret FROM api_key
JOIN tenant ON tenant.id = api_key.tenant_id JOIN signing_key ON signing_key.tenant_id = tenant.id WHERE hash = ?
"""


class Store(store.Store):
    def __init__(self, address):
        super().__init__(address)
        # STORE=inline runs the statement on the event loop, STORE=thread on a thread of its own (as aiosqlite does).
        self.inline = os.environ.get("STORE", "thread") == "inline"

    async def open(self):
        self.connection = sqlite3.connect(
            self.address, isolation_level=None, check_same_thread=False, timeout=10)
        self.connection.execute("PRAGMA synchronous = FULL")
        self.writer = ThreadPoolExecutor(1)

    async def close(self):
        self.writer.shutdown()
        self.connection.close()

    async def run(self, sql, arguments):
        if self.inline:
            return self._run(sql, arguments)
        return await asyncio.get_running_loop().run_in_executor(self.writer, self._run, sql, arguments)

    def _run(self, sql, arguments):
        # fetchall, not fetchone: an unfinished RETURNING statement would leave its transaction open.
        return self.connection.execute(sql, arguments).fetchall()

    async def find_key(self, digest):
        rows = await self.run(KEY, (digest,))
        return rows[0] if rows else None

    async def upsert(self, tenant, request, now):
        given = request.model_fields_set
        rows = await self.run(UPSERT, (
            tenant, request.userId, request.name, request.image, request.custom_text(), now,
            "name" in given, "image" in given, "custom" in given))
        return rows[0]
