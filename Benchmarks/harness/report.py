"""The table people read, and whether the project's bars are met."""

import os
import platform
import tempfile
import time

from .places import CORES

COLUMNS = "{:<44} {:>10} {:>9} {:>9} {:>8} {:>8} {:>8} {:>8} {:>8}  {}"


def machine():
    """What the figures were measured on; the load average tells whether something else was running."""
    model = ""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    return {
        "cores": CORES, "cpu": model, "system": platform.platform(),
        "loadAverage": [round(value, 2) for value in os.getloadavg()],
    }


def flush_microseconds(directory, repeats=200):
    """Median time the disk under `directory` takes to make 4 KiB durable: what a lone commit costs at least."""
    times = []
    with tempfile.TemporaryFile(dir=directory) as file:
        os.write(file.fileno(), bytes(4096 * repeats))
        os.fsync(file.fileno())
        for number in range(repeats):
            os.pwrite(file.fileno(), b"x" * 4096, 4096 * number)
            start = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - start)
    return sorted(times)[repeats // 2] * 1e6


def ratios(rows):
    """Adds to each row its throughput relative to ours and to the NIO echo of the same scenario."""
    for row in rows:
        for reference, member in (("ours", "ofOurs"), ("nio-echo", "ofEcho")):
            base = find(rows, reference, row["scenario"], row["connections"])
            row[member] = row["rate"] / base["rate"] if base and base["rate"] else None


def find(rows, server, scenario, connections):
    for row in rows:
        if (row["server"], row["scenario"], row["connections"]) == (server, scenario, connections):
            return row
    return None


def _ratio(value):
    return "–" if value is None else f"{value:.2f}"


def _verdict(row):
    if row["valid"]:
        return ""
    return f"INVALID: {row['non2xx']} not 2xx, {row['errors']} socket errors"


def table(rows, titles):
    """The rows as text, grouped by scenario and connections."""
    lines, group = [], None
    for row in rows:
        if group != (row["scenario"], row["connections"]):
            group = (row["scenario"], row["connections"])
            lines += ["", f"{titles[group[0]]}, {group[1]} connection{'s' if group[1] > 1 else ''}"]
            lines.append(COLUMNS.format(
                "server", "requests/s", "p50 ms", "p99 ms", "CPU µs", "store µs", "RSS MiB", "/ ours", "/ echo", ""))
        lines.append(COLUMNS.format(
            row["label"], f"{row['rate']:,.0f}", f"{row['p50'] / 1000:.2f}", f"{row['p99'] / 1000:.2f}",
            f"{row['cpu']:.1f}", f"{row['storeCPU']:.1f}" if row["storeCPU"] else "–",
            f"{row['rss'] / 2**20:.1f}", _ratio(row["ofOurs"]), _ratio(row["ofEcho"]),
            _verdict(row)).rstrip())
    return "\n".join(lines)


def starts(seconds, labels):
    """Start to first answer, as text."""
    lines = ["", "Start to first token pair, existing database"]
    lines += [f"{labels[name]:<44} {value * 1000:>7.0f} ms" for name, value in seconds.items()]
    return "\n".join(lines)
