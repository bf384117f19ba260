"""Writes the losses of twenty training steps of the seed network in PyTorch, without dropout: what Glyphline's own steps
are held against. Weights, images and labels come from the formula that the test has too, so only the losses are stored.

    python trace_seed_cnn.py > seed-cnn-trace.txt
"""

import numpy
import torch

WIDTH, HEIGHT, CLASSES, BATCH, STEPS = 60, 40, 36, 8, 20


def words(stream, count):
    """`count` numbers of 32 bits that look random: the finaliser of xxHash32 over a counter."""
    word = (numpy.arange(count, dtype=numpy.uint64) + numpy.uint64((stream << 20) + 1)) * 0x9E3779B1 & 0xFFFFFFFF
    word = (word ^ word >> 15) * 0x85EBCA77 & 0xFFFFFFFF
    word = (word ^ word >> 13) * 0xC2B2AE3D & 0xFFFFFFFF
    return word ^ word >> 16


def seed_network():
    """captcha_cnn_model.py of dee1024/pytorch-captcha-recognition, for one character and without dropout."""
    nn = torch.nn
    layers = []
    for inputs, outputs in [(1, 32), (32, 64), (64, 64)]:
        layers += [nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.ReLU(), nn.MaxPool2d(2)]
    features = 64 * (HEIGHT // 8) * (WIDTH // 8)
    return nn.Sequential(
        *layers, nn.Flatten(), nn.Linear(features, 1024), nn.ReLU(), nn.Linear(1024, CLASSES))


def fill(network):
    """Uniform in +-1 / sqrt(fan in), layer by layer; batch norm stays as PyTorch makes it."""
    stream = 0
    with torch.no_grad():
        for layer in network:
            if not isinstance(layer, (torch.nn.Conv2d, torch.nn.Linear)):
                continue
            bound = layer.weight[0].numel() ** -0.5
            for parameter in (layer.weight, layer.bias):
                units = words(stream, parameter.numel()) / 2.0**32
                values = torch.from_numpy(((units * 2 - 1) * bound).astype(numpy.float32))
                parameter.copy_(values.reshape(parameter.shape))
                stream += 1


def batch(step):
    """Four batches that come round again and again. White paper is 0 and black ink 1."""
    number = 100 + step % 4
    pixels = (words(number, BATCH * HEIGHT * WIDTH) >> 24).astype(numpy.float32).reshape(BATCH, 1, HEIGHT, WIDTH)
    labels = words(number + 100, BATCH) % CLASSES
    return torch.from_numpy(1 - pixels / 255), torch.nn.functional.one_hot(torch.from_numpy(labels.astype(int)), CLASSES)


def main():
    torch.set_num_threads(1)
    network = seed_network()
    fill(network)
    optimizer = torch.optim.Adam(network.parameters(), 2e-4)
    loss_of = torch.nn.MultiLabelSoftMarginLoss()
    print(f"# PyTorch {torch.__version__.split('+')[0]}, float32: the loss of each step, before its change of the weights")
    for step in range(STEPS):
        images, targets = batch(step)
        loss = loss_of(network(images), targets.float())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(f"{loss.item():.9f}")


main()
