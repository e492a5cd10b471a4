"""How many entries a second pymerkle takes: a tree in memory, and one in SQLite entry by entry and in bulk.

usage: pymerkle_rival.py DIR SECONDS BYTES

Only the tree in memory keeps its root up to date; nothing is signed. The tables in SQLite are durable with
each call, as pymerkle makes them.
"""

import itertools
import os
import sys
import time

from pymerkle import InmemoryTree, SqliteTree

BULK = 1000


def entries(size):
    """Endless, no two the same."""
    return (number.to_bytes(8, "little") * (size // 8 + 1) for number in itertools.count())


def appended_per_second(seconds, size, append, count):
    """Calls `append` with `count` entries at a time for so many seconds."""
    source = (entry[:size] for entry in entries(size))
    total, start = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - start) < seconds:
        append(list(itertools.islice(source, count)))
        total += count
    return total / elapsed


def main():
    directory, seconds, size = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
    memory = InmemoryTree("sha256")
    by_one = SqliteTree(os.path.join(directory, "by-one.db"), "sha256")
    bulk = SqliteTree(os.path.join(directory, "bulk.db"), "sha256")
    for name, append, count in [
        ("", memory.append_entries, BULK),
        ("_sqlite", lambda one: by_one.append_entry(one[0]), 1),
        ("_sqlite_bulk", bulk.append_entries, BULK),
    ]:
        rate = appended_per_second(seconds, size, append, count)
        print(f"figure rival_pymerkle{name}_append_per_s {rate:.0f} entries/s", flush=True)
    by_one.close()
    bulk.close()


main()
