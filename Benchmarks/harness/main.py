"""The command line."""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from . import bars, endurance, measure, plot, report, scenarios
from .floors import Nginx, NIOEcho
from .ours import Ours, OursES256
from .peers import FastAPI, Go, Hummingbird, Node
from .places import ROOT, SCRATCH

SERVERS = {server.name: server for server in (Ours, NIOEcho, Nginx, Go, Node, FastAPI, Hummingbird)}
TITLES = {scenario.name: scenario.title for scenario in scenarios.ALL.values()}


def _names(text):
    return [name for name in text.split(",") if name]


def arguments():
    parser = argparse.ArgumentParser(
        prog="Benchmarks/run", description="Starts, alternates and compares ChatTokens, the floors and the peers.",
        epilog="Example: Benchmarks/run --only ours,nio-echo,go --connections 1,64 --json result.json")
    add = parser.add_argument
    add("--binary", type=Path, default=ROOT / ".build/release/chat-tokens", help="ours (default: %(default)s)")
    add("--duration", type=int, default=4, metavar="S", help="seconds of each run (default: %(default)s)")
    add("--rounds", type=int, default=3, help="runs of each server; medians are shown (default: %(default)s)")
    add("--connections", type=_names, default=["1", "64", "256"], metavar="N,…", help="default: 1,64,256")
    add("--scenarios", type=_names, default=scenarios.DEFAULT, metavar="NAME,…",
        help=f"of {', '.join(scenarios.ALL)} (default: {','.join(scenarios.DEFAULT)})")
    add("--only", type=_names, default=list(SERVERS), metavar="NAME,…", help=f"of {', '.join(SERVERS)}")
    add("--skip", type=_names, default=[], metavar="NAME,…", help="servers to leave out")
    add("--starts", type=int, default=5, metavar="N", help="how often start-up is timed (default: %(default)s)")
    add("--quick", action="store_true", help="one round of 2 s at 64 connections: a look, not a measurement")
    add("--json", type=Path, metavar="FILE", help="write every figure")
    add("--svg", type=Path, metavar="FILE", help="draw POST /tokens at 64 connections")
    add("--directory", type=Path, help="where the databases live (default: a folder in Benchmarks/.build)")
    add("--users", type=int, metavar="N", help="instead: throughput with N stored users against 1,000")
    add("--soak", type=int, metavar="S", help="instead: memory of ours over S seconds, 1,000,000 distinct users")
    add("--es256", action="store_true", help="instead: an ES256 tenant against what two signatures cost")
    options = parser.parse_args()
    options.connections = [int(number) for number in options.connections]
    for name in options.only + options.skip:
        if name not in SERVERS:
            parser.error(f"no server {name}; there are {', '.join(SERVERS)}")
    for name in options.scenarios:
        if name not in scenarios.ALL:
            parser.error(f"no scenario {name}; there are {', '.join(scenarios.ALL)}")
    if options.quick:
        options.duration, options.rounds, options.connections, options.starts = 2, 1, [64], 2
    return options


def comparison(options, directory):
    """The main table."""
    chosen = [SERVERS[name](directory) for name in SERVERS if name in options.only and name not in options.skip]
    ready, absent = [], {}
    try:
        ready, absent = measure.begin(chosen)
        rows = []
        for name in options.scenarios:
            for connections in options.connections:
                rows += measure.compare(ready, scenarios.ALL[name], connections, options.duration, options.rounds)
        starts = measure.start_up(ready, options.starts) if options.starts else {}
    finally:
        for server in chosen:
            server.stop()
    report.ratios(rows)
    print(report.table(rows, TITLES))
    if starts:
        print(report.starts(starts, {server.name: server.label for server in ready}))
    for name, reason in absent.items():
        print(f"\nleft out: {name}: {reason}")
    verdicts = bars.verdicts(rows, starts)
    print("\n" + "\n".join(verdicts) if verdicts else "")
    if options.svg:
        shown = [row for row in rows if row["scenario"] == options.scenarios[0]]
        connections = 64 if 64 in options.connections else options.connections[-1]
        shown = [row for row in shown if row["connections"] == connections]
        plot.chart(shown, f"{TITLES[options.scenarios[0]]}, {connections} connections", options.svg)
    return {"rows": rows, "startSeconds": starts, "absent": absent, "bars": verdicts}


def main():
    options = arguments()
    Ours.binary = options.binary.absolute()
    machine = report.machine()
    print(f"{machine['cores']} cores {machine['cpu']}, {machine['system']}, load {machine['loadAverage'][0]}")
    if machine["loadAverage"][0] > 0.5:
        print("warning: something else is running; expect noise", file=sys.stderr)
    SCRATCH.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="chat-tokens-bench-", dir=options.directory or SCRATCH) as folder:
        directory = Path(folder)
        machine["flushMicroseconds"] = round(report.flush_microseconds(directory), 1)
        print(f"the disk flushes 4 KiB in {machine['flushMicroseconds']:.0f} µs")
        if options.users:
            result = endurance.users(Ours, directory, options)
        elif options.soak:
            result = endurance.soak(Ours, directory, options)
        elif options.es256:
            result = endurance.es256(Ours, OursES256, directory, options)
        else:
            result = comparison(options, directory)
    if options.json:
        options.json.write_text(json.dumps({"machine": machine} | result, indent=2) + "\n")
