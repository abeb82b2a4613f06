"""pip install httpx, then: CHAT_TOKENS_URL=… CHAT_TOKENS_API_KEY=… python3 python.py"""
import os
import time

import httpx

client = httpx.Client(base_url=os.environ["CHAT_TOKENS_URL"], timeout=5,
                      headers={"X-API-Key": os.environ["CHAT_TOKENS_API_KEY"]})


def tokens_for(user, attempts=3):
    response = client.post("/tokens", json=user)
    if response.is_success:
        return response.json()
    wait = int(response.headers.get("Retry-After", 0))
    # A used-up quota or an hour's wait is not worth holding a user up for.
    if response.status_code in (429, 503) and wait <= 5 and attempts > 1:
        time.sleep(wait)
        return tokens_for(user, attempts - 1)
    raise RuntimeError(f"ChatTokens: {response.status_code} {response.text}")


pair = tokens_for({"userId": "user-123", "name": "Alice Johnson"})
print(pair["user"]["id"], pair["expiresAt"])
