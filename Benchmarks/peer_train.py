"""Images a second at which PyTorch trains the seed network (dee1024/pytorch-captcha-recognition) on the CPU, and at which it
reads with it, in the settings that a careful user tries: float32 and bfloat16, both also channels-last."""

import os
import time

import torch
from torch import nn

BATCH = 64
STEPS = 15


def block(inputs, outputs):
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.Dropout(0.5), nn.ReLU(),
                         nn.MaxPool2d(2))


def seed_network():
    return nn.Sequential(block(1, 32), block(32, 64), block(64, 64), nn.Flatten(), nn.Linear(64 * 7 * 20, 1024),
                         nn.Dropout(0.5), nn.ReLU(), nn.Linear(1024, 4 * 36))


def measure(name, precision, memory_format):
    torch.manual_seed(0)
    network = seed_network().to(memory_format=memory_format)
    images = torch.rand(BATCH, 1, 60, 160).to(memory_format=memory_format)
    targets = (torch.rand(BATCH, 4 * 36) < 1 / 36).float()
    optimizer = torch.optim.Adam(network.parameters(), 1e-3)
    loss_function = nn.MultiLabelSoftMarginLoss()
    seconds = []
    for step in range(3 + STEPS):
        start = time.perf_counter()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bfloat16"):
            logits = network(images)
        loss = loss_function(logits.float(), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step >= 3:
            seconds.append(time.perf_counter() - start)
    rates = sorted(BATCH / second for second in seconds)
    print(f"PyTorch {torch.__version__}, {name}: {rates[STEPS // 2]:.0f} images/s ({rates[0]:.0f}...{rates[-1]:.0f})",
          flush=True)


def measure_reading(name, precision, memory_format):
    network = seed_network().eval().to(memory_format=memory_format)
    images = torch.rand(BATCH, 1, 60, 160).to(memory_format=memory_format)
    seconds = []
    with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bfloat16"):
        for step in range(3 + STEPS):
            start = time.perf_counter()
            network(images).argmax()
            if step >= 3:
                seconds.append(time.perf_counter() - start)
    rates = sorted(BATCH / second for second in seconds)
    print(f"PyTorch {torch.__version__}, {name}, reading: {rates[STEPS // 2]:.0f} images/s "
          f"({rates[0]:.0f}...{rates[-1]:.0f})", flush=True)


def main():
    torch.set_num_threads(os.cpu_count())
    for precision in ("float32", "bfloat16"):
        measure(precision, precision, torch.contiguous_format)
        measure(precision + ", channels-last", precision, torch.channels_last)
    for precision in ("float32", "bfloat16"):
        measure_reading(precision, precision, torch.contiguous_format)
        measure_reading(precision + ", channels-last", precision, torch.channels_last)


if __name__ == "__main__":
    main()
