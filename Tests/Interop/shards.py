"""Reads a shard, and the index of its workspace, with the programs of others: every record with the twenty lines of Python
in Schemas/shard-v1.md, ranges of records with pyzstd, the whole file with `zstd`, the index with Python's sqlite3. All must
say what `glyphline inspect` says."""

import argparse
import contextlib
import io
import json
import random
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy
from PIL import Image
from pyzstd import SeekableZstdFile

PAGE = Path(__file__).parents[2] / "Schemas" / "shard-v1.md"


def run(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout


def page_reader():
    """The program that the format's page shows."""
    code = PAGE.read_text().split("## Reading it in Python")[1].split("```python\n")[1].split("```")[0]
    return compile(code, str(PAGE), "exec")


def read_record(reader, shard, number):
    """What the page's program knows of a record once it has run."""
    names = {}
    sys.argv = ["reader", str(shard), str(number)]
    with contextlib.redirect_stdout(io.StringIO()):
        exec(reader, names)
    label = "".join(names["alphabets"][names["charset"]][place] for place in names["classes"])
    return names["index"], names["seed"], label, names["image"].squeeze()


def check_records(glyphline, shard, head, folder):
    reader, png = page_reader(), folder / "record.png"
    rows = []
    for number in range(head["records"]):
        record = json.loads(run(glyphline, "inspect", shard, "--record", str(number), "--png", png, "--json"))
        index, seed, label, image = read_record(reader, shard, number)
        assert (index, seed, label) == (record["index"], record["seed"], record["label"]), f"record {number}"
        with Image.open(png) as picture:
            assert numpy.array_equal(image, numpy.asarray(picture)), f"record {number}: other pixels"
        rows.append((index, label, seed))
    print(f"{shard.name}: {len(rows)} records are the same in Python")
    return rows


def check_streams(shard, head):
    run("zstd", "--quiet", "--test", shard)
    content = run("zstd", "--decompress", "--stdout", shard)
    assert len(content) == head["content_byte_count"]
    record = len(content) // head["records"]
    randomness = random.Random(1)
    with SeekableZstdFile(shard) as file:
        for _ in range(200):
            first, last = sorted(randomness.choices(range(head["records"] + 1), k=2))
            file.seek(first * record)
            assert file.read((last - first) * record) == content[first * record : last * record], (first, last)
    print(f"{shard.name}: zstd tests it and streams {len(content)} bytes; pyzstd reads any range of them")


def check_index(workspace, shard, rows):
    with contextlib.closing(sqlite3.connect(f"file:{workspace}/catalog.sqlite?mode=ro", uri=True)) as catalog:
        query = """SELECT sample_index, label, seed FROM sample
                   JOIN shard ON shard.split = sample.split AND shard.number = sample.shard
                   WHERE file = ? ORDER BY record"""
        assert catalog.execute(query, [f"shards/{shard.name}"]).fetchall() == rows
    print(f"{shard.name}: sqlite3 lists the same labels and seeds")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("glyphline")
    parser.add_argument("workspace", type=Path)
    parser.add_argument("shard", help="a name, as in test-00000")
    options = parser.parse_args()
    shard = options.workspace / "shards" / f"{options.shard}.shard.zst"
    head = json.loads(run(options.glyphline, "inspect", shard, "--json"))
    check_streams(shard, head)
    check_index(options.workspace, shard, check_records(options.glyphline, shard, head, options.workspace))


if __name__ == "__main__":
    main()
