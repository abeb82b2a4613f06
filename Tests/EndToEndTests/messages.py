"""Requests that several modules send."""

from wire import chunked, request

BODY = b'{"userId":"user-123","name":"Alice Johnson","custom":{"department":"Engineering","n":1.00}}'


def json_headers(key: str, **more: str) -> dict:
    return {"X-API-Key": key, "Content-Type": "application/json"} | {
        name.replace("_", "-"): v for name, v in more.items()
    }


def chunked_request(key: str, pieces: list[bytes], path: str = "/tokens", **headers: str) -> bytes:
    fields = json_headers(key) | {"Transfer-Encoding": "chunked"} | headers
    return request("POST", path, headers=fields) + chunked(pieces)
