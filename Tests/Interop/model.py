"""Opens a model that Glyphline trained with the programs of others: the weights with the Python package `safetensors`, the
exported graph with ONNX's checker and onnxruntime, which must compute the same logits and read the same texts."""

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import numpy
import onnx
import onnxruntime
from PIL import Image
from safetensors import safe_open

LOGIT_DIFFERENCE_MAX = 1e-3
# What Glyphline reads with less confidence it looks at again, moved by so many pixels to the right.
RELIANCE_MIN = 0.9
MOVES = (1, -1, 2, -2)


def run(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def open_weights(path):
    with safe_open(path, framework="numpy") as weights:
        metadata = weights.metadata()
        count = sum(weights.get_tensor(name).size for name in weights.keys())
        print(f"safetensors: {len(list(weights.keys()))} arrays, {count} numbers, charset {metadata['charset']}")
    return metadata


def open_graph(glyphline, model, metadata, folder):
    path = str(folder / "model.onnx")
    run(glyphline, "export", "onnx", "--model", model, "--out", path)
    graph = onnx.load(path)
    onnx.checker.check_model(graph, full_check=True)
    properties = {entry.key: entry.value for entry in graph.metadata_props}
    for key in ("charset", "length", "width", "height", "color"):
        assert properties[key] == metadata[key], f"{key}: {properties[key]} is not {metadata[key]}"
    assert "preprocessing" in properties
    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])


def planes(image, color):
    if color == "gray":
        return numpy.asarray(image.convert("L"))[None]
    return numpy.asarray(image.convert("RGB")).transpose(2, 0, 1)


def read_with_onnxruntime(session, files, metadata):
    size = (int(metadata["width"]), int(metadata["height"]))
    logits = []
    for start in range(0, len(files), 100):
        images = []
        for file in files[start : start + 100]:
            with Image.open(file) as image:
                assert image.size == size, f"{file}: {image.size}"
                images.append(planes(image, metadata["color"]))
        logits.append(look(session, numpy.stack(images)))
    return numpy.concatenate(logits)


def look(session, images):
    (logits,) = session.run(["logits"], {"image": images})
    powers = numpy.exp(logits - logits.max(axis=2, keepdims=True))
    confidence = (powers.max(axis=2) / powers.sum(axis=2)).prod(axis=1)
    doubtful = confidence < RELIANCE_MIN
    if doubtful.any():
        columns = numpy.arange(images.shape[3])
        looks = [logits[doubtful]]
        for move in MOVES:
            moved = images[doubtful][..., (columns - move).clip(0, columns[-1])]
            looks += session.run(["logits"], {"image": moved})
        logits[doubtful] = numpy.mean(looks, axis=0)
    return logits


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("glyphline")
    parser.add_argument("model")
    parser.add_argument("images", type=Path, help="a folder of PNG files of the model's size")
    options = parser.parse_args()
    metadata = open_weights(options.model)
    files = sorted(str(path) for path in options.images.glob("*.png"))
    assert files, f"{options.images} holds no PNG files"
    with tempfile.TemporaryDirectory() as folder:
        session = open_graph(options.glyphline, options.model, metadata, Path(folder))
        theirs = read_with_onnxruntime(session, files, metadata)
    answers = [
        json.loads(line)
        for line in run(
            options.glyphline, "predict", "--model", options.model, "--precision", "float32", "--json-lines", "--logits",
            str(options.images),
        ).splitlines()
    ]
    assert [answer["file"] for answer in answers] == files
    ours = numpy.array([answer["logits"] for answer in answers])
    difference = float(abs(ours - theirs).max())
    charset = metadata["charset"]
    texts = ["".join(charset[place : place + 1] for place in image.argmax(axis=1)) for image in theirs]
    same = sum(text == answer["text"] for text, answer in zip(texts, answers))
    print(f"onnxruntime: {same} of {len(files)} texts the same, largest difference of a logit {difference:.1e}")
    assert same == len(files) and difference <= LOGIT_DIFFERENCE_MAX


if __name__ == "__main__":
    main()
