#!/usr/bin/env python3
"""Computes the table of Docs/clusters.md: how long ranks on machines of their own take for a step of the quickstart, and
how many times the images a second of one machine that is.

A rank is a machine of two cores like the one in RESULTS.md, on which a step of 32 images and their 128 candidates takes
55 ms. The lanes are a power of two, and so are the ranks, so each rank sends one sum over its images. All machines send
at once, each at the full rate in each direction. The sending of gradients during the backward pass, which hides some of
it, is not counted.
"""

import argparse

CONVOLUTIONS = 727_840
PARAMETERS = 1_006_192
CHANNELS = 864  # of all batch norms
FEATURES, LOGITS = 1920, 144
IMAGE = 160 * 60 + 2 * 4
EXCHANGES = 29
CANDIDATES = 4


def sent_bytes(ranks, batch):
    """What a rank sends in a step, by the part of the step."""
    others = ranks - 1
    images = batch / ranks
    return {
        "candidates": CANDIDATES * images * 16 * others + images * IMAGE * others / ranks,
        "batch norms": 2 * 2 * 8 * CHANNELS * others,
        "linear layer": 4 * images * others * (FEATURES + LOGITS) * (1 + 1 / ranks),
        "gradients": 4 * CONVOLUTIONS * others / ranks,
        "weights": 4 * PARAMETERS * others / ranks,
    }


def seconds(ranks, batch, gigabits, latency, alone):
    compute = alone * batch / 32 / ranks
    if ranks == 1:
        return compute
    return compute + EXCHANGES * latency + sum(sent_bytes(ranks, batch).values()) * 8 / gigabits / 1e9


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--alone", type=float, default=0.055, help="seconds of a step of 32 images on one machine")
    parser.add_argument("--gigabits", type=float, nargs="+", default=[1, 10, 100])
    # One way, of a message of MPI: over Ethernet and TCP, over 10 Gbit/s, and over InfiniBand or the like.
    parser.add_argument("--latency", type=float, nargs="+", default=[100e-6, 30e-6, 3e-6], help="in seconds")
    parser.add_argument("--ranks", type=int, nargs="+", default=[2, 4, 8, 16, 32, 64])
    parser.add_argument("--batches", type=int, nargs="+", default=[64, 256, 1024])
    options = parser.parse_args()
    for batch in options.batches:
        alone = seconds(1, batch, 1, 0, options.alone)
        for ranks in options.ranks:
            cells = []
            for gigabits, latency in zip(options.gigabits, options.latency):
                time = seconds(ranks, batch, gigabits, latency, options.alone)
                cells.append(f"{time * 1000:.1f} ms, {alone / time:.1f}")
            print(f"| {batch} | {ranks} | " + " | ".join(cells) + " |")
    for ranks in (2, 8):
        parts = sent_bytes(ranks, 32)
        print(f"{ranks} ranks, 32 images:", ", ".join(f"{name} {count / 1e6:.3f} MB" for name, count in parts.items()))


main()
