"""Draws dots of every width and any number of arcs, by the Pillow calls of the package captcha. No ink of a character.

Run with captcha 0.7.1 and Pillow installed: python make_clutter_cases.py; it writes clutter/cases.jsonl and images.
"""
import json
import os
import random

from PIL import Image, ImageDraw, ImageFilter

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "clutter")
rng = random.Random(20201124)


def drawn(case):
    image = Image.new("RGB", (case["width"], case["height"]), tuple(case["background"]))
    draw, color = ImageDraw.Draw(image), tuple(case["color"])
    for x, y in case["dots"]:
        draw.line(((x, y), (x - 1, y - 1)), fill=color, width=case["dot_width"])
    for arc in case["arcs"]:
        draw.arc(arc["box"], arc["start_degrees"], arc["end_degrees"], fill=color)
    return image.filter(ImageFilter.SMOOTH)


def arc():
    left, right = sorted(rng.randint(0, 96) for _ in range(2))
    top, bottom = sorted(rng.randint(0, 48) for _ in range(2))
    return {"box": [left, top, right, bottom], "start_degrees": rng.randint(0, 90), "end_degrees": rng.randint(91, 359)}


space = {"char": " ", "font_size": 42, "offset": [0, 0], "rotation_degrees": 0, "cell": [26, 46], "warp": [0, 0, 0, 0]}
os.makedirs(FOLDER, exist_ok=True)
with open(os.path.join(FOLDER, "cases.jsonl"), "w") as file:
    for index, width in enumerate(range(1, 12)):
        case = {
            "text": " ", "width": 96, "height": 48, "background": [rng.randint(0, 255) for _ in range(3)],
            "color": [rng.randint(0, 255) for _ in range(3)] + [255], "glyphs": [space], "overlaps": [0],
            "dots": [[rng.randint(0, 96), rng.randint(0, 48)] for _ in range(8)], "dot_width": width,
            "arcs": [arc() for _ in range(index % 4)], "image": "%03d.png" % index}
        drawn(case).save(os.path.join(FOLDER, case["image"]), optimize=True)
        file.write(json.dumps(case) + "\n")
