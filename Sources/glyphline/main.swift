print("glyphline")
