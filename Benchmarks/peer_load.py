"""Labelled gray samples a second that the usual tools of a PyTorch user load in shuffled order: a folder of PNG files behind
a DataLoader, WebDataset, and MosaicML Streaming with zstd. A tool that is not installed is named as such.
Usage: peer_load.py FOLDER_OF_LABELLED_PNG_FILES"""

import glob
import io
import os
import sys
import tempfile
import time

import numpy
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset

BATCH = 128
ROUNDS = 3


def label_of(path):
    return os.path.basename(path).partition("_")[0]


def pixels_of(source):
    return torch.from_numpy(numpy.asarray(Image.open(source).convert("L")).copy())


class PNGFolder(Dataset):
    def __init__(self, files):
        self.files = files

    def __len__(self):
        return len(self.files)

    def __getitem__(self, index):
        return pixels_of(self.files[index]), label_of(self.files[index])


def decode_webdataset(sample):
    return pixels_of(io.BytesIO(sample["png"])), sample["txt"].decode()


def measure(name, loader):
    rates = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        count = sum(len(images) for images, _ in loader)
        rates.append(count / (time.perf_counter() - start))
    rates.sort()
    print(f"{name}: {rates[ROUNDS // 2]:.0f} samples/s ({rates[0]:.0f}...{rates[-1]:.0f})", flush=True)


def measure_folder(files, folder):
    workers = os.cpu_count()
    measure(f"PNG folder, DataLoader, {workers} workers",
            DataLoader(PNGFolder(files), BATCH, shuffle=True, num_workers=workers))


def measure_streaming(files, folder):
    from streaming import MDSWriter, StreamingDataset

    class StreamedSamples(StreamingDataset):
        def __getitem__(self, index):
            sample = super().__getitem__(index)
            return torch.frombuffer(bytearray(sample["pixels"]), dtype=torch.uint8), sample["label"]

    columns = {"pixels": "bytes", "label": "str"}
    with MDSWriter(out=folder + "/mds", columns=columns, compression="zstd:3", hashes=["xxh64"],
                   size_limit=1 << 24) as writer:
        for file in files:
            writer.write({"pixels": pixels_of(file).numpy().tobytes(), "label": label_of(file)})
    for workers in (0, os.cpu_count()):
        dataset = StreamedSamples(local=folder + "/mds", shuffle=True, batch_size=BATCH, keep_zip=True)
        measure(f"MosaicML Streaming, {workers} workers", DataLoader(dataset, BATCH, num_workers=workers))


def measure_webdataset(files, folder):
    import webdataset

    with webdataset.TarWriter(folder + "/samples.tar") as writer:
        for number, file in enumerate(files):
            with open(file, "rb") as png:
                writer.write({"__key__": f"{number:08d}", "png": png.read(), "txt": label_of(file)})
    dataset = webdataset.WebDataset(folder + "/samples.tar", shardshuffle=False).shuffle(1000).map(decode_webdataset)
    measure("WebDataset, 1 worker", DataLoader(dataset, BATCH, num_workers=1))


def main():
    files = sorted(glob.glob(os.path.join(sys.argv[1], "*.png")))
    for name, measure_tool in (("PNG folder", measure_folder), ("MosaicML Streaming", measure_streaming),
                               ("WebDataset", measure_webdataset)):
        with tempfile.TemporaryDirectory() as folder:
            try:
                measure_tool(files, folder)
            except ImportError as error:
                print(f"{name}: no figure ({error.name} is not installed)", flush=True)


if __name__ == "__main__":
    main()
