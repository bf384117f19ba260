"""Images a second that the Python package `captcha` draws on every core: 4 characters of 0-9A-Z, 160x60. No file is
written."""

import os
import random
import string
import time
from multiprocessing import Pool

from captcha.image import ImageCaptcha

CHARACTERS = string.digits + string.ascii_uppercase
ROUNDS = 3
IMAGES_PER_PROCESS = 1000


def draw(count):
    captcha = ImageCaptcha(160, 60)
    for _ in range(count):
        captcha.generate_image("".join(random.choices(CHARACTERS, k=4)))


def main():
    processes = os.cpu_count()
    rates = []
    with Pool(processes) as pool:
        pool.map(draw, [20] * processes, chunksize=1)
        for _ in range(ROUNDS):
            start = time.perf_counter()
            pool.map(draw, [IMAGES_PER_PROCESS] * processes, chunksize=1)
            rates.append(processes * IMAGES_PER_PROCESS / (time.perf_counter() - start))
    rates.sort()
    print(f"captcha (Python package), drawn only: {rates[ROUNDS // 2]:.0f} images/s"
          f" ({rates[0]:.0f}...{rates[-1]:.0f}, {processes} processes)")


if __name__ == "__main__":
    main()
