"""Opens a model that Glyphline trained with the programs of others: the weights with the Python package `safetensors`, the
exported graph with ONNX's checker and onnxruntime, which must compute the same logits and predict the same texts."""

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
# Images with less confidence are inferred in four more copies, shifted to the right by these numbers of pixels.
CONFIDENCE_MIN = 0.9
SHIFTS = (1, -1, 2, -2)


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


def infer_with_onnxruntime(session, files, metadata):
    size = (int(metadata["width"]), int(metadata["height"]))
    logits = []
    for start in range(0, len(files), 100):
        images = []
        for file in files[start : start + 100]:
            with Image.open(file) as image:
                assert image.size == size, f"{file}: {image.size}"
                images.append(planes(image, metadata["color"]))
        logits.append(infer(session, numpy.stack(images)))
    return numpy.concatenate(logits)


def infer(session, images):
    (logits,) = session.run(["logits"], {"image": images})
    powers = numpy.exp(logits - logits.max(axis=2, keepdims=True))
    confidence = (powers.max(axis=2) / powers.sum(axis=2)).prod(axis=1)
    doubtful = confidence < CONFIDENCE_MIN
    if doubtful.any():
        columns = numpy.arange(images.shape[3])
        copies = [logits[doubtful]]
        for shift in SHIFTS:
            shifted = images[doubtful][..., (columns - shift).clip(0, columns[-1])]
            copies += session.run(["logits"], {"image": shifted})
        logits[doubtful] = numpy.mean(copies, axis=0)
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
        theirs = infer_with_onnxruntime(session, files, metadata)
    predictions = [
        json.loads(line)
        for line in run(
            options.glyphline, "predict", "--model", options.model, "--precision", "float32", "--json-lines", "--logits",
            str(options.images),
        ).splitlines()
    ]
    assert [prediction["file"] for prediction in predictions] == files
    ours = numpy.array([prediction["logits"] for prediction in predictions])
    difference = float(abs(ours - theirs).max())
    charset = metadata["charset"]
    texts = ["".join(charset[index : index + 1] for index in image.argmax(axis=1)) for image in theirs]
    same = sum(text == prediction["text"] for text, prediction in zip(texts, predictions))
    print(f"onnxruntime: {same} of {len(files)} texts the same, largest difference of a logit {difference:.1e}")
    assert same == len(files) and difference <= LOGIT_DIFFERENCE_MAX


if __name__ == "__main__":
    main()
