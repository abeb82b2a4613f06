"""Tokens in, one a line; verdicts out. CHAT_TOKENS_URL=… CHAT_TOKENS_TENANT=… python check.py"""

import json
import os
import pathlib
import sys

from verifier import Refused, Verifier

secret = os.environ.get("CHAT_TOKENS_SECRET_FILE")
verifier = Verifier(
    os.environ["CHAT_TOKENS_URL"],
    os.environ["CHAT_TOKENS_TENANT"],
    kind=os.environ.get("CHAT_TOKENS_KIND", "ws"),
    api_key=os.environ.get("CHAT_TOKENS_API_KEY"),
    name=os.environ.get("NAME"),
    secrets=[json.loads(pathlib.Path(secret).read_text())] if secret else [],
    **json.loads(os.environ.get("CHAT_TOKENS_LIMITS", "{}")),
)
verifier.start()
print("ready" if verifier.is_ready else "not ready", flush=True)
for line in sys.stdin:
    try:
        print("valid", verifier.verify(line.rstrip("\n"))["sub"], flush=True)
    except Refused as refused:
        print(refused.code, flush=True)
