"""What DuckDB, Polars and chDB take to read a raw file, leave the rows of granted owners and write some columns.

usage: scan_rivals.py RIVAL FILE GRANTED.csv THREADS SHARE FIELDS [OUTPUT]

FILE is CSV, or NDJSON if its name ends so; what is written is the same format. Every column is text, which is the least
work. Without OUTPUT it is read twice into nothing, and the faster time counts; with it once, to be compared.
"""

import os
import sys
import time

rival, path, granted, threads, share, names = sys.argv[1:7]
output = sys.argv[7] if len(sys.argv) > 7 else None
target = output or "/dev/null"
is_json = path.endswith(".ndjson")
fields = names.split(",")
columns = ["meter", "at", "active", "reactive", "voltage", "status", "note"]
quoted = ", ".join(f'"{name}"' for name in fields)


def duckdb_run():
    import duckdb

    base = duckdb.connect()
    base.execute(f"SET threads = {threads}")
    base.execute("SET preserve_insertion_order = false")
    base.execute(f"CREATE TABLE granted AS SELECT meter FROM read_csv('{granted}', columns = {{'meter': 'VARCHAR'}})")
    types = str({name: "VARCHAR" for name in columns})
    source = f"read_json('{path}', format = 'newline_delimited', columns = {types})" if is_json else (
        f"read_csv('{path}', header = true, columns = {types}, auto_detect = false)")
    form = "FORMAT json" if is_json else "FORMAT csv, HEADER"
    return lambda: base.execute(
        f"COPY (SELECT {quoted} FROM {source} SEMI JOIN granted USING (meter)) TO '{target}' ({form})")


def polars_run():
    os.environ["POLARS_MAX_THREADS"] = threads
    import polars

    schema = {name: polars.String for name in columns}
    keys = polars.read_csv(granted, schema={"meter": polars.String}).lazy()

    def run():
        source = polars.scan_ndjson(path, schema=schema) if is_json else polars.scan_csv(path, schema=schema)
        rows = source.join(keys, on="meter", how="semi", maintain_order="none").select(fields)
        (rows.sink_ndjson if is_json else rows.sink_csv)(target, maintain_order=False)

    return run


def chdb_run():
    from chdb import session

    base = session.Session()
    base.query(f"CREATE DATABASE IF NOT EXISTS d; CREATE TABLE d.granted (meter String) ENGINE = Memory")
    base.query(f"INSERT INTO d.granted SELECT * FROM file('{granted}', CSVWithNames, 'meter String')")
    types = ", ".join(f"{name} String" for name in columns)
    form = "JSONEachRow" if is_json else "CSVWithNames"
    settings = f"max_threads = {threads}, max_insert_threads = {threads}, max_parsing_threads = {threads}"
    if output and os.path.exists(output):
        os.remove(output)
    return lambda: base.query(
        f"SELECT {quoted} FROM file('{path}', {form}, '{types}') WHERE meter IN (SELECT meter FROM d.granted) "
        f"INTO OUTFILE '{target}' {'' if output else 'APPEND'} FORMAT {form} SETTINGS {settings}")


run = {"duckdb": duckdb_run, "polars": polars_run, "chdb": chdb_run}[rival]()
times = []
for _ in range(1 if output else 2):
    start, cpu = time.monotonic(), time.process_time()
    run()
    times.append((time.monotonic() - start, time.process_time() - cpu))
if not output:
    kind = "ndjson" if is_json else "csv"
    print(f"figure {rival}_{kind}_{share}_s {min(times)[0]:.3f} s")
    print(f"figure {rival}_{kind}_{share}_cpu_s {min(time[1] for time in times):.3f} s")
