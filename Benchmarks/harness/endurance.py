"""Scenarios beyond the comparison: many stored users, hours of load, dear signatures."""

import re
import statistics
import subprocess
import time

from . import measure, preload, scenarios
from .places import CORES, tool


def _one(server):
    ready, absent = measure.begin([server])
    if not ready:
        raise SystemExit(f"{server.name}: {absent[server.name]}")
    return server


def _named(server, name, label):
    """A second instance of the same server with a folder of its own."""
    server.name, server.label = name, label
    server.directory = server.directory.parent / name
    return server


def users(kind, directory, options):
    """Throughput with many stored users against few; every request changes a random stored user."""
    least, bar = (10_000, 0.8) if options.postgres else (1_000, 0.9)
    few = _named(kind(directory), "few", f"{least:,} stored users")
    many = _named(kind(directory), "many", f"{options.users:,} stored users")
    pair = [(few, _random(least)), (many, _random(options.users))]
    rows = []
    try:
        for server, count in ((few, least), (many, options.users)):
            _one(server)
            preload.users(server, count)
        for server, scenario in pair:
            measure.once(server, scenario, options.connections[-1], options.warm_up)
        for connections in options.connections:
            rows += _alternate(pair, connections, options)
    finally:
        few.stop(), many.stop()
    for row in rows:
        store = f"store {row['storeCPU']:.1f} µs  " if options.postgres else ""
        print(f"{row['label']:<28} c={row['connections']:<4} {row['rate']:>9,.0f}/s  p99 {row['p99'] / 1000:.2f} ms  "
              f"CPU {row['cpu']:.1f} µs  {store}RSS {row['rss'] / 2**20:.1f} MiB {'' if row['valid'] else 'INVALID'}")
    for low, high in zip(rows[::2], rows[1::2]):
        ratio = high["rate"] / low["rate"]
        print(f"{'met   ' if ratio >= bar else 'MISSED'} c={low['connections']}: {ratio:.2f} of {least:,} users "
              f"(bar: {bar})")
    return {"rows": rows}


def _alternate(pair, connections, options):
    samples = {server.name: [] for server, _ in pair}
    for number in range(options.rounds):
        for server, scenario in pair:
            sample = measure.once(server, scenario, connections, options.duration)
            samples[server.name].append(sample)
            measure.say(f"  c={connections} round {number + 1}: {server.label} {sample['rate']:,.0f}/s")
    return [measure.row(server, scenario, connections, samples[server.name]) for server, scenario in pair]


def _random(count):
    return scenarios.Scenario("tokens-stored", "", scenarios._tokens(count, "random"))


def soak(kind, directory, options):
    """Resident memory over time while 1,000,000 distinct users come again and again."""
    server = _one(kind(directory))
    scenario, samples = scenarios.ALL["tokens-1m"], []
    try:
        started = time.monotonic()
        while time.monotonic() - started < options.soak:
            sample = measure.once(server, scenario, options.connections[-1], min(10, options.soak))
            sample["at"] = round(time.monotonic() - started, 1)
            samples.append(sample)
            print(f"{sample['at']:>7.0f} s  {sample['rate']:>9,.0f}/s  p99 {sample['p99'] / 1000:>7.2f} ms  "
                  f"RSS {sample['rss'] / 2**20:>6.1f} MiB  {sample['non2xx'] + sample['errors']} failures", flush=True)
    finally:
        server.stop()
    half = len(samples) // 2
    if half:
        first, second = (statistics.mean(s["rss"] for s in part) for part in (samples[:half], samples[half:]))
        print(f"mean RSS first half {first / 2**20:.1f} MiB, second half {second / 2**20:.1f} MiB; "
              f"highest {max(s['rss'] for s in samples) / 2**20:.1f} MiB (bar: 40)")
    return {"samples": samples}


def signature_seconds():
    """CPU seconds of one P-256 signature, by OpenSSL's own measurement."""
    output = subprocess.run(
        [tool("openssl", "openssl"), "speed", "-seconds", "2", "ecdsap256"], capture_output=True, text=True,
        check=True).stdout
    return 1 / float(re.findall(r"ecdsa \(nistp256\).*?([\d.]+)\s+[\d.]+\s*$", output, re.M)[0])


def es256(plain, signing, directory, options):
    """Throughput of an ES256 tenant against what an HS256 tenant's leaves when two signatures are added."""
    pair = [plain(directory), signing(directory)]
    rows = []
    try:
        for server in pair:
            _one(server)
        for connections in options.connections:
            rows += measure.compare(
                pair, scenarios.ALL["tokens"], connections, options.duration, options.rounds)
    finally:
        for server in pair:
            server.stop()
    cost = signature_seconds()
    print(f"one P-256 signature: {cost * 1e6:.1f} µs (openssl speed)")
    for base, row in zip(*(filter(lambda r, s=s: r["server"] == s.name, rows) for s in pair)):
        # With every core busy, one request takes cores / rate core-seconds; the signatures come on top.
        allowed = CORES / (CORES / base["rate"] + 2 * cost)
        ratio = row["rate"] / allowed
        print(f"c={row['connections']:<4} HS256 {base['rate']:>9,.0f}/s, ES256 {row['rate']:>8,.0f}/s of "
              f"{allowed:,.0f}/s allowed, CPU {row['cpu']:.1f} µs: {ratio:.2f} "
              f"{'met' if ratio >= 0.9 else 'MISSED'} (bar: 0.9) {'' if row['valid'] and base['valid'] else 'INVALID'}")
    return {"rows": rows, "signatureSeconds": cost}
