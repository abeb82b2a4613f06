"""GCRA per tenant: one theoretical arrival time each."""

import math
import time


class Limiter:
    def __init__(self):
        self.arrivals = {}

    def admit(self, key):
        now = time.monotonic()
        arrival = max(self.arrivals.get(key.tenant, now), now) + 1 / key.rate
        room = key.burst / key.rate - (arrival - now)
        if room >= 0:
            self.arrivals[key.tenant] = arrival
        reset = math.ceil(arrival - now)
        headers = {
            "RateLimit-Policy": f'"tenant";q={key.burst:.0f};w={math.ceil(key.burst / key.rate)}',
            "RateLimit": f'"tenant";r={max(0, int(room * key.rate))};t={reset}',
        }
        if room < 0:
            headers["Retry-After"] = str(reset)
        return room >= 0, headers
