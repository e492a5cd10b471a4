"""What DuckDB takes for the same reads: rows of granted owners, all columns or three, as CSV into nothing.

usage: duckdb_rival.py FILE.csv FOLDER THREADS
"""

import os
import sys
import time

import duckdb

csv, folder, threads = sys.argv[1:]
base = duckdb.connect()
base.execute(f"SET threads = {threads}")
parquet = os.path.join(folder, "meters.parquet")
types = {"meter": "VARCHAR", "at": "VARCHAR", "active": "VARCHAR", "reactive": "VARCHAR", "voltage": "BIGINT",
         "status": "VARCHAR", "note": "VARCHAR"}
start = time.monotonic()
base.execute(
    f"COPY (SELECT * FROM read_csv('{csv}', header = true, columns = {types}) ORDER BY meter) "
    f"TO '{parquet}' (FORMAT parquet)")
print(f"figure duckdb_ingest_s {time.monotonic() - start:.3f} s")
for share in (10, 50, 90):
    base.execute(
        f"CREATE OR REPLACE TABLE granted AS SELECT DISTINCT meter FROM '{parquet}' "
        f"WHERE hash(meter) % 100 < {share}")
    for name, fields in (("all", "*"), ("3_of_7", 'meter, "at", active')):
        times = []
        for _ in range(3):
            start = time.monotonic()
            base.execute(
                f"COPY (SELECT {fields} FROM '{parquet}' SEMI JOIN granted USING (meter)) "
                f"TO '/dev/null' (FORMAT csv, HEADER)")
            times.append(time.monotonic() - start)
        print(f"figure duckdb_{share}_{name}_s {sorted(times)[1]:.3f} s")
