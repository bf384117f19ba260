"""PNG files a second that PyTorch predicts with the seed network as dee1024/pytorch-captcha-recognition does in
`captcha_predict.py`: one image a step, each file opened just before. Also with gradients switched off.
Usage: peer_predict.py FOLDER_OF_PNG_FILES"""

import contextlib
import glob
import os
import sys
import time

import numpy
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset

from peer_train import seed_network

CHARSET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
IMAGES = 1000
ROUNDS = 3


class GrayFiles(Dataset):
    def __init__(self, files):
        self.files = files

    def __len__(self):
        return len(self.files)

    def __getitem__(self, index):
        pixels = numpy.asarray(Image.open(self.files[index]).convert("L"), dtype=numpy.float32)
        return torch.from_numpy(pixels / 255)[None]


def predict(network, files):
    for image in DataLoader(GrayFiles(files), batch_size=1):
        logits = network(image)[0].detach().numpy().reshape(4, len(CHARSET))
        yield "".join(CHARSET[row.argmax()] for row in logits)


def measure(name, network, files, context):
    rates = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        with context():
            count = sum(1 for _ in predict(network, files))
        rates.append(count / (time.perf_counter() - start))
    rates.sort()
    print(f"PyTorch {torch.__version__}, seed network, {name}: {rates[ROUNDS // 2]:.0f} files/s "
          f"({rates[0]:.0f}...{rates[-1]:.0f})", flush=True)


def main():
    files = sorted(glob.glob(os.path.join(sys.argv[1], "*.png")))[:IMAGES]
    torch.set_num_threads(os.cpu_count())
    network = seed_network().eval()
    measure("one image a step", network, files, contextlib.nullcontext)
    measure("one image a step, without gradients", network, files, torch.inference_mode)


if __name__ == "__main__":
    main()
