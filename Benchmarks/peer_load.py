"""Labelled gray samples a second read back in shuffled order by what a PyTorch user would pick: a folder of PNG files
behind a DataLoader, WebDataset, and MosaicML Streaming with zstd. Usage: peer_load.py FOLDER_OF_LABELLED_PNG_FILES"""

import glob
import io
import os
import sys
import tempfile
import time

import numpy
import torch
import webdataset
from PIL import Image
from streaming import MDSWriter, StreamingDataset
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


class StreamedSamples(StreamingDataset):
    def __getitem__(self, index):
        sample = super().__getitem__(index)
        return torch.frombuffer(bytearray(sample["pixels"]), dtype=torch.uint8), sample["label"]


def write_streaming(files, folder):
    columns = {"pixels": "bytes", "label": "str"}
    with MDSWriter(out=folder, columns=columns, compression="zstd:3", hashes=["xxh64"], size_limit=1 << 24) as writer:
        for file in files:
            writer.write({"pixels": pixels_of(file).numpy().tobytes(), "label": label_of(file)})


def write_webdataset(files, path):
    with webdataset.TarWriter(path) as writer:
        for number, file in enumerate(files):
            with open(file, "rb") as png:
                writer.write({"__key__": f"{number:08d}", "png": png.read(), "txt": label_of(file)})


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


def main():
    files = sorted(glob.glob(os.path.join(sys.argv[1], "*.png")))
    workers = os.cpu_count()
    measure("PNG folder, DataLoader", DataLoader(PNGFolder(files), BATCH, shuffle=True, num_workers=workers))
    with tempfile.TemporaryDirectory() as folder:
        write_streaming(files, folder + "/mds")
        for count in (0, workers):
            dataset = StreamedSamples(local=folder + "/mds", shuffle=True, batch_size=BATCH, keep_zip=True)
            measure(f"MosaicML Streaming, {count} workers", DataLoader(dataset, BATCH, num_workers=count))
        write_webdataset(files, folder + "/samples.tar")
        dataset = webdataset.WebDataset(folder + "/samples.tar", shardshuffle=False).shuffle(1000).map(decode_webdataset)
        measure("WebDataset", DataLoader(dataset, BATCH, num_workers=1))


if __name__ == "__main__":
    main()
