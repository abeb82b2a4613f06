"""What JSON Schema cannot say about the requests, for schemathesis: SCHEMATHESIS_HOOKS=openapi/schemathesis_hooks.py.

Bounds in bytes (`x-max-bytes`) and the depth of `custom` (`x-max-depth`). Cases that differ from the server in these
alone are left out; they have tests of their own.
"""
import json

import schemathesis


def fits(text, limit):
    return not isinstance(text, str) or len(text.encode("utf-8", "surrogatepass")) <= limit


def depth(value):
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0


@schemathesis.hook
def filter_body(context, body):
    if not isinstance(body, dict):
        return True
    custom, channels = body.get("custom"), body.get("channels")
    if isinstance(custom, dict):
        compact = json.dumps(custom, ensure_ascii=False, separators=(",", ":"))
        if not fits(compact, 5_120) or depth(custom) > 16:
            return False
    if isinstance(channels, list) and not all(fits(channel, 255) for channel in channels):
        return False
    return fits(body.get("userId"), 255)
