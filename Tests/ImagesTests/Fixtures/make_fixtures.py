"""Writes one small PNG file of each colour type, bit depth and interlacing beside this script."""
import os
import struct
import zlib

WIDTH, HEIGHT = 13, 9
GRAY, RGB, PALETTE, GRAY_ALPHA, RGB_ALPHA = 0, 2, 3, 4, 6
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def tone(x, y):
    return (x * 20 + y * 3) & 255


def color(x, y):
    return (tone(x, y), 255 - tone(x, y), y * 28)


def alpha(x):
    return (x * 21) & 255


def samples(kind, depth, x, y):
    if kind == GRAY:
        return [tone(x, y) * 257 if depth == 16 else tone(x, y) >> (8 - depth)]
    if kind == PALETTE:
        return [tone(x, y) >> (8 - depth)]
    values = list(color(x, y)) if kind in (RGB, RGB_ALPHA) else [tone(x, y)]
    values += [alpha(x)] if kind in (GRAY_ALPHA, RGB_ALPHA) else []
    return [v * 257 for v in values] if depth == 16 else values


def line(kind, depth, xs, y):
    bits = "".join(format(s, "0%db" % depth) for x in xs for s in samples(kind, depth, x, y))
    bits += "0" * (-len(bits) % 8)
    return b"\0" + bytes(int(bits[i:i + 8], 2) for i in range(0, len(bits), 8))


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(kind, depth, interlaced, transparency=b""):
    lines = b""
    for x0, y0, dx, dy in ADAM7 if interlaced else [(0, 0, 1, 1)]:
        for y in range(y0, HEIGHT, dy):
            xs = range(x0, WIDTH, dx)
            lines += line(kind, depth, xs, y) if xs else b""
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, depth, kind, 0, 0, interlaced))
    if kind == PALETTE:
        count = 1 << depth
        entries = [i * 255 // (count - 1) for i in range(count)]
        data += chunk(b"PLTE", b"".join(bytes((e, 255 - e, e // 2)) for e in entries))
    if transparency:
        data += chunk(b"tRNS", transparency)
    return data + chunk(b"IDAT", zlib.compress(lines, 9)) + chunk(b"IEND", b"")


FILES = {
    "gray1": png(GRAY, 1, 0), "gray2": png(GRAY, 2, 0), "gray4": png(GRAY, 4, 0), "gray8": png(GRAY, 8, 0),
    "gray16": png(GRAY, 16, 0), "gray8-interlaced": png(GRAY, 8, 1), "gray2-interlaced": png(GRAY, 2, 1),
    "gray16-interlaced": png(GRAY, 16, 1), "rgb16-interlaced": png(RGB, 16, 1),
    "rgb8": png(RGB, 8, 0), "rgb16": png(RGB, 16, 0), "rgb8-interlaced": png(RGB, 8, 1),
    "palette1": png(PALETTE, 1, 0), "palette4": png(PALETTE, 4, 0), "palette8": png(PALETTE, 8, 0),
    "palette4-transparent": png(PALETTE, 4, 0, bytes(range(0, 256, 17))),
    "gray-alpha8": png(GRAY_ALPHA, 8, 0), "gray-alpha16": png(GRAY_ALPHA, 16, 0),
    "gray-alpha16-interlaced": png(GRAY_ALPHA, 16, 1), "rgb-alpha16": png(RGB_ALPHA, 16, 0),
    "rgb-alpha8": png(RGB_ALPHA, 8, 0), "rgb-alpha8-interlaced": png(RGB_ALPHA, 8, 1),
}

for name, data in FILES.items():
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), name + ".png"), "wb") as file:
        file.write(data)
