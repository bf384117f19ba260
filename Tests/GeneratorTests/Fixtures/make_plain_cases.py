"""Draws text with Pillow, character by character, for style plain.

Run with Pillow installed and the font Noto Mono where Debian has it: python make_plain_cases.py; it writes
plain/cases.jsonl and images.
"""
import json
import os
import random

from PIL import Image, ImageDraw, ImageFont

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "plain")
FONT = "/usr/share/fonts/truetype/noto/NotoMono-Regular.ttf"
rng = random.Random(20200605)


def any_color():
    return [rng.randint(0, 255) for _ in range(3)]


def any_glyph(width, height):
    position = [rng.randint(-20, width + 10), rng.randint(-10, height + 20)]
    return {"char": rng.choice("AQgjW5&É@"), "font_size": rng.randint(8, 90), "position": position}


def drawn(case):
    image = Image.new("RGB", (case["width"], case["height"]), tuple(case["background"]))
    draw = ImageDraw.Draw(image)
    for glyph in case["glyphs"]:
        font = ImageFont.truetype(FONT, glyph["font_size"])
        draw.text(glyph["position"], glyph["char"], font=font, fill=tuple(case["color"]), anchor="ls")
    return image


os.makedirs(FOLDER, exist_ok=True)
with open(os.path.join(FOLDER, "cases.jsonl"), "w") as file:
    for index in range(20):
        width, height = rng.choice([(160, 60), (33, 41)])
        glyphs = [any_glyph(width, height) for _ in range(rng.randint(1, 8))]
        parameters = {
            "style": "plain", "text": "".join(glyph["char"] for glyph in glyphs), "width": width, "height": height,
            "background": any_color(), "color": any_color(), "glyphs": glyphs, "image": "%03d.png" % index}
        drawn(parameters).save(os.path.join(FOLDER, parameters["image"]), optimize=True)
        file.write(json.dumps(parameters) + "\n")
