"""Images a second at which PyTorch trains the seed network (dee1024/pytorch-captcha-recognition) on the CPU, and at which it
infers with it: float32 and bfloat16, contiguous and channels-last, eager and compiled by torch.compile (which needs a C++
compiler). A setting that cannot run is named with the reason."""

import os
import time

import torch
from torch import nn

BATCH = 64
WARM_UP_STEPS = 4
STEPS = 15
SETTINGS = [  # precision, channels-last, compiled
    ("float32", False, False),
    ("float32", True, False),
    ("float32", True, True),
    ("bfloat16", False, False),
    ("bfloat16", True, False),
    ("bfloat16", True, True),
]


def block(inputs, outputs):
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.Dropout(0.5), nn.ReLU(),
                         nn.MaxPool2d(2))


def seed_network():
    return nn.Sequential(block(1, 32), block(32, 64), block(64, 64), nn.Flatten(), nn.Linear(64 * 7 * 20, 1024),
                         nn.Dropout(0.5), nn.ReLU(), nn.Linear(1024, 4 * 36))


def training_step(network, images, precision, compiled):
    """A function that trains on one batch."""
    targets = (torch.rand(BATCH, 4 * 36) < 1 / 36).float()
    optimizer = torch.optim.Adam(network.parameters(), 1e-3)
    loss_function = nn.MultiLabelSoftMarginLoss()

    def loss_of_batch():
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bfloat16"):
            logits = network(images)
        return loss_function(logits.float(), targets)

    forward = torch.compile(loss_of_batch) if compiled else loss_of_batch

    def step():
        loss = forward()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return step


def inference_step(network, images, precision, compiled):
    """A function that infers one batch."""
    network.eval()
    forward = torch.compile(network) if compiled else network

    def step():
        with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bfloat16"):
            forward(images).argmax()

    return step


def measure(work, make_step, precision, channels_last, compiled):
    name = f"PyTorch {torch.__version__}, {work}, {precision}"
    name += (", channels-last" if channels_last else "") + (", torch.compile" if compiled else "")
    memory_format = torch.channels_last if channels_last else torch.contiguous_format
    try:
        torch.manual_seed(0)
        network = seed_network().to(memory_format=memory_format)
        images = torch.rand(BATCH, 1, 60, 160).to(memory_format=memory_format)
        step = make_step(network, images, precision, compiled)
        for _ in range(WARM_UP_STEPS):
            step()
        rates = []
        for _ in range(STEPS):
            start = time.perf_counter()
            step()
            rates.append(BATCH / (time.perf_counter() - start))
    except Exception as error:
        reason = str(error).strip().partition("\n")[0]
        print(f"{name}: no figure ({type(error).__name__}: {reason})", flush=True)
        return
    rates.sort()
    print(f"{name}: {rates[STEPS // 2]:.0f} images/s ({rates[0]:.0f}...{rates[-1]:.0f})", flush=True)


def main():
    torch.set_num_threads(os.cpu_count())
    for work, make_step in (("training", training_step), ("inference", inference_step)):
        for precision, channels_last, compiled in SETTINGS:
            measure(work, make_step, precision, channels_last, compiled)


if __name__ == "__main__":
    main()
