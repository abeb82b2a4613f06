"""API keys by the hash of what was presented, cached; sqlite_store and postgres_store add the database."""

import hashlib
from typing import NamedTuple


class APIKey(NamedTuple):
    id: str
    tenant: str
    scopes: frozenset
    rate: float
    burst: float
    kid: str
    secret: bytes


class Store:
    def __init__(self, address):
        self.address = address
        self.keys = {}

    async def find_key(self, digest):
        """The row of the key with this hash, or None."""
        raise NotImplementedError

    async def key(self, presented):
        digest = hashlib.sha256(presented.encode()).digest()
        key = self.keys.get(digest)
        if key is None and (row := await self.find_key(digest)):
            key = self.keys[digest] = APIKey(row[0], row[1], frozenset(row[2].split()), *row[3:])
        return key
