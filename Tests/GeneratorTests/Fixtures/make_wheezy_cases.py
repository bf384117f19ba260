"""Draws images with the package wheezy.captcha and writes down the random choices that gave each.

Run with wheezy.captcha and Pillow installed and the font Noto Mono where Debian has it: python make_wheezy_cases.py; it
writes wheezy/cases.jsonl and images. The package draws; this script only listens to what it asks of `random`.
"""
import json
import os
import random
import string

import PIL
import wheezy.captcha.image as wheezy

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "wheezy")
FONT = "/usr/share/fonts/truetype/noto/NotoMono-Regular.ttf"
rng = random.Random(20200605)


class Choices:
    """Stands in for the module `random` inside the package and keeps what it answers."""

    def __init__(self):
        self.answers = []

    def __getattr__(self, name):
        def ask(*arguments):
            self.answers.append(getattr(rng, name)(*arguments))
            return self.answers[-1]
        return ask

    def take(self):
        taken, self.answers = self.answers, []
        return taken


choices = Choices()
wheezy.random = choices


def any_color():
    return tuple(rng.randint(0, 255) for _ in range(3))


class Case:
    """One image: the package's drawers, each wrapped so that its choices get their names."""

    def __init__(self, text, width, height, curves=1, plain=True, drawings=("warp", "rotate", "offset"), squeeze=0.8):
        def color(usual):
            return usual if plain else any_color()

        self.text, self.background = text, color((238, 238, 204))
        self.case = {
            "style": "wheezy", "text": text, "width": width, "height": height, "background": self.background,
            "glyphs": [], "squeeze_factor": squeeze, "curves": [], "noise": {}}
        self.glyph_color = lambda: color((92, 135, 178))
        line = {"width": 4, "number": 6} if plain else {"width": rng.randint(2, 9), "number": rng.randint(3, 9)}
        level, count = (2, 50) if plain else (rng.randint(1, 5), rng.randint(0, 80))
        drawers = [wheezy.background("#%02X%02X%02X" % self.background), self.text_drawer(drawings, squeeze)]
        drawers += [self.curve(color=color((92, 135, 178)), **line) for _ in range(curves)]
        drawers += [self.noise(color=color((238, 238, 204)), level=level, number=count), wheezy.smooth()]
        self.image = wheezy.captcha(drawings=drawers, width=width, height=height)(text)

    def text_drawer(self, drawings, squeeze):
        def begin():
            # Asked for once a character, after its font.
            color = self.glyph_color()
            size = choices.take()[-1].size
            self.case["glyphs"].append({
                "char": self.text[len(self.case["glyphs"])], "font_size": size, "color": color, "warp": [0] * 4,
                "rotation_degrees": 0, "offset": [0, 0]})
            return color

        named = [getattr(self, name)() for name in drawings]
        return wheezy.text(fonts=[FONT], drawings=named, color=begin, squeeze_factor=squeeze)

    def warp(self):
        return self.listening(wheezy.warp(), "warp", lambda size, answers: [int(x) for x in answers])

    def rotate(self):
        return self.listening(wheezy.rotate(), "rotation_degrees", lambda size, answers: answers[0])

    def offset(self):
        return self.listening(wheezy.offset(), "offset", lambda size, answers: [
            int(answers[0] * size[0] * 0.1), int(answers[1] * size[1] * 0.2)])

    def listening(self, drawing, name, value):
        def drawn(image):
            choices.take()
            result = drawing(image)
            self.case["glyphs"][-1][name] = value(image.size, choices.take())
            return result
        return drawn

    def curve(self, color, width, number):
        drawer = wheezy.curve(color="#%02X%02X%02X" % color, width=width, number=number)

        def drawn(image, text):
            choices.take()
            result = drawer(image, text)
            self.case["curves"].append({"color": color, "width": width, "heights": choices.take()})
            return result
        return drawn

    def noise(self, color, level, number):
        drawer = wheezy.noise(number=number, color="#%02X%02X%02X" % color, level=level)

        def drawn(image, text):
            choices.take()
            result = drawer(image, text)
            places = [int(place) for place in choices.take()]
            self.case["noise"] = {
                "color": color, "level": level, "points": [list(point) for point in zip(places[::2], places[1::2])]}
            return result
        return drawn


def any_text(length, characters=string.digits + string.ascii_letters):
    return "".join(rng.choice(characters) for _ in range(length))


cases = [Case(any_text(4, string.ascii_uppercase + string.digits), 200, 75) for _ in range(40)]
cases += [Case(any_text(rng.randint(1, 7)), *rng.choice([(160, 60), (300, 100), (100, 40)])) for _ in range(20)]
for _ in range(20):  # what the package's parameters allow
    cases.append(Case(any_text(4), 200, 75, curves=rng.randint(0, 3), plain=False, squeeze=rng.uniform(0.4, 1.2)))
for drawings in ((), ("warp",), ("rotate",), ("offset",), ("warp", "offset")):
    cases += [Case(any_text(3), 160, 60, drawings=drawings) for _ in range(2)]

os.makedirs(FOLDER, exist_ok=True)
with open(os.path.join(FOLDER, "cases.jsonl"), "w") as file:
    for index, case in enumerate(cases):
        case.case["image"] = "%03d.png" % index
        case.image.save(os.path.join(FOLDER, case.case["image"]), optimize=True)
        file.write(json.dumps(case.case) + "\n")
print(len(cases), "cases, Pillow", PIL.__version__)
