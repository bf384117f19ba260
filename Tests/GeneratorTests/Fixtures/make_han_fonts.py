"""Cuts five Chinese characters out of Noto Sans CJK SC (SIL Open Font License 1.1): fonts/han.otf, and fonts/han.ttc,
whose first face is the bold one.

Run with fontTools installed: python make_han_fonts.py FOLDER, which holds NotoSansCJK-Regular.ttc and NotoSansCJK-Bold.ttc
of Debian's package fonts-noto-cjk.
"""
import os
import sys

from fontTools import subset
from fontTools.ttLib import TTCollection, TTFont

CHARACTERS = " 验证码汉字"
SIMPLIFIED = 2  # the collections' face for Simplified Chinese
FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fonts")


def cut(style):
    options = subset.Options(
        hinting=False, desubroutinize=True, layout_features=[], name_IDs=[0, 1, 2, 4, 6, 13, 14], notdef_outline=True)
    options.drop_tables += ["GSUB", "GPOS", "BASE", "VORG", "vhea", "vmtx"]
    path = os.path.join(sys.argv[1], "NotoSansCJK-%s.ttc" % style)
    font = TTFont(path, fontNumber=SIMPLIFIED, recalcTimestamp=False)
    subsetter = subset.Subsetter(options)
    subsetter.populate(text=CHARACTERS)
    subsetter.subset(font)
    for record in font["name"].names:
        names = {1: "Glyphline Han", 2: style, 4: "Glyphline Han " + style, 6: "GlyphlineHan-" + style}
        record.string = names.get(record.nameID, record.string)
    return font


os.makedirs(FOLDER, exist_ok=True)
cut("Regular").save(os.path.join(FOLDER, "han.otf"))
collection = TTCollection()
collection.fonts = [cut("Bold"), cut("Regular")]
collection.save(os.path.join(FOLDER, "han.ttc"))
