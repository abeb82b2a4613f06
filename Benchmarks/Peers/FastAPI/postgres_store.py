"""PostgreSQL through asyncpg: a pool in each worker, prepared statements, one statement an upsert."""

import os

import asyncpg

import store

UPSERT = """
INSERT INTO chat_user AS stored (tenant_id, user_id, name, image, custom, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $6)
ON CONFLICT (tenant_id, user_id) DO UPDATE SET
    name = CASE WHEN $7 THEN excluded.name ELSE stored.name END,
    image = CASE WHEN $8 THEN excluded.image ELSE stored.image END,
    custom = CASE WHEN $9 THEN excluded.custom ELSE stored.custom END,
    updated_at = excluded.updated_at
RETURNING name, image, custom
"""
KEY = """
SELECT api_key.id, api_key.tenant_id, scopes, rate, burst, kid, secret FROM api_key
JOIN tenant ON tenant.id = api_key.tenant_id JOIN signing_key ON signing_key.tenant_id = tenant.id WHERE hash = $1
"""


async def _keep(_connection):
    """What the pool does with a returned connection: nothing, since no request changes a session's settings."""


class Store(store.Store):
    async def open(self):
        size = int(os.environ.get("POOL", "16"))
        # RESET=default sends "RESET ALL" and more after each request, as asyncpg does unless told otherwise.
        hooks = {} if os.environ.get("RESET") == "default" else {"reset": _keep}
        self.pool = await asyncpg.create_pool(self.address, min_size=1, max_size=size, **hooks)

    async def close(self):
        await self.pool.close()

    async def find_key(self, digest):
        return await self.pool.fetchrow(KEY, digest)

    async def upsert(self, tenant, request, now):
        given = request.model_fields_set
        return await self.pool.fetchrow(
            UPSERT, tenant, request.userId, request.name, request.image, request.custom_text(), now,
            "name" in given, "image" in given, "custom" in given)
