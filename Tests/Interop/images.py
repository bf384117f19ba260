"""Imports image files of every kind that the program reads, made by Pillow and ImageMagick, and compares the pixels with
those that Pillow reads from the same files. A file whose format is refused by name is counted; every other refusal fails."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1] / "ImagesTests" / "Fixtures"))
import make_format_fixtures as formats

WIDTH, HEIGHT = 61, 43
# Options of ImageMagick, and how the file's name ends. The letters before it say what kind of picture goes in.
MAGICK = [
    ("rgb", ["-define", f"bmp:format={kind}"], "bmp") for kind in ["bmp2", "bmp3", "bmp4"]
] + [
    ("alpha", [], "bmp"), ("rgb", ["-colors", "200", "-type", "palette"], "bmp"), ("rgb", ["-monochrome"], "bmp"),
    ("rgb", ["-colors", "16", "-type", "palette"], "bmp3:bmp"), ("rgb", ["-colorspace", "Gray"], "bmp"),
    ("rgb", ["-define", "bmp:subtype=RGB565"], "bmp"), ("rgb", ["-define", "bmp:subtype=RGB555"], "bmp"),
    ("rgb", ["-compress", "RLE", "-colors", "100", "-type", "palette"], "bmp"),
    ("rgb", [], "gif"), ("alpha", [], "gif"), ("rgb", ["-interlace", "GIF"], "gif"), ("rgb", ["-monochrome"], "gif"),
    ("rgb", ["-colorspace", "Gray"], "gif"), ("rgb", ["-colors", "3"], "gif"), ("rgb", ["-duplicate", "2"], "gif"),
    ("rgb", [], "jpg"), ("rgb", ["-interlace", "JPEG"], "jpg"), ("rgb", ["-sampling-factor", "4x1"], "jpg"),
    ("rgb", ["-sampling-factor", "1x2"], "jpg"), ("rgb", ["-sampling-factor", "2x2,1x2,1x1"], "jpg"),
    ("rgb", ["-colorspace", "CMYK"], "jpg"), ("rgb", ["-colorspace", "Gray"], "jpg"), ("rgb", ["-quality", "12"], "jpg"),
    ("rgb", ["-quality", "100"], "jpg"), ("rgb", ["-define", "jpeg:optimize-coding=false"], "jpg"),
    ("rgb", [], "webp"), ("alpha", [], "webp"), ("rgb", ["-define", "webp:lossless=true"], "webp"),
    ("alpha", ["-define", "webp:lossless=true"], "webp"), ("rgb", ["-quality", "5"], "webp"),
    ("rgb", [], "png8:png"), ("alpha", [], "png"), ("rgb", ["-interlace", "PNG"], "png"), ("rgb", ["-depth", "16"], "png"),
    ("rgb", [], "tif"), ("rgb", [], "ico"), ("rgb", [], "ppm"), ("rgb", [], "psd"), ("rgb", [], "tga"),
]


def write_files(folder):
    """Returns the names of the files, each beginning with a number of four digits."""
    picture = formats.picture(WIDTH, HEIGHT)
    names = []

    def add(kind):
        names.append(f"{len(names):04}_{kind}")
        return folder / names[-1]

    for kind, content in formats.files(picture):
        add(kind).write_bytes(content)
    program = shutil.which("magick") or shutil.which("convert")
    if not program:
        print("images: no ImageMagick, so its files are left out")
        return names
    sources = {"rgb": picture, "alpha": formats.with_alpha(picture)}
    for name, image in sources.items():
        image.save(folder / f"{name}.source.png")
    for source, options, kind in MAGICK:
        coder, _, end = kind.rpartition(":")
        target = add(f"magick.{end}")
        subprocess.run(
            [program, folder / f"{source}.source.png", *options, f"{coder}:{target}" if coder else target], check=True)
    return names


def difference(expected, path):
    with Image.open(path) as image:
        return int(numpy.abs(numpy.asarray(expected, int) - numpy.asarray(image.convert("RGB"), int)).max())


def main():
    glyphline, folder = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "files").mkdir(parents=True)
    names = write_files(folder / "files")
    # One label for all: many files show the same pixels, and an import refuses one image with two labels.
    (folder / "files" / "labels.csv").write_text("file,label\n" + "".join(f"{name},0000\n" for name in names))
    (folder / "images.yaml").write_text(
        "name: images\n"
        f"captcha: {{charset: digits, length: 4, width: {WIDTH}, height: {HEIGHT}, color: rgb}}\n"
        "datasets: {train: imported, test: imported}\n")

    def run(*command):
        return subprocess.run(
            [glyphline, *command, "--workspace", "work"], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    outcome = run("import", "files/labels.csv", "--into", "images.yaml", "--split", "test", "--skip-bad").stdout
    exported = run("export", "images", "images.yaml", "--split", "test", "--out", "exported")
    assert exported.returncode == 0, outcome + exported.stdout
    failures, index, refused = 0, 0, []
    for name in names:
        line = next((line for line in outcome.splitlines() if line.startswith(f"files/{name} ")), None)
        if line is not None:
            refused.append(line)
            if "; save it as PNG first" not in line:
                failures += 1
                print(f"images: refused: {name}: {line}")
            continue
        # Samples are numbered in the order of the table.
        image = folder / "exported" / f"0000_{index:06}.png"
        index += 1
        allowed = 2 if name.endswith(".jpg") or ("webp" in name and "lossless" not in name) else 1
        largest = difference(formats.as_pillow_reads(str(folder / "files" / name)), image)
        if largest > allowed:
            failures += 1
            print(f"images: {name} differs from Pillow's pixels by {largest}")
    assert len(list((folder / "exported").glob("*.png"))) == index, outcome
    print("\n".join(refused))
    print(f"images: {len(names) - len(refused)} files are as Pillow reads them, {len(refused)} are refused by name")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
