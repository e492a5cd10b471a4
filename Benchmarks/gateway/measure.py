"""Running the client, reading what a server's processes took, and saying how far rounds lay apart."""

import json
import os
import shutil
import statistics
import subprocess
import time

CPU_OF_SERVER, CPU_OF_CLIENT = "0", "1"
CLIENT = os.environ.get("GATEWAY_LOAD", "")


def urgent():
    """`chrt -f 20` where that is allowed: without it other load makes each wake-up cost whole ticks."""
    command = ["chrt", "-f", "20"]
    if not shutil.which("chrt"):
        return []
    tried = subprocess.run([*command, "true"], stderr=subprocess.DEVNULL)
    return command if tried.returncode == 0 else []


def processes(pid):
    """This one and all below it."""
    found = [pid]
    try:
        tasks = os.listdir(f"/proc/{pid}/task")
    except FileNotFoundError:
        raise SystemExit(f"process {pid}, a server, is gone") from None
    for task in tasks:
        with open(f"/proc/{pid}/task/{task}/children") as file:
            for child in file.read().split():
                found += processes(int(child))
    return found


def cpu_seconds(pid):
    ticks = 0
    for process in processes(pid):
        with open(f"/proc/{process}/stat") as file:
            fields = file.read().rsplit(") ", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def memory(pid):
    """Resident bytes, shared pages divided among those that share them."""
    total = 0
    for process in processes(pid):
        with open(f"/proc/{process}/smaps_rollup") as file:
            total += sum(int(line.split()[1]) * 1024 for line in file if line.startswith("Pss:"))
    return total


def settle(pid, patience=60):
    """Waits until the server does nothing any more, and returns the CPU seconds that it took until then.

    Whatever it put off during a load would else take the core from the server that comes next; and it is part
    of what the load cost.
    """
    first = before = cpu_seconds(pid)
    quiet, end = 0, time.monotonic() + patience
    while quiet < 4:
        time.sleep(0.1)
        now = cpu_seconds(pid)
        quiet = quiet + 1 if now == before else 0
        before = now
        if time.monotonic() > end:
            print(f"# process {pid} was still busy after {patience} s", flush=True)
            break
    return before - first


def _command(mode, server, priority, options):
    command = [*priority, "taskset", "-c", CPU_OF_CLIENT, CLIENT, mode, "--port", str(server.port), "--ca",
               server.ca, "--certificate", server.certificate, "--key", server.key, "--path",
               options.pop("path", server.path), "--watch", ",".join(map(str, processes(server.pid)))]
    if server.tokens:
        command += ["--tokens", server.tokens]
    for name, value in options.items():
        command += [f"--{name.replace('_', '-')}", str(value)]
    return command


def load(mode, server, priority=(), **options):
    """One round; any wrong answer ends the benchmark."""
    done = subprocess.run(_command(mode, server, priority, options), capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{server.name}, {mode}: {done.stderr.strip() or done.stdout.strip()}")
    return json.loads(done.stdout)


class Held:
    """Connections that stay open until the end of the block."""

    def __init__(self, server, **options):
        self.server = server
        self.process = subprocess.Popen(_command("idle", server, (), options), stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        if not self.process.stdout.readline():
            raise SystemExit(f"{self.server.name} does not hold the connections")
        return self

    def __exit__(self, *_):
        self.process.communicate()
        if self.process.returncode != 0:
            raise SystemExit(f"{self.server.name} did not keep the connections")


class Rounds:
    """What came of rounds that alternate between servers: medians, and how far they lie apart."""

    def __init__(self, part):
        self.part, self.taken = part, {}

    def add(self, who, **values):
        for name, value in values.items():
            self.taken.setdefault(name, {}).setdefault(who, []).append(value)

    def median(self, name, who):
        return statistics.median(self.taken[name][who])

    def tell(self, name, unit, digits=1):
        for who, values in self.taken[name].items():
            middle = statistics.median(values)
            spread = f"{middle:.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"
            print(f"# {self.part}_{who}_{name}: {spread} {unit}; rounds: {len(values)}", flush=True)
            figure(f"{self.part}_{who}_{name}", middle, unit.split(",")[0], digits)

    def ratio(self, figure_name, name, over, inverse=False):
        """Ours over a rival's, of medians; the spread is that of the rounds, each with its neighbour."""
        pairs = list(zip(self.taken[name]["sluis"], self.taken[name][over]))
        ratios = [theirs / ours if inverse else ours / theirs for ours, theirs in pairs if ours and theirs]
        ours, theirs = self.median(name, "sluis"), self.median(name, over)
        if not ratios or not ours or not theirs:
            print(f"# {figure_name}: nothing to compare")
            return
        value = theirs / ours if inverse else ours / theirs
        print(f"# {figure_name}: {value:.2f} ({min(ratios):.2f} to {max(ratios):.2f})", flush=True)
        figure(figure_name, value, "x", 2)


_figures = []


def figure(name, value, unit, digits=2):
    """Kept until the end, so that figures are the last lines."""
    _figures.append(f"figure {name} {value:.{digits}f} {unit}")


def print_figures():
    while _figures:
        print(_figures.pop(0), flush=True)


def in_turn(servers, rounds):
    """Every server once a round; who begins changes, so that none always comes behind the same other."""
    for number in range(rounds):
        for place in range(len(servers)):
            yield servers[(number + place) % len(servers)]
