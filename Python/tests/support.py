"""The workspaces that the tests read, made by the program once, and what the program says about them."""

import atexit
import functools
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import warnings
import zlib
from pathlib import Path

import numpy

REPOSITORY = Path(__file__).resolve().parents[2]

# Labels of different lengths, colour images, and blocks so small that an epoch has two windows.
VARIED = """
name: varied
seed: 77
captcha: {charset: upper, length: [1, 3], width: 80, height: 48, color: rgb, style: plain}
datasets: {train: {count: 1234}}
shards: {records: 500, block: 4}
"""


@functools.lru_cache(maxsize=None)
def folder():
    """Removed when the tests end."""
    path = Path(tempfile.mkdtemp(prefix="glyphline-python-"))
    process = os.getpid()
    atexit.register(lambda: os.getpid() == process and shutil.rmtree(path))
    return path


def run(*arguments):
    """The program's standard output."""
    result = subprocess.run([os.environ["GLYPHLINE"], *map(str, arguments)], capture_output=True, text=True)
    if result.returncode != 0:
        raise AssertionError(f"glyphline {arguments}: exit code {result.returncode}: {result.stderr}")
    return result.stdout


@functools.lru_cache(maxsize=None)
def smoke():
    """The workspace of Pipelines/smoke.yaml, after `glyphline run`."""
    workspace = folder() / "smoke"
    run("run", REPOSITORY / "Pipelines" / "smoke.yaml", "--workspace", workspace)
    return workspace


@functools.lru_cache(maxsize=None)
def varied():
    """The workspace of VARIED, after `glyphline build`."""
    workspace, spec = folder() / "varied", folder() / "varied.yaml"
    spec.write_text(VARIED)
    run("build", spec, "--workspace", workspace)
    return workspace


def model_path():
    return smoke() / "model.safetensors"


@functools.lru_cache(maxsize=None)
def image_files():
    """The test split of smoke as PNG files, by index."""
    path = folder() / "images"
    run("export", "images", REPOSITORY / "Pipelines" / "smoke.yaml", "--workspace", smoke(), "--split", "test",
        "--out", path)
    return sorted(path.glob("*.png"), key=lambda file: int(file.stem.split("_")[1]))


@functools.lru_cache(maxsize=None)
def predictions():
    """[(text, confidence)] that `glyphline predict` gives for `image_files`."""
    report = json.loads(run("predict", "--model", model_path(), "--json", *image_files()))
    return [(image["text"], image["confidence"]) for image in report["images"]]


def inspect(shard, record):
    """(pixels [height, width, channel], label, seed, index) of a record, by `glyphline inspect`."""
    png = folder() / "record.png"
    report = json.loads(run("inspect", shard, "--record", record, "--png", png, "--json"))
    return read_png(png), report["label"], report["seed"], report["index"]


def read_png(path):
    """The pixels of an 8-bit gray or RGB file, [height, width, channel]. The PNG specification, sections 5 and 9."""
    content, offset, data = Path(path).read_bytes(), 8, b""
    while offset < len(content):
        (length,), kind = struct.unpack_from(">I", content, offset), content[offset + 4 : offset + 8]
        body = content[offset + 8 : offset + 8 + length]
        if kind == b"IHDR":
            width, height, depth, colour, _, _, interlace = struct.unpack(">IIBBBBB", body)
            assert (depth, interlace) == (8, 0) and colour in (0, 2)
        elif kind == b"IDAT":
            data += body
        offset += 12 + length
    channels = 1 if colour == 0 else 3
    lines = numpy.frombuffer(zlib.decompress(data), numpy.uint8).reshape(height, 1 + width * channels)
    pixels = numpy.zeros((height + 1, (width + 1) * channels), int)
    for row, line in enumerate(lines.tolist(), 1):
        for column, value in enumerate(line[1:], channels):
            left, above = pixels[row, column - channels], pixels[row - 1, column]
            corner = pixels[row - 1, column - channels]
            pixels[row, column] = (value + predicted_value(line[0], int(left), int(above), int(corner))) % 256
    return pixels[1:, channels:].reshape(height, width, channels).astype(numpy.uint8)


def predicted_value(filter_type, left, above, corner):
    if filter_type == 4:
        estimate = left + above - corner
        return min((left, above, corner), key=lambda value: abs(estimate - value))
    return (0, left, above, (left + above) // 2)[filter_type]


def python(code, *arguments, **options):
    """A process that runs code with this package."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        **options,
    )


def interrupted(code, *arguments, count=1):
    """The standard error of processes that get Ctrl-C once they have printed a line."""
    # A process that a shell started in the background ignores SIGINT, and so do its children.
    heeded = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    processes = [python(heeded + code, *arguments) for _ in range(count)]
    errors = []
    for process in processes:
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
    for process in processes:
        try:
            errors.append(process.communicate(timeout=60)[1])
        except subprocess.TimeoutExpired:
            process.kill()
            errors.append(f"still running: {process.communicate()[1]}")
    return errors


def in_fork(function):
    """Whether `function` returns true in a forked child; a crash or a hang is false."""
    with warnings.catch_warnings():
        # Python 3.12 warns of the library's threads.
        warnings.simplefilter("ignore", DeprecationWarning)
        process = os.fork()
    if process == 0:
        signal.alarm(60)
        try:
            os._exit(0 if function() else 1)
        except BaseException:
            sys.excepthook(*sys.exc_info())
            os._exit(2)
    return os.waitpid(process, 0)[1] == 0
