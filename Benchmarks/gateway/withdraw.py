"""A thousand withdrawals while fifty paced streams read the same dataset.

One owner of one key among a thousand withdraws and grants again; all other rows go on flowing. What is timed
here is the whole call, as the owner sees it: effect, SQLite and log. How long the withdrawal took to act
(from the request read to the end of the grace period) only the hub knows; `told` says where the figure is
taken from once it tells.
"""

import json
import multiprocessing
import os
import re
import socket
import ssl
import statistics
import time

import measure
from measure import figure

WITHDRAWALS = int(os.environ.get("GATEWAY_WITHDRAWALS", "1000"))
STREAMS = 50
# Slow enough that a stream outlasts all withdrawals, fast enough that blocks are assembled all the time.
BYTES_PER_SECOND = 256 << 10
PIECE = 16 << 10
FIELDS = "meter,at,active,note"


def told(answer):
    """Milliseconds until the withdrawal was in effect, or None while the hub does not tell.

    `Server-Timing: effect;dur=0.31` (W3C Server Timing) is what this looks for; change it here if the hub
    says it in another way.
    """
    found = re.search(r"\beffect;dur=([0-9.]+)", answer.getheader("Server-Timing", ""))
    return float(found.group(1)) if found else None


def _stream(hub, context, token):
    client = socket.socket()
    # What lies in the kernel's buffers is no running stream.
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 << 10)
    client.settimeout(30)
    client.connect(("127.0.0.1", hub.port))
    client = context.wrap_socket(client)
    client.sendall(f"GET /data/paced HTTP/1.1\r\nHost: 127.0.0.1:{hub.port}\r\nAccept: text/csv\r\n"
                   f"Authorization: Bearer {token}\r\n\r\n".encode())
    return client


def _read_slowly(hub, token, pipe):
    """Runs in a process of its own, so that the caller's clock does not wait for it."""
    os.sched_setaffinity(0, {int(measure.CPU_OF_CLIENT)})
    context = ssl.create_default_context(cafile=hub.ca)
    context.check_hostname = False
    context.load_cert_chain(hub.certificate, hub.key)
    clients = [_stream(hub, context, token) for _ in range(STREAMS)]
    for client in clients:
        head = client.recv(PIECE)
        if b" 200 " not in head[:16]:
            pipe.send(f"a stream was answered {head[:200]!r}")
            return
    pipe.send(None)
    interval, due = PIECE / BYTES_PER_SECOND, time.monotonic()
    while not pipe.poll():
        for number, client in enumerate(clients):
            left = PIECE
            while left:
                try:
                    taken = len(client.recv(left))
                except OSError as error:
                    pipe.send(f"stream {number} of {STREAMS}: {error}")
                    return
                if taken == 0:
                    pipe.send(f"stream {number} of {STREAMS} ended")
                    return
                left -= taken
        due += interval
        time.sleep(max(0, due - time.monotonic()))
    pipe.send(None)


def _call(connection, path, body):
    connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    content = answer.read()
    if answer.status not in (200, 201):
        raise SystemExit(f"{path}: {answer.status} {content.decode(errors='replace')}")
    return json.loads(content), answer


def prepare(hub, file, keys):
    bob = hub.add_person("bob")
    hub.publish("paced", file, {key: bob if key == keys[0] else hub.ann for key in keys}, FIELDS)
    hub.grant("paced")
    return hub.grant("paced", "bob")


def run(hub, file, keys):
    """`file` is a dataset large enough for streams that last; `keys` are its owner keys."""
    priority = measure.urgent()
    hub.start(priority)
    grant = prepare(hub, file, keys)
    hub.read_from("paced")
    hub.take_tokens(1)
    pipe, theirs = multiprocessing.Pipe()
    reader = multiprocessing.Process(target=_read_slowly, args=(hub, hub.token, theirs), daemon=True)
    reader.start()
    try:
        trouble = pipe.recv()
        if trouble:
            raise SystemExit(trouble)
        calls, effects = [], []
        bob = hub.connection("bob")
        for _ in range(WITHDRAWALS):
            began = time.monotonic()
            _, answer = _call(bob, f"/api/v1/grants/{grant}/withdraw", {})
            calls.append((time.monotonic() - began) * 1e3)
            effects.append(told(answer))
            grant = _call(bob, "/api/v1/grants", {"agreement": hub.agreements["paced"]})[0]["grant"]
            if pipe.poll():
                raise SystemExit(pipe.recv())
        pipe.send(None)
        trouble = pipe.recv()
        if trouble:
            raise SystemExit(trouble)
    finally:
        reader.kill()
        reader.join()
        hub.stop()
    calls.sort()
    spread = f"{calls[0]:.2f} to {calls[-1]:.2f} ms"
    print(f"# withdraw_call_ms: {len(calls)} withdrawals, {STREAMS} streams, {spread}")
    figure("withdraw_call_ms", statistics.median(calls), "ms")
    figure("withdraw_call_p99_ms", calls[len(calls) * 99 // 100], "ms")
    known = [effect for effect in effects if effect is not None]
    if known:
        print(f"# withdraw_effect_ms: {min(known):.3f} to {max(known):.3f} ms")
        figure("withdraw_effect_ms", statistics.median(known), "ms", 3)
    else:
        print("# withdraw_effect_ms: the hub does not tell it yet")
