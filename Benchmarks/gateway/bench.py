"""The gateway's figures: usage bench.py SLUIS WORK PART.

Every part starts the servers that it needs, sees that they refuse whom they should, lets them take turns, and
prints medians with their spread. Figures are those of one run: only ratios say anything about another
machine.
"""

import os
import random
import resource
import sys

import measure
import start
import withdraw
from credentials import Authority, Issuer, write_tokens
from hub import TOKENS, Hub
from measure import Rounds, figure, in_turn, load, settle
from servers import check, envoy, fetch, haproxy, nginx

ROUNDS = int(os.environ.get("GATEWAY_ROUNDS", "5"))
SECONDS = float(os.environ.get("GATEWAY_SECONDS", "4"))
CONNECTIONS = 64
SMALL_BODY = 2048
LARGE_BODY = int(os.environ.get("GATEWAY_DOWNLOAD_MIB", "256")) << 20
IDLE = int(os.environ.get("GATEWAY_IDLE", "10000"))
IDLE_ROUNDS = 3
# Handshakes at once: enough to keep the server busy, few enough that none waits long.
SHAKING = 16
FIELDS = "meter,at,active,note"
SMALL_KEYS = [f"NL{number}" for number in range(100_000, 100_010)]
LARGE_KEYS = [f"NL{number}" for number in range(100_000, 101_000)]


def small_rows(path):
    """Of ten owners in forty rows; the whole answer has exactly SMALL_BODY bytes."""
    lines = [FIELDS]
    for row in range(40):
        at = f"2026-11-30T{row // 4:02}:{row % 4 * 15:02}:00Z"
        lines.append(f"{SMALL_KEYS[row % 10]},{at},{row * 37 % 1000:03}.5,")
    left = SMALL_BODY - sum(len(line) + 1 for line in lines)
    for row in range(40):
        lines[row + 1] += "n" * (left // 40 + (row < left % 40))
    with open(path, "w") as file:
        file.write("".join(line + "\n" for line in lines))


def large_rows(path):
    """A file of LARGE_BODY bytes, a thousand owners in no order."""
    source = random.Random(1)
    with open(path, "w") as file:
        written = file.write(FIELDS + "\n")
        block = "".join(
            f"{source.choice(LARGE_KEYS)},2026-11-{source.randrange(1, 31):02}T{source.randrange(24):02}:"
            f"{source.randrange(60):02}:00Z,{source.random() * 1000:07.3f},reading number {row:06}\n"
            for row in range(20_000))
        while written + len(block) <= LARGE_BODY:
            written += file.write(block)


class Bench:
    """The folder, the keys of all, and the hub with its datasets."""

    def __init__(self, program, work):
        self.work = work
        self.authority = Authority(f"{work}/keys")
        self.issuer = Issuer(f"{work}/keys")
        self.static = f"{work}/static"
        os.makedirs(self.static)
        self.hub = Hub(program, work)
        self.running = []

    def prepare(self):
        """What all parts but `start` need: parties, the small dataset, tokens of the rivals."""
        work = self.work
        self.hub.start()
        self.hub.add_parties()
        small_rows(f"{work}/small.csv")
        self.hub.publish("small", f"{work}/small.csv", dict.fromkeys(SMALL_KEYS, self.hub.ann), FIELDS)
        self.hub.grant("small")
        self.hub.read_from("small")
        self.hub.take_tokens(1)
        status, self.small_body = fetch(self.hub, self.hub.token)
        if status != 200 or len(self.small_body) != SMALL_BODY:
            raise SystemExit(f"the hub answers with {status} and {len(self.small_body)} bytes")
        # The rivals send what the hub sends.
        with open(f"{self.static}/small.csv", "wb") as file:
            file.write(self.small_body)
        length = len(self.hub.token)
        os.makedirs(f"{work}/stranger")
        self.foreign = Issuer(f"{work}/stranger").token(length)
        # Envoy is lenient for a minute.
        self.expired = self.issuer.token(length, lifetime=-120)
        tokens = [self.issuer.token(length) for _ in range(TOKENS)]
        self.rival_token = tokens[0]
        self.rival_tokens = write_tokens(f"{work}/rival-tokens", tokens)
        self.hub.stop()
        self.hub.tokens = None

    def start_rivals(self, names, priority=()):
        checked = self.work, self.authority, self.issuer, f"{self.static}/small.csv", priority
        makers = {
            "nginx": lambda: nginx(self.work, self.authority, self.static, priority),
            "haproxy": lambda: haproxy(*checked),
            "envoy": lambda: envoy(os.environ["GATEWAY_ENVOY"], *checked),
        }
        bad = [("no token", None), ("a token that is over", self.expired),
               ("a token of another issuer", self.foreign),
               ("a token that was changed", self.rival_token[:-8] + "AAAAAAAA")]
        for name in names:
            server = makers[name]()
            server.tokens = self.rival_tokens
            self.running.append(server)
            # nginx asks nobody for a token.
            check(server, self.small_body, self.rival_token, [] if name == "nginx" else bad)
        return list(self.running)

    def start_hub(self, name, body=None, tokens=TOKENS, priority=(), **environment):
        self.hub.start(priority, **environment)
        self.hub.read_from(name)
        self.hub.take_tokens(tokens)
        bad = [("no token", None), ("a token of another issuer", self.foreign),
               ("a token that was changed", self.hub.token[:-8] + "AAAAAAAA")]
        thief = f"{self.work}/thief/certificate.pem", f"{self.work}/thief/key.pem"
        if body is not None:
            check(self.hub, body, self.hub.token, bad, [("another's certificate", thief)])
        return self.hub

    def stop(self):
        while self.running:
            self.running.pop().stop()
        self.hub.stop()


def small(bench):
    rivals = bench.start_rivals(["nginx", "haproxy", "envoy"])
    hub = bench.start_hub("small", bench.small_body)
    rounds = Rounds("small_read")
    for server in in_turn([hub, *rivals], ROUNDS):
        hub.take_tokens()
        settle(server.pid)
        took = load("saturate", server, connections=CONNECTIONS, seconds=SECONDS, body=SMALL_BODY)
        later = settle(server.pid)
        # The warm-up's share of what was put off is its own.
        later *= SECONDS / (SECONDS + 1)
        rounds.add(server.name, per_s=took["per_s"], cpu_us=took["server_cpu_us"], p50_ms=took["p50_ms"],
                   p99_ms=took["p99_ms"], deferred_us=later / took["answers"] * 1e6,
                   client_busy=took["client_busy"], memory_mb=measure.memory(server.pid) / 1e6)
    for name, unit, digits in [("per_s", "requests/s", 0), ("cpu_us", "us", 1), ("deferred_us", "us", 1),
                               ("client_busy", "of a core", 2), ("memory_mb", "MB", 0)]:
        rounds.tell(name, unit, digits)
    for rival, figure_name in [("nginx", "nginx_static"), ("haproxy", "haproxy_jwt"), ("envoy", "envoy_jwt")]:
        rounds.ratio(f"small_read_over_{figure_name}", "per_s", rival)
        rounds.ratio(f"small_read_over_{figure_name}_by_cpu", "cpu_us", rival, inverse=True)
    figure("small_read_cpu_us", rounds.median("cpu_us", "sluis"), "us", 1)


def latency(bench):
    """At half of what each takes at most; servers and client at a priority that no other load disturbs."""
    half = {}
    rivals = bench.start_rivals(["nginx"])
    at_most = Rounds("saturated")
    for server in in_turn([bench.start_hub("small", bench.small_body), *rivals], 3):
        took = load("saturate", server, connections=CONNECTIONS, seconds=SECONDS, body=SMALL_BODY)
        at_most.add(server.name, per_s=took["per_s"])
        settle(server.pid)
        half[server.name] = at_most.median("per_s", server.name) / 2
    bench.stop()
    priority = measure.urgent()
    rivals = bench.start_rivals(["nginx"], priority)
    hub = bench.start_hub("small", bench.small_body, priority=priority)
    rounds = Rounds("small_read")
    for server in in_turn([hub, *rivals], ROUNDS):
        hub.take_tokens()
        settle(server.pid)
        took = load("rate", server, priority, connections=CONNECTIONS, seconds=SECONDS, body=SMALL_BODY,
                    rate=half[server.name])
        rounds.add(server.name, at_half_per_s=took["per_s"], p50_ms=took["p50_ms"], p99_ms=took["p99_ms"],
                   p999_ms=took["p999_ms"])
    for name, unit, digits in [("at_half_per_s", "requests/s", 0), ("p50_ms", "ms", 3), ("p99_ms", "ms", 3),
                               ("p999_ms", "ms", 3)]:
        rounds.tell(name, unit, digits)
    figure("small_read_p99_ms", rounds.median("p99_ms", "sluis"), "ms", 3)
    above = rounds.median("p99_ms", "sluis") - rounds.median("p99_ms", "nginx")
    figure("small_read_p99_above_nginx_ms", above, "ms", 3)


def handshakes(bench):
    rivals = bench.start_rivals(["nginx"])
    hub = bench.start_hub("small", bench.small_body)
    rounds = Rounds("handshakes")
    for server in in_turn([hub, *rivals], ROUNDS):
        hub.take_tokens()
        settle(server.pid)
        took = load("handshakes", server, connections=SHAKING, seconds=SECONDS, body=SMALL_BODY)
        rounds.add(server.name, per_s=took["per_s"], cpu_us=took["server_cpu_us"], p99_ms=took["p99_ms"],
                   client_busy=took["client_busy"])
    for name, unit, digits in [("per_s", "handshakes/s", 0), ("cpu_us", "us", 0), ("p99_ms", "ms", 2),
                               ("client_busy", "of a core", 2)]:
        rounds.tell(name, unit, digits)
    rounds.ratio("handshakes_over_nginx", "per_s", "nginx")
    rounds.ratio("handshakes_over_nginx_by_cpu", "cpu_us", "nginx", inverse=True)


def publish_large(bench):
    large_rows(f"{bench.work}/large.csv")
    bench.hub.start()
    bench.hub.publish("large", f"{bench.work}/large.csv", dict.fromkeys(LARGE_KEYS, bench.hub.ann), FIELDS)
    bench.hub.grant("large")
    settle(bench.hub.pid)
    bench.hub.stop()


def download(bench):
    publish_large(bench)
    rivals = bench.start_rivals(["nginx"])
    hub = bench.start_hub("large", tokens=1, SLUIS_DIGEST="off")
    # Twice, so that what the hub makes for repeated reads is there; nginx is to send the same bytes.
    fetch(hub, hub.token)
    settle(hub.pid)
    status, content = fetch(hub, hub.token)
    if status != 200 or len(content) != os.path.getsize(f"{bench.work}/large.csv"):
        raise SystemExit(f"the hub answers with {status} and {len(content)} bytes")
    with open(f"{bench.static}/large.csv", "wb") as file:
        file.write(content)
    for server in rivals:
        server.path = "/large.csv"
    rounds = Rounds("download")
    for server in in_turn([hub, *rivals], ROUNDS):
        hub.take_tokens(1)
        settle(server.pid)
        took = load("download", server, body=len(content))
        later = settle(server.pid)
        rounds.add(server.name, mb_per_s=len(content) / took["seconds"] / 1e6, cpu_s=took["server_cpu_s"],
                   deferred_s=later, client_busy=took["client_busy"])
    for name, unit, digits in [("mb_per_s", "MB/s", 0), ("cpu_s", "s", 2), ("deferred_s", "s", 2),
                               ("client_busy", "of a core", 2)]:
        rounds.tell(name, unit, digits)
    rounds.ratio("download_over_nginx", "mb_per_s", "nginx")
    rounds.ratio("download_cpu_over_nginx", "cpu_s", "nginx")


def idle(bench):
    """What an open connection costs that made one request, beside what a server keeps of its first requests.

    Each round has new servers: the next connections get the memory of those that were closed, and would seem
    to cost nothing.
    """
    rounds = Rounds("idle_memory")
    for _ in range(min(ROUNDS, IDLE_ROUNDS)):
        rivals = bench.start_rivals(["nginx"])
        for server in [bench.start_hub("small", bench.small_body), *rivals]:
            load("saturate", server, connections=CONNECTIONS, seconds=1, body=SMALL_BODY)
            settle(server.pid)
            before = measure.memory(server.pid)
            with measure.Held(server, connections=IDLE, body=SMALL_BODY):
                settle(server.pid)
                held = measure.memory(server.pid)
            settle(server.pid)
            rounds.add(server.name, bytes=(held - before) / IDLE,
                       kept_bytes=(measure.memory(server.pid) - before) / IDLE)
        bench.stop()
    rounds.tell("bytes", "bytes", 0)
    rounds.tell("kept_bytes", "bytes, when all are closed again", 0)
    rounds.ratio("idle_memory_over_nginx", "bytes", "nginx")


PARTS = {"small": small, "latency": latency, "handshakes": handshakes, "download": download, "idle": idle}


def main(program, work, part):
    known = [*PARTS, "withdraw", "start", "all"]
    if part not in known:
        raise SystemExit(f"PART is one of {', '.join(known)}")
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    if part in ("all", "idle") and limit != resource.RLIM_INFINITY and limit < IDLE + 1000:
        raise SystemExit(f"{IDLE} idle connections need as many open files, and {limit} are allowed: raise "
                         "that with ulimit -n, or set GATEWAY_IDLE")
    if len(os.sched_getaffinity(0)) < 2:
        raise SystemExit("two cores are needed: one for the server, one for the client")
    if part != "start":
        bench = Bench(program, work)
        try:
            bench.prepare()
            for name, run in PARTS.items():
                if part in ("all", name):
                    run(bench)
                    bench.stop()
            if part in ("all", "withdraw"):
                large_rows(f"{work}/large.csv")
                withdraw.run(bench.hub, f"{work}/large.csv", LARGE_KEYS)
        finally:
            bench.stop()
    if part in ("all", "start"):
        start.run(program, f"{work}/start")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    finally:
        # Also what was measured before something failed.
        measure.print_figures()
