"""Makes the fixtures that Pillow is the judge of: JPEG files beside what Pillow decodes them to, and
the picture rgb8.png in other sizes."""

import os

from PIL import Image

folder = os.path.dirname(os.path.abspath(__file__))


def path(name):
    return os.path.join(folder, name)


def save_jpeg(image, name, **options):
    image.save(path(name + ".jpg"), quality=90, **options)
    with Image.open(path(name + ".jpg")) as decoded:
        if decoded.mode != "CMYK":
            decoded.save(path(name + "-decoded.png"))


width, height = 40, 24
rgb = Image.new("RGB", (width, height))
rgb.putdata([(x * 6, y * 10, 255 - x * 3 - y * 2) for y in range(height) for x in range(width)])
save_jpeg(rgb, "jpeg-rgb")
save_jpeg(rgb, "jpeg-rgb-progressive", progressive=True)
save_jpeg(rgb.convert("L"), "jpeg-gray")
save_jpeg(rgb.convert("CMYK"), "jpeg-cmyk")
with Image.open(path("rgb8.png")) as picture:
    for size in [(20, 5), (4, 30), (13, 2)]:
        picture.resize(size, Image.Resampling.BILINEAR).save(path(f"resized-{size[0]}x{size[1]}.png"))
