"""Models that predict the text of images."""

from __future__ import annotations

import ctypes
import itertools
import os
from typing import Any, Iterable, List, Optional, Tuple, Union, overload

import numpy
from numpy.typing import NDArray

from ._errors import Error, UsageError, error_of
from ._library import Handle, Image, Predictions, StrPath, absolute, encoded, library, number, released_by

#: An image: the path of a PNG, JPEG, GIF, BMP or WebP file, the bytes of one, or pixels of type uint8, [height, width]
#: or [height, width, channel] with 1 channel (gray) or 3 (RGB).
ImageLike = Union[str, "os.PathLike[str]", "os.PathLike[bytes]", bytes, bytearray, memoryview, NDArray[numpy.uint8]]

# The library predicts so many images at a time; between them Python reacts to Ctrl-C.
_CHUNK = 1024


class Prediction:
    """What a model predicts for one image.

    If the image could not be read, `error` says why, and the other attributes raise it.
    """

    __slots__ = ("_confidence", "_probabilities", "_text", "error")

    #: Why the image could not be read; else None.
    error: Optional[Error]

    def __init__(
        self, text: str, confidence: float, probabilities: NDArray[numpy.float32], error: Optional[Error]
    ) -> None:
        self._text = text
        self._confidence = confidence
        self._probabilities = probabilities
        self.error = error

    @property
    def text(self) -> str:
        """The predicted text."""
        self._check()
        return self._text

    @property
    def confidence(self) -> float:
        """The model's probability of the text, 0...1."""
        self._check()
        return self._confidence

    @property
    def probabilities(self) -> NDArray[numpy.float32]:
        """[positions, classes], each position's sum is 1; classes are in the order of `Model.alphabet`.

        If the model predicts texts of different lengths, the last class is the blank after the end of a text.
        """
        self._check()
        return self._probabilities

    def _check(self) -> None:
        if self.error is not None:
            raise self.error

    def __repr__(self) -> str:
        if self.error is not None:
            return f"Prediction(error={self.error!r})"
        return f"Prediction({self._text!r}, confidence={self._confidence:.4f})"


class _ModelHandle(Handle):
    __del__ = released_by(library.glyphline_model_close)


class Model:
    """A trained model.

    It may be used from several threads, which then wait for one another. Other Python threads run while it predicts. It
    is pickled as the path of its file, and a forked process opens the file again.

    Raises:
        MissingError: The file is missing or cannot be opened.
        DataError: The file is not a model, or is incomplete.
    """

    #: The characters in class order, without the blank.
    alphabet: Tuple[str, ...]
    #: The fewest and the most characters of a text.
    lengths: Tuple[int, int]
    #: The size of the input, in pixels. Images of another size are resized.
    width: int
    height: int
    #: 1 for gray input, 3 for RGB. Images of the other kind are converted.
    channels: int

    def __init__(self, path: StrPath, threads: int = 0) -> None:
        """Opens a model file.

        Args:
            path: A `model.safetensors` that Glyphline trained.
            threads: 0 for one for each CPU that the process may use. Their number does not change a result.
        """
        self._path = absolute(path)
        self._threads = number(threads, "threads", 1 << 31)
        self._handle = _ModelHandle(library.glyphline_model_open, self._path, self._threads)
        info = library.glyphline_model_describe(self._handle)[0]
        self._shape = (info.positions, info.class_count)
        characters = [info.characters[index].decode() for index in range(info.class_count)]
        self.alphabet = tuple(character for character in characters if character)
        self.lengths = (info.shortest, info.positions)
        self.width, self.height, self.channels = info.width, info.height, info.channels

    def __reduce__(self) -> Tuple[Any, ...]:
        return type(self), (self._path, self._threads)

    def __repr__(self) -> str:
        return f"Model({os.fsdecode(self._path)!r})"

    # Text is an iterable of texts too.
    @overload
    def read(  # type: ignore[overload-overlap]
        self, images: Union[StrPath, bytearray, memoryview]
    ) -> Prediction: ...

    @overload
    def read(self, images: NDArray[numpy.uint8]) -> Any: ...

    @overload
    def read(self, images: Iterable[ImageLike]) -> List[Prediction]: ...

    def read(self, images: Any) -> Any:
        """Predicts one image or several, as `glyphline predict` does.

        Args:
            images: A path; the bytes of an image file; pixels, [height, width] or [height, width, channel] with 1 or 3
                channels; or several: an iterable of these, or pixels [image, height, width] or
                [image, height, width, channel]. An array of three dimensions whose last has 1 to 4 elements is one
                image. Pixels have the type uint8.

        Returns:
            A `Prediction` for one image; for several, a list of them in the same order.

        Raises:
            Error: A single image cannot be read. Of several, such an image raises only when its prediction is used; its
                `Prediction.error` says why.
        """
        if _is_one(images):
            (prediction,) = self._read([images])
            if prediction.error is not None:
                raise prediction.error
            return prediction
        predictions: List[Prediction] = []
        remaining = iter(images)
        while chunk := list(itertools.islice(remaining, _CHUNK)):
            predictions += self._read(chunk)
        return predictions

    def _read(self, images: List[Any]) -> List[Prediction]:
        items = (Image * len(images))()
        # The library reads this memory during the call.
        contents = [_fill(item, image) for item, image in zip(items, images)]
        predictions = ctypes.POINTER(Predictions)()
        library.glyphline_model_predict(self._handle.current(), items, len(items), ctypes.byref(predictions))
        del contents
        try:
            results = predictions[0].items
            return [self._prediction(results[index]) for index in range(len(items))]
        finally:
            library.glyphline_predictions_free(predictions)

    def _prediction(self, item: Any) -> Prediction:
        if item.error_code:
            nothing = numpy.empty((0, 0), numpy.float32)
            return Prediction("", 0.0, nothing, error_of(item.error_code, item.error.decode("utf-8", "replace")))
        positions, classes = self._shape
        content = ctypes.string_at(item.probabilities, positions * classes * 4)
        probabilities = numpy.frombuffer(content, numpy.float32).reshape(self._shape)
        return Prediction(item.text.decode(), item.confidence, probabilities, None)


def _is_one(images: Any) -> bool:
    if isinstance(images, numpy.ndarray):
        return images.ndim < 3 or (images.ndim == 3 and 1 <= images.shape[2] <= 4)
    return isinstance(images, (str, os.PathLike, bytes, bytearray, memoryview))


def _fill(item: Image, image: Any) -> Any:
    """Makes `item` refer to an image.

    Returns:
        The owner of the memory that `item` refers to.
    """
    if isinstance(image, numpy.ndarray):
        return _fill_with_pixels(item, image)
    if isinstance(image, (bytes, bytearray, memoryview)):
        content = bytes(image)
        item.bytes, item.byte_count = ctypes.cast(ctypes.c_char_p(content), ctypes.c_void_p), len(content)
        return content
    if isinstance(image, (str, os.PathLike)):
        item.path = encoded(os.fsencode(image), "path")
        return None
    raise TypeError(f"an image is a path, bytes or an array of uint8, not {type(image).__name__}")


def _fill_with_pixels(item: Image, image: NDArray[Any]) -> NDArray[numpy.uint8]:
    if image.dtype != numpy.uint8:
        raise TypeError(f"pixels have the type uint8 (0...255), not {image.dtype}")
    if image.ndim not in (2, 3) or (image.ndim == 3 and image.shape[2] not in (1, 3)):
        raise UsageError(
            "pixels have the shape [height, width] or [height, width, channel] with 1 or 3 channels, "
            f"not {list(image.shape)}"
        )
    pixels: NDArray[numpy.uint8] = numpy.ascontiguousarray(image)
    item.bytes, item.byte_count = pixels.__array_interface__["data"][0], pixels.nbytes
    item.height, item.width = image.shape[:2]
    item.channels = image.shape[2] if image.ndim == 3 else 1
    return pixels
