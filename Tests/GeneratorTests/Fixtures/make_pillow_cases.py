"""Draws parameters that the package captcha never chooses, by the same Pillow calls in the same order.

Run with captcha 0.7.1 and Pillow installed: python make_pillow_cases.py; it writes pillow/cases.jsonl and images.
"""
import json
import os
import random

import captcha.image
from PIL import Image, ImageDraw, ImageFilter, ImageFont

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "pillow")
MASK = [int(i * 1.97) for i in range(256)]
rng = random.Random(20200605)


def font(size):
    return ImageFont.truetype(captcha.image.DEFAULT_FONTS[0], size)


def rotated(glyph, color):
    (dx, dy), (w, h) = glyph["offset"], glyph["cell"]
    image = Image.new("RGBA", (w + dx, h + dy))
    ImageDraw.Draw(image).text((dx, dy), glyph["char"], font=font(glyph["font_size"]), fill=color)
    image = image.crop(image.getbbox())
    return image.rotate(glyph["rotation_degrees"], Image.Resampling.BILINEAR, expand=True)


def finished(glyph, color):
    (w, h), (x1, y1, x2, y2) = glyph["cell"], glyph["warp"]
    w2, h2 = w + abs(x1) + abs(x2), h + abs(y1) + abs(y2)
    image = rotated(glyph, color).resize((w2, h2))
    return image.transform(
        (w, h), Image.Transform.QUAD, (x1, y1, -x1, h2 - y2, w2 + x2, h2 + y2, w2 - x2, -y1))


def drawn(case):
    color, (width, height) = tuple(case["color"]), (case["width"], case["height"])
    glyphs = [finished(glyph, color) for glyph in case["glyphs"]]
    text_width = sum(glyph.size[0] for glyph in glyphs)
    image = Image.new("RGB", (max(text_width, width), height), tuple(case["background"]))
    left = int(int(text_width / len(case["text"])) * 0.1)
    for glyph, overlap in zip(glyphs, case["overlaps"]):
        mask = glyph.convert("L").point(MASK)
        image.paste(glyph, (left, int((height - glyph.size[1]) / 2)), mask)
        left += glyph.size[0] - overlap
    if text_width > width:
        image = image.resize((width, height))
    draw = ImageDraw.Draw(image)
    for x, y in case["dots"]:
        draw.line(((x, y), (x - 1, y - 1)), fill=color, width=3)
    arc = case["arc"]
    draw.arc(arc["box"], arc["start_degrees"], arc["end_degrees"], fill=color)
    return image.filter(ImageFilter.SMOOTH)


def case(glyph, alpha, arc):
    return {
        "text": glyph["char"], "width": 64, "height": 48, "background": [rng.randint(0, 255) for _ in range(3)],
        "color": [rng.randint(0, 255) for _ in range(3)] + [alpha], "glyphs": [glyph], "overlaps": [0],
        "dots": [[rng.randint(-3, 67), rng.randint(-3, 51)] for _ in range(4)], "arc": arc}


def glyph(rotation, cell, warp=(0, 0, 0, 0), size=42, offset=(2, 3)):
    return {
        "char": rng.choice("AQgw5&"), "font_size": size, "offset": list(offset), "rotation_degrees": rotation,
        "cell": list(cell), "warp": list(warp)}


def any_arc():
    box = sorted(rng.randint(-5, 70) for _ in range(2)) + sorted(rng.randint(-5, 55) for _ in range(2))
    start = rng.choice([0, 90, 180, 270, rng.randint(0, 359)])
    return {
        "box": [box[0], box[2], box[1], box[3]], "start_degrees": start,
        "end_degrees": start + rng.choice([1, 90, 180, 270, rng.randint(1, 359)])}


cases = []
for _ in range(60):  # arcs of any angle on boxes of any shape, and the extremes of opacity
    cases.append(case(glyph(rng.uniform(-89, 89), (26, 46)), rng.choice([128, 200, 255]), any_arc()))
for _ in range(10):  # not rotated: Pillow copies
    cases.append(case(glyph(0, (26, 46), [rng.randint(-9, 9) for _ in range(4)]), 230, any_arc()))
for _ in range(10):  # the size after the rotation is the one asked for, in width, in height, in both
    for across, down in ((0, 0), (0, 5), (5, 0)):
        for angle in (0, rng.uniform(-30, 30)):
            wanted = glyph(angle, (40, 60))
            size = rotated(wanted, (1, 2, 3, 230)).size
            wanted["cell"] = [size[0] + across, size[1] + down]
            if rotated(wanted, (1, 2, 3, 230)).size == size:  # not cut off by the smaller image
                cases.append(case(wanted, 230, any_arc()))
for _ in range(20):  # ink beyond the edge of the glyph's own image is cut off
    cell = (rng.randint(8, 20), rng.randint(25, 40))
    cases.append(case(glyph(rng.uniform(-30, 30), cell, size=56), 240, any_arc()))
narrower = wider = 0
while narrower < 5 or wider < 5:  # the height loses so much more than the width that Pillow 13 resizes it first
    wanted = glyph(rng.uniform(-80, 80), (30, rng.randint(20, 40)), [rng.randint(-9, 9), 0, rng.randint(-9, 9), 0])
    (x1, _, x2, _), (w, h) = wanted["warp"], rotated(wanted, (1, 2, 3, 230)).size
    across, down = w - 30 - abs(x1) - abs(x2), h - wanted["cell"][1]
    if down > 2 * across and down > 0 and across != 0 and (narrower if across > 0 else wider) < 5:
        narrower, wider = narrower + (across > 0), wider + (across < 0)
        cases.append(case(wanted, 230, any_arc()))

os.makedirs(FOLDER, exist_ok=True)
with open(os.path.join(FOLDER, "cases.jsonl"), "w") as file:
    for index, parameters in enumerate(cases):
        parameters["image"] = "%03d.png" % index
        drawn(parameters).save(os.path.join(FOLDER, parameters["image"]), optimize=True)
        file.write(json.dumps(parameters) + "\n")
print(len(cases), "cases")
