"""Draws labelled captchas with the Python package `captcha` and saves them as LABEL_NUMBER.png: test images from outside
Glyphline. The package takes its random numbers from `secrets`; a seeded generator replaces it here, so that the same seed
gives the same files."""

import argparse
import os
import random
import string
from multiprocessing import Pool

import captcha.image

CHARSETS = {
    "digits": string.digits,
    "upper": string.digits + string.ascii_uppercase,
    "full": string.digits + string.ascii_letters,
}


class SeededSecrets:
    """Replaces the three functions of `secrets` that the package calls."""

    def __init__(self, seed):
        self._random = random.Random(seed)

    def randbelow(self, bound):
        return self._random.randrange(bound)

    def randbits(self, count):
        return self._random.getrandbits(count)

    def choice(self, items):
        return items[self._random.randrange(len(items))]


def draw(job):
    options, number = job
    secrets = SeededSecrets((options.seed << 32) + number)
    captcha.image.secrets = secrets
    text = "".join(secrets.choice(CHARSETS[options.charset]) for _ in range(options.length))
    image = captcha.image.ImageCaptcha(options.width, options.height).generate_image(text)
    image.save(os.path.join(options.folder, f"{text}_{number:06d}.png"))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--charset", choices=CHARSETS, default="upper")
    parser.add_argument("--length", type=int, default=4)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--width", type=int, default=160)
    parser.add_argument("--height", type=int, default=60)
    options = parser.parse_args()
    os.makedirs(options.folder, exist_ok=True)
    with Pool() as pool:
        pool.map(draw, [(options, number) for number in range(options.count)], chunksize=64)


if __name__ == "__main__":
    main()
