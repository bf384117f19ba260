"""The speed of the Python package `glyphline` beside that of the alternatives, in alternated rounds.

Loading: labelled samples a second in shuffled order, of MosaicML Streaming with zstd and of the package, from the same
samples. Predicting: PNG files a second, of `glyphline predict` and of `Model.read` in a new process each.
Usage: python_package.py load WORKSPACE, or python_package.py predict MODEL FOLDER_OF_PNG_FILES.
GLYPHLINE is the program; GLYPHLINE_LIBRARY the library, if the package is not installed."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BATCH = 128
ROUNDS = 5


def compare(tools):
    """Prints the median rate of each tool. A tool returns a count of what it has done.

    The rate for each second of CPU time, of all threads and processes, hardly depends on what else the machine does.
    """
    rates = {name: [] for name in tools}
    for _ in range(ROUNDS):
        for name, tool in tools.items():
            start, cpu_start = time.perf_counter(), cpu_seconds()
            count = tool()
            rates[name].append((count / (time.perf_counter() - start), count / (cpu_seconds() - cpu_start)))
    for name, values in rates.items():
        each = [sorted(column) for column in zip(*values)]
        texts = [f"{column[ROUNDS // 2]:.0f} ({column[0]:.0f}...{column[-1]:.0f})" for column in each]
        print(f"{name}: {texts[0]} a second, {texts[1]} a CPU second", flush=True)


def cpu_seconds():
    """Of this process and the children that have ended."""
    return sum(os.times()[:4])


def write_streaming(split, folder):
    from streaming import MDSWriter

    columns = {"pixels": "bytes", "label": "str"}
    with MDSWriter(out=folder, columns=columns, compression="zstd:3", hashes=["xxh64"], size_limit=1 << 24) as writer:
        for image, label, _ in split:
            writer.write({"pixels": image.tobytes(), "label": label})


def compare_loading(workspace):
    import torch
    from streaming import StreamingDataset
    from torch.utils.data import DataLoader

    import glyphline
    from glyphline.torch import BatchDataset

    class StreamedSamples(StreamingDataset):
        def __getitem__(self, index):
            sample = super().__getitem__(index)
            return torch.frombuffer(bytearray(sample["pixels"]), dtype=torch.uint8), sample["label"]

    split, workers = glyphline.Split(workspace, "train"), os.cpu_count()
    print(f"{len(split)} samples, batches of {BATCH}")
    with tempfile.TemporaryDirectory() as folder:
        streamed = []
        # A dataset of MosaicML Streaming works with one number of workers only, and alone on its folder.
        for worker_count in (0, workers):
            path = f"{folder}/{worker_count}"
            write_streaming(split, path)
            streamed.append(StreamedSamples(local=path, shuffle=True, batch_size=BATCH, keep_zip=True))
        dataset = BatchDataset(split, BATCH)

        def count(loader):
            return sum(len(images) for images, _ in loader)

        compare({
            "MosaicML Streaming, no workers": lambda: count(DataLoader(streamed[0], BATCH)),
            f"MosaicML Streaming, {workers} workers":
                lambda: count(DataLoader(streamed[1], BATCH, num_workers=workers)),
            f"Split.batches, {workers} threads": lambda: sum(map(len, split.batches(BATCH, shuffle=True))),
            f"BatchDataset, {workers} threads": lambda: count(DataLoader(dataset, batch_size=None)),
            f"BatchDataset, {workers} workers":
                lambda: count(DataLoader(dataset, batch_size=None, num_workers=workers)),
        })


READ = """
import sys, glyphline
from pathlib import Path
predictions = glyphline.Model(sys.argv[1]).read(sorted(Path(sys.argv[2]).iterdir()))
assert all(prediction.text for prediction in predictions)
"""


def compare_predicting(model, folder):
    count = len(list(Path(folder).iterdir()))

    def run(*command):
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return count

    print(f"{count} files")
    compare({
        "glyphline predict": lambda: run(os.environ["GLYPHLINE"], "predict", "--model", model, folder),
        "Model.read": lambda: run(sys.executable, "-c", READ, model, folder),
    })


if __name__ == "__main__":
    {"load": compare_loading, "predict": compare_predicting}[sys.argv[1]](*sys.argv[2:])
