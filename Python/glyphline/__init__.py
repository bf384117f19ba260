"""Captcha readers that Glyphline trained, and the samples that it trains them on.

    >>> import glyphline
    >>> model = glyphline.Model("runs/quickstart/model.safetensors")
    >>> model.read("captcha.png").text
    'AB12'
    >>> split = glyphline.Split("runs/quickstart", "train")
    >>> image, label, seed = split[0]

`glyphline.torch` has the samples as PyTorch datasets. Docs/python.md explains all of it by example.
"""

from ._batches import Batch, Batches
from ._errors import BusyError, CannotCreateError, DataError, Error, InputOutputError, MissingError, UsageError
from ._model import Model, Prediction
from ._samples import Accuracy, Sample, Samples, Split, open_shard
from ._version import __version__

__all__ = [
    "Accuracy",
    "Batch",
    "Batches",
    "BusyError",
    "CannotCreateError",
    "DataError",
    "Error",
    "InputOutputError",
    "MissingError",
    "Model",
    "Prediction",
    "Sample",
    "Samples",
    "Split",
    "UsageError",
    "__version__",
    "open_shard",
]
