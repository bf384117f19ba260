"""Writes small files of each kind that the image readers take, in the folder `formats` beside this script, and beside
each, and beside the files `captcha-*` there, what Pillow makes of it: `NAME.png` for `NAME`, upright, in RGB, on white, or
on black where its name says so."""

import io
import os
import struct

from PIL import Image, ImageDraw, ImageOps


def picture(width, height):
    """A colour picture with smooth parts and edges."""
    image = Image.new("RGB", (width, height))
    image.putdata([(x * 255 // width, y * 255 // height, 255 - x * 3 - y * 2) for y in range(height) for x in range(width)])
    draw = ImageDraw.Draw(image)
    draw.rectangle([width // 5, height // 4, width // 2, height // 2], fill=(250, 40, 10))
    draw.line([0, height - 1, width - 1, 0], fill=(0, 20, 90), width=2)
    return image


def saved(image, format, **options):
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def with_alpha(image):
    """From transparent on the left to opaque on the right."""
    alpha = Image.new("L", image.size)
    alpha.putdata([x * 255 // (image.width - 1) for y in range(image.height) for x in range(image.width)])
    return Image.merge("RGBA", image.split() + (alpha,))


def light_text(image, ink=(255, 255, 255, 255)):
    """White strokes on a transparent ground, which is white too."""
    text = Image.new("RGBA", image.size, (255, 255, 255, 0))
    draw = ImageDraw.Draw(text)
    draw.line([2, 2, image.width - 3, image.height - 3], fill=ink, width=3)
    draw.ellipse([3, 2, image.width // 2, image.height - 2], outline=ink)
    return text


def exif(orientation):
    block = Image.Exif()
    block[0x0112] = orientation
    return block.tobytes()


def stored(image, orientation):
    """The picture as a file with this orientation stores it."""
    back = {2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE", 6: "ROTATE_90",
            7: "TRANSVERSE", 8: "ROTATE_270"}.get(orientation)
    return image.transpose(Image.Transpose[back]) if back else image


# GIF

def gif(screen, frames, palette=None, trailer=b";"):
    """A file of these frames: (left, top, image of mode P, interlaced, local palette or None, transparent index)."""
    def table(colors):
        return colors + bytes(768 - len(colors))
    data = b"GIF89a" + struct.pack("<HHBBB", *screen, 0xF7 if palette else 0x70, 1, 0) + (table(palette) if palette else b"")
    for left, top, image, interlaced, local, transparent in frames:
        if transparent is not None:
            data += b"!\xf9\x04" + struct.pack("<BHB", 1, 10, transparent) + b"\0"
        pixels = image.load()
        order = [y for start, step in [(0, 8), (4, 8), (2, 4), (1, 2)] for y in range(start, image.height, step)]
        indices = [pixels[x, y] for y in (order if interlaced else range(image.height)) for x in range(image.width)]
        flags = (0x40 if interlaced else 0) | (0x87 if local else 0)
        data += b"," + struct.pack("<HHHHB", left, top, *image.size, flags) + (table(local) if local else b"")
        data += b"\x08" + blocks(codes(indices))
    return data + trailer


def codes(indices):
    """The indices as LZW codes of 9 bits, starting anew before codes would need 10."""
    bits, count = 256, 9
    for number, index in enumerate(indices):
        if number and number % 250 == 0:
            bits |= 256 << count
            count += 9
        bits |= index << count
        count += 9
    bits |= 257 << count
    return bits.to_bytes((count + 16) // 8, "little")


def blocks(data):
    pieces = [data[start:start + 255] for start in range(0, len(data), 255)]
    return b"".join(bytes([len(piece)]) + piece for piece in pieces) + b"\0"


def gif_files(image):
    indexed = image.quantize(64)
    palette = bytes(indexed.getpalette()[:192])
    width, height = image.size
    part = indexed.crop((3, 2, width - 4, height - 3))
    gray = image.convert("L").quantize(16)
    frame = (0, 0, indexed, False, None, None)
    yield "plain.gif", gif(image.size, [frame], palette)
    yield "interlaced.gif", gif(image.size, [(0, 0, indexed, True, None, None)], palette)
    yield "local.gif", gif(image.size, [(0, 0, indexed, False, palette, None)], bytes(192))
    yield "no-palette.gif", gif(image.size, [frame])
    yield "transparent.gif", gif(image.size, [(0, 0, indexed, False, None, 5)], palette)
    yield "part.gif", gif(image.size, [(3, 2, part, True, None, None)], palette)
    yield "part-transparent.gif", gif(image.size, [(3, 2, part, False, None, 5)], palette)
    yield "beyond.gif", gif((5, 4), [frame], palette)
    yield "animated.gif", gif(image.size, [frame, (2, 2, part, False, None, None)], palette)
    yield "no-trailer.gif", gif(image.size, [frame], palette, trailer=b"")
    start = 13 + 768
    plain = gif(image.size, [frame], palette)
    yield "zeros-between.gif", plain[:start] + b"\0\0" + plain[start:]
    yield "gray.gif", gif(image.size, [(0, 0, gray, False, None, None)], bytes(gray.getpalette()[:48]))
    yield "pillow.gif", saved(image.quantize(32), "GIF")
    yield "pillow-animated.gif", saved(image, "GIF", save_all=True, append_images=[image.rotate(180)])
    text = Image.new("P", image.size, 1)
    text.putpalette([255, 255, 255, 255, 255, 255])
    ImageDraw.Draw(text).line([2, 2, width - 3, height - 3], fill=0, width=3)
    yield "light-onblack.gif", gif(image.size, [(0, 0, text, False, None, 1)], bytes([255] * 6))


# BMP

def bmp(image, bits, header=40, masks=None, top_down=False, palette=b"", rows=None, colors=0):
    extra = struct.pack("<" + "I" * len(masks), *masks) if masks else b""
    compression = 3 if masks else 0
    height = -image.height if top_down else image.height
    if header == 12:
        info = struct.pack("<IHHHH", 12, image.width, image.height, 1, bits)
    else:
        info = struct.pack("<IiiHHIIiiII", header, image.width, height, 1, bits, compression, 0, 2835, 2835, colors, 0)
        info += extra
        info += bytes(max(0, header - len(info)))
    offset = 14 + len(info) + len(palette)
    lines = [rows(y) for y in range(image.height)]
    lines = [line + bytes(-len(line) % 4) for line in lines]
    content = b"".join(lines if top_down else reversed(lines))
    return b"BM" + struct.pack("<IHHI", offset + len(content), 0, 0, offset) + info + palette + content


def packed(image, write):
    """Gives the bytes of a row, of what `write` makes of each pixel."""
    pixels = image.load()
    return lambda y: b"".join(write(*pixels[x, y]) for x in range(image.width))


def indexed_row(image, bits):
    pixels = image.load()

    def row(y):
        text = "".join(format(pixels[x, y], f"0{bits}b") for x in range(image.width))
        text += "0" * (-len(text) % 8)
        return bytes(int(text[i:i + 8], 2) for i in range(0, len(text), 8))
    return row


def with_runs(head, image, bits):
    """The file with the image's rows as runs and as stored pixels in turn, after a jump over nothing."""
    data = bytes([0, 2, 0, 0])
    pixels = image.load()
    for y in reversed(range(image.height)):
        line = [pixels[x, y] for x in range(image.width)]
        while line:
            run = next((n for n, index in enumerate(line) if index != line[0]), len(line))
            if run > 2 or len(line) < 5:
                data += bytes([run, line[0] if bits == 8 else line[0] * 17])
            else:
                run = 5
                stored = bytes(line[:5]) if bits == 8 else bytes(
                    [line[0] << 4 | line[1], line[2] << 4 | line[3], line[4] << 4])
                data += bytes([0, 5]) + stored + bytes(len(stored) % 2)
            line = line[run:]
        data += b"\0\0" if y else b"\0\1"
    # The compression method.
    return head[:30] + bytes([1 if bits == 8 else 2]) + head[31:] + data


def bmp_files(image):
    for bits in [1, 4, 8]:
        indexed = image.quantize(1 << bits)
        colors = indexed.getpalette()[:3 << bits]
        colors += [0] * ((3 << bits) - len(colors))
        for entry, header in [(4, 40), (3, 12)]:
            palette = b"".join(bytes(colors[i:i + 3][::-1]) + bytes(entry - 3) for i in range(0, len(colors), 3))
            yield f"{bits}-{header}.bmp", bmp(image, bits, header, palette=palette, rows=indexed_row(indexed, bits))
    for bits in [4, 8]:
        indexed = image.quantize(1 << bits)
        colors = indexed.getpalette()[:3 << bits]
        colors += [0] * ((3 << bits) - len(colors))
        palette = b"".join(bytes(colors[i:i + 3][::-1]) + b"\0" for i in range(0, len(colors), 3))
        yield f"runs{bits}.bmp", with_runs(bmp(indexed, bits, palette=palette, rows=lambda y: b""), indexed, bits)
    gray = image.convert("L")
    ramp = b"".join(bytes([i, i, i, 0]) for i in range(256))
    yield "gray.bmp", bmp(gray, 8, palette=ramp, rows=indexed_row(gray, 8))
    alpha = with_alpha(image)
    row24 = packed(image, lambda r, g, b: bytes([b, g, r]))
    yield "24.bmp", bmp(image, 24, rows=row24)
    yield "24-top-down.bmp", bmp(image, 24, top_down=True, rows=row24)
    yield "24-core.bmp", bmp(image, 24, 12, rows=row24)
    yield "32.bmp", bmp(image, 32, rows=packed(alpha, lambda r, g, b, a: bytes([b, g, r, a])))
    yield "16-555.bmp", bmp(
        image, 16, rows=packed(image, lambda r, g, b: struct.pack("<H", r >> 3 << 10 | g >> 3 << 5 | b >> 3)))
    row565 = packed(image, lambda r, g, b: struct.pack("<H", r >> 3 << 11 | g >> 2 << 5 | b >> 3))
    masks = [0xF800, 0x7E0, 0x1F]
    yield "16-565.bmp", bmp(image, 16, masks=masks, rows=row565)
    yield "16-565-v5.bmp", bmp(image, 16, 124, masks=masks + [0], rows=row565)
    bgra = packed(alpha, lambda r, g, b, a: bytes([b, g, r, a]))
    rgba = packed(alpha, lambda r, g, b, a: bytes([r, g, b, a]))
    yield "32-alpha.bmp", bmp(image, 32, 108, masks=[0xFF0000, 0xFF00, 0xFF, 0xFF000000], rows=bgra)
    yield "32-alpha-rgba.bmp", bmp(image, 32, 124, masks=[0xFF, 0xFF00, 0xFF0000, 0xFF000000], rows=rgba)
    yield "32-masks.bmp", bmp(image, 32, masks=[0xFF0000, 0xFF00, 0xFF], rows=bgra)
    text = packed(light_text(image), lambda r, g, b, a: bytes([b, g, r, a]))
    yield "light-onblack.bmp", bmp(image, 32, 108, masks=[0xFF0000, 0xFF00, 0xFF, 0xFF000000], rows=text)
    yield "pillow.bmp", saved(image, "BMP")


# JPEG, WebP and PNG

def with_extraneous_bytes(jpeg):
    """Bytes that belong to nothing behind the first segment and behind the pixels."""
    end = 4 + int.from_bytes(jpeg[4:6], "big")
    return jpeg[:end] + b"\x12\x34\x56" + jpeg[end:-2] + b"\0\x01\x02" + jpeg[-2:]


def jpeg_files(image):
    for name, subsampling in [("444", 0), ("422", 1), ("420", 2), ("411", "4:1:1")]:
        yield f"{name}.jpg", saved(image, "JPEG", quality=90, subsampling=subsampling)
    plain = saved(image, "JPEG", quality=90)
    yield "progressive.jpg", saved(image, "JPEG", quality=85, progressive=True)
    yield "restarts.jpg", saved(image, "JPEG", quality=85, restart_marker_blocks=1)
    yield "extraneous.jpg", with_extraneous_bytes(plain)
    yield "gray.jpg", saved(image.convert("L"), "JPEG", quality=90)
    cmyk = saved(image.convert("CMYK"), "JPEG", quality=90)
    yield "cmyk.jpg", cmyk
    # The same samples, said to be YCCK by the last byte of Adobe's segment.
    adobe = cmyk.index(b"Adobe") + 11
    yield "ycck.jpg", cmyk[:adobe] + b"\2" + cmyk[adobe + 1:]
    yield "rgb.jpg", saved(image, "JPEG", quality=90, keep_rgb=True)
    for orientation in range(1, 9):
        turned = stored(image, orientation)
        yield f"exif{orientation}.jpg", saved(turned, "JPEG", quality=90, subsampling=0, exif=exif(orientation))
    yield "exif-gray6.jpg", saved(stored(image.convert("L"), 6), "JPEG", quality=90, exif=exif(6))
    # The order of bytes that Pillow does not write, and a number of four bytes.
    big = b"Exif\0\0MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, 6, 0, 0)
    yield "exif-big-endian6.jpg", saved(stored(image, 6), "JPEG", quality=90, exif=big)


def other_files(image):
    yield "lossy.webp", saved(image, "WEBP", quality=80)
    yield "lossless.webp", saved(image, "WEBP", lossless=True)
    yield "alpha-lossy.webp", saved(with_alpha(image), "WEBP", quality=80)
    yield "alpha.webp", saved(with_alpha(image), "WEBP", lossless=True)
    yield "animated.webp", saved(image, "WEBP", save_all=True, append_images=[image.rotate(180)], lossless=True)
    frames = [with_alpha(image), with_alpha(image.rotate(180))]
    yield "animated-alpha.webp", saved(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    yield "light-onblack.webp", saved(light_text(image), "WEBP", lossless=True, exact=True)
    yield "exif6.webp", saved(stored(image, 6), "WEBP", lossless=True, exif=exif(6))
    yield "exif8.png", saved(stored(image, 8), "PNG", exif=exif(8))
    yield "animated.png", saved(image, "PNG", save_all=True, append_images=[image.rotate(180)])
    yield "light-onblack.png", saved(light_text(image), "PNG")
    yield "light-half-onblack.png", saved(light_text(image, (255, 255, 255, 128)), "PNG")
    yield "dark-faint.png", saved(light_text(image, (0, 0, 0, 20)), "PNG")


def files(image):
    for make in [gif_files, bmp_files, jpeg_files, other_files]:
        yield from make(image)


def as_pillow_reads(path):
    """Upright, in RGB, on white, or on black where the name says so."""
    with Image.open(path) as image:
        upright = ImageOps.exif_transpose(image)
        if not upright.has_transparency_data:
            return upright.convert("RGB")
        upright = upright.convert("RGBA")
        ground = Image.new("RGBA", upright.size, "black" if "onblack" in path else "white")
        return Image.alpha_composite(ground, upright).convert("RGB")


if __name__ == "__main__":
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "formats")
    os.makedirs(folder, exist_ok=True)
    names = [name for name in os.listdir(folder) if name.startswith("captcha-") and name.count(".") == 1]
    for name, content in files(picture(24, 16)):
        names.append(name)
        with open(os.path.join(folder, name), "wb") as file:
            file.write(content)
    for name in names:
        path = os.path.join(folder, name)
        as_pillow_reads(path).save(path + ".png", optimize=True)
