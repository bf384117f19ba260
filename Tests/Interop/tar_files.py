"""Exports 1,000 samples as tar files and reads them, without a network, with the Python packages datasets and webdataset:
also as the dataset card says. Pixels must be those of `export images`, everything else that of the catalog."""

import argparse
import contextlib
import csv
import os
import shutil
import sqlite3
import subprocess
from pathlib import Path

import numpy
from PIL import Image

SPEC = Path(__file__).with_name("tar_files.yaml")


def run(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def read_catalog(path):
    query = """SELECT sample_index, label, characters, seed FROM sample JOIN charset ON charset.id = sample.charset
               WHERE split = 'train' ORDER BY sample_index"""
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as catalog:
        rows = catalog.execute(query).fetchall()
    return [dict(zip(("index", "label", "charset", "seed"), row)) for row in rows]


def read_images(folder):
    """Pixels by index, and the labels of the table."""
    with open(folder / "labels.csv", newline="") as table:
        rows = sorted((int(row["file"][-10:-4]), row["file"], row["label"]) for row in csv.DictReader(table))
    assert [row[0] for row in rows] == list(range(len(rows)))
    images = []
    for _, file, _ in rows:
        with Image.open(folder / file) as image:
            images.append(numpy.asarray(image))
    return images, [row[2] for row in rows]


def card_results(folder):
    """What the two programs of the dataset card leave in their variables."""
    parts = (folder / "README.md").read_text().split("```python\n")[1:]
    results = []
    with contextlib.chdir(folder):
        for part in parts:
            names = {}
            exec(compile(part.split("```")[0], "README.md", "exec"), names)
            results.append(names)
    return results


def check(name, samples, catalog, images):
    samples = list(samples)
    assert len(samples) == len(catalog), f"{name}: {len(samples)} samples"
    for sample, row, image in zip(samples, catalog, images):
        assert sample["json"] == row, f"{name}: {sample['json']} is not {row}"
        assert sample["__key__"].endswith(f"{row['index']:09}"), f"{name}: {sample['__key__']}"
        assert numpy.array_equal(numpy.asarray(sample["png"]), image), f"{name}: other pixels in {row}"
    print(f"{name}: {len(samples)} samples, every pixel, label, charset and seed the same")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("glyphline")
    parser.add_argument("work", type=Path, help="a folder for results, which is emptied")
    options = parser.parse_args()
    work = options.work.resolve()
    shutil.rmtree(work, ignore_errors=True)
    arguments = [SPEC, "--workspace", work / "pipeline", "--split", "train"]
    run(options.glyphline, "build", *arguments)
    run(options.glyphline, "export", "images", *arguments, "--out", work / "images")
    tars = work / "tars"
    run(options.glyphline, "export", "webdataset", *arguments, "--samples-per-tar", "300", "--out", tars)
    catalog = read_catalog(work / "pipeline" / "catalog.sqlite")
    images, labels = read_images(work / "images")
    assert labels == [row["label"] for row in catalog]

    # Set before the package is imported, which reads them once.
    os.environ.update(HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1", HF_HOME=str(work / "cache"))
    import datasets
    import webdataset

    datasets.disable_progress_bars()
    files = datasets.load_dataset("webdataset", data_files={"train": str(tars / "train-*.tar")}, split="train")
    check('datasets.load_dataset("webdataset")', files, catalog, images)
    check("datasets.load_dataset(FOLDER)", datasets.load_dataset(str(tars), split="train"), catalog, images)
    paths = sorted(str(path) for path in tars.glob("*.tar"))
    check("webdataset.WebDataset", webdataset.WebDataset(paths, shardshuffle=False).decode("pill"), catalog, images)
    by_datasets, by_webdataset = card_results(tars)
    check("the card's use of datasets", by_datasets["samples"], catalog, images)
    assert by_datasets["label"] == labels[0] and numpy.array_equal(numpy.asarray(by_datasets["image"]), images[0])
    assert by_webdataset["label"] == labels[-1] and numpy.array_equal(numpy.asarray(by_webdataset["image"]), images[-1])
    print("the card's use of webdataset: the last sample is the same")


if __name__ == "__main__":
    main()
