"""How long a hub with a million grants takes until it is ready.

Over HTTP each grant is a call and an entry of its own: hours. So the dataset is published and one owner
grants as usual, and the others are copies of his rows in `hub.db`, written while the hub does not run. The
log knows nothing of them; what the start reads of owners, links and grants does not ask it. That they count
is shown: a read sends a row of each.
"""

import os
import sqlite3
import statistics
import time
import uuid

from hub import Hub
from measure import figure
from servers import fetch

GRANTS = int(os.environ.get("GATEWAY_GRANTS", "1000000"))
STARTS = 3
FIELDS = "meter,active"


def _identifiers(count):
    """UUIDv7 in ascending order, as the hub makes them."""
    milliseconds = int(time.time() * 1000)
    for number in range(count):
        value = milliseconds << 80 | 7 << 76 | (number >> 12 & 0xFFF) << 64 | 2 << 62 | (number & 0xFFF) << 50
        yield uuid.UUID(int=value | int.from_bytes(os.urandom(6), "big"))


def _columns(database, table, row):
    """The row as a dictionary, without the number that SQLite gives."""
    cursor = database.execute(f"SELECT * FROM {table} WHERE {row} LIMIT 1")
    found = cursor.fetchone()
    if found is None:
        raise SystemExit(f"{table} has no row of the owner who granted")
    content = dict(zip((column[0] for column in cursor.description), found))
    content.pop("number", None)
    return content


def _copies(database, table, model, changes):
    """Inserts the model once for each element of `changes`, which are dictionaries with the same keys."""
    names = list(model)
    statement = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
    database.executemany(statement, (tuple((model | change)[name] for name in names) for change in changes))


def multiply(path, dataset, owner, keys):
    """The owner's rows in the registry for each further key, of an owner of its own."""
    database = sqlite3.connect(path)
    # Whoever is interrupted here begins anew.
    database.execute("PRAGMA synchronous = OFF")
    database.execute("PRAGMA cache_size = -1000000")
    person = _columns(database, "persons", f"id = '{owner}'")
    # Owners stand as text, of whatever form, in the columns that name them.
    link = _columns(database, "owner_links", f"dataset = '{dataset}'")
    grant = _columns(database, "grants", "state = 'Given'")
    owners = [str(identifier) for identifier in _identifiers(len(keys))]
    written = [link["owner"].replace(owner, each) for each in owners]
    with database:
        _copies(database, "principals", {"id": None}, ({"id": each} for each in written))
        _copies(database, "persons", person, ({"id": each} for each in written))
        _copies(database, "owner_links", link,
                ({"owner_key": key, "owner": each} for key, each in zip(keys, written)))
        _copies(database, "grants", grant,
                ({"id": identifier.bytes, "owner": each}
                 for identifier, each in zip(_identifiers(len(keys)), written)))
        database.execute("UPDATE agreements SET epoch = epoch + ?", (len(keys),))
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()


def run(program, work):
    os.makedirs(work)
    hub = Hub(program, work)
    keys = [f"NL{number:08}" for number in range(GRANTS)]
    with open(f"{work}/rows.csv", "w") as file:
        file.write(FIELDS + "\n")
        file.writelines(f"{key},{number % 1000}\n" for number, key in enumerate(keys))
    try:
        hub.start(cpu="0,1")
        hub.add_parties()
        hub.publish("grid", f"{work}/rows.csv", {keys[0]: hub.ann}, FIELDS)
        hub.grant("grid")
        hub.stop()
        multiply(f"{hub.data}/hub.db", "grid", hub.ann, keys[1:])
        hub.start(cpu="0,1")
        hub.read_from("grid")
        hub.take_tokens(1)
        status, content = fetch(hub, hub.token)
        if status != 200 or content.count(b"\n") != GRANTS + 1:
            rows = content.count(b"\n") - 1
            raise SystemExit(f"with {GRANTS} grants the hub answers {status} and {rows} rows")
        hub.stop()
        seconds = []
        for _ in range(STARTS):
            seconds.append(hub.start(cpu="0,1"))
            hub.stop()
    finally:
        hub.stop()
    name = "start_1m_grants_s" if GRANTS == 1_000_000 else f"start_{GRANTS}_grants_s"
    print(f"# {name}: {len(seconds)} starts, {min(seconds):.2f} to {max(seconds):.2f} s")
    figure(name, statistics.median(seconds), "s")
