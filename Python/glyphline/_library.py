"""The C library: finds it, loads it, and declares the structures and functions of glyphline.h."""

from __future__ import annotations

import ctypes
import operator
import os
from ctypes import POINTER, byref, c_bool, c_char_p, c_double, c_float, c_int32, c_int64, c_size_t, c_uint8, c_uint16
from ctypes import c_uint64, c_void_p
from pathlib import Path
from typing import Any, Callable, SupportsIndex, Union

from ._errors import UsageError, error_of
from ._version import __version__

StrPath = Union[str, bytes, "os.PathLike[str]", "os.PathLike[bytes]"]


def _load() -> ctypes.CDLL:
    """An explicit choice wins over the library of the wheel."""
    path = os.environ.get("GLYPHLINE_LIBRARY") or str(
        Path(__file__).parent / "_install" / "lib" / "glyphline" / "libglyphline-loader.so"
    )
    if not os.path.exists(path):
        raise ImportError(
            f"glyphline: {path} does not exist; install the package's wheel, "
            "or set GLYPHLINE_LIBRARY to the path of libglyphline.so"
        )
    try:
        # Calls through CDLL release the GIL.
        return ctypes.CDLL(path)
    except OSError as error:
        raise ImportError(f"glyphline: the library cannot be loaded: {error}") from error


library = _load()


class ModelInfo(ctypes.Structure):
    _fields_ = [
        ("width", c_int32),
        ("height", c_int32),
        ("channels", c_int32),
        ("positions", c_int32),
        ("shortest", c_int32),
        ("class_count", c_int32),
        ("characters", POINTER(c_char_p)),
    ]


class Image(ctypes.Structure):
    _fields_ = [
        ("path", c_char_p),
        ("bytes", c_void_p),
        ("byte_count", c_size_t),
        ("width", c_int32),
        ("height", c_int32),
        ("channels", c_int32),
    ]


class Prediction(ctypes.Structure):
    _fields_ = [
        ("text", c_char_p),
        ("confidence", c_double),
        ("probabilities", POINTER(c_float)),
        ("error_code", c_int32),
        ("error", c_char_p),
    ]


class Predictions(ctypes.Structure):
    _fields_ = [("count", c_size_t), ("items", POINTER(Prediction))]


class SplitInfo(ctypes.Structure):
    _fields_ = [
        ("count", c_uint64),
        ("name", c_char_p),
        ("width", c_int32),
        ("height", c_int32),
        ("channels", c_int32),
        ("label_capacity", c_int32),
        ("class_count", c_int32),
        ("characters", POINTER(c_char_p)),
    ]


class Samples(ctypes.Structure):
    _fields_ = [
        ("count", c_size_t),
        ("pixels", POINTER(c_uint8)),
        ("labels", POINTER(c_uint16)),
        ("indices", POINTER(c_uint64)),
        ("seeds", POINTER(c_uint64)),
    ]


class BatchesOptions(ctypes.Structure):
    _fields_ = [
        ("size", c_uint64),
        ("shuffled", c_bool),
        ("seed", c_uint64),
        ("epoch", c_uint64),
        ("start", c_uint64),
        ("part", c_uint64),
        ("parts", c_uint64),
        ("threads", c_int32),
    ]


class Answer(ctypes.Structure):
    _fields_ = [("index", c_uint64), ("text", c_char_p), ("confidence", c_double)]


class Accuracy(ctypes.Structure):
    _fields_ = [
        ("evaluation", c_int64),
        ("images", c_uint64),
        ("exact", c_uint64),
        ("accuracy", c_double),
        ("low95", c_double),
        ("high95", c_double),
        ("character_accuracy", c_double),
        ("case_folded_accuracy", c_double),
    ]


def _raise_error(pointer: Any, function: Any, arguments: Any) -> None:
    """Turns the error that a function returned into an exception."""
    if pointer:
        try:
            code = library.glyphline_error_code(pointer)
            message = library.glyphline_error_message(pointer).decode("utf-8", "replace")
        finally:
            library.glyphline_error_free(pointer)
        raise error_of(code, message)


def _declare(name: str, result: Any, *arguments: Any) -> Any:
    try:
        function = getattr(library, name)
    except AttributeError:
        raise ImportError(f"glyphline: {library._name} is not Glyphline's library: it has no {name}") from None
    function.restype = result
    function.argtypes = arguments
    return function


def _declare_failing(name: str, *arguments: Any) -> None:
    """A function that returns an error or NULL."""
    _declare(name, c_void_p, *arguments).errcheck = _raise_error


_declare("glyphline_version", c_char_p)
_declare("glyphline_error_code", c_int32, c_void_p)
_declare("glyphline_error_message", c_char_p, c_void_p)
_declare("glyphline_error_free", None, c_void_p)
_declare_failing("glyphline_model_open", c_char_p, c_int32, POINTER(c_void_p))
_declare("glyphline_model_close", None, c_void_p)
_declare("glyphline_model_describe", POINTER(ModelInfo), c_void_p)
_declare_failing("glyphline_model_predict", c_void_p, POINTER(Image), c_size_t, POINTER(POINTER(Predictions)))
_declare("glyphline_predictions_free", None, POINTER(Predictions))
_declare_failing("glyphline_split_open", c_char_p, c_char_p, POINTER(c_void_p))
_declare_failing("glyphline_shard_open", c_char_p, POINTER(c_void_p))
_declare("glyphline_split_close", None, c_void_p)
_declare("glyphline_split_describe", POINTER(SplitInfo), c_void_p)
_declare_failing("glyphline_split_read", c_void_p, c_void_p, c_size_t, POINTER(POINTER(Samples)))
_declare("glyphline_samples_free", None, POINTER(Samples))
_declare_failing("glyphline_batches_open", c_void_p, POINTER(BatchesOptions), POINTER(c_void_p))
_declare("glyphline_batches_close", None, c_void_p)
_declare_failing("glyphline_batches_next", c_void_p, POINTER(POINTER(Samples)))
_declare_failing(
    "glyphline_record_evaluation", c_char_p, c_char_p, c_char_p, POINTER(Answer), c_size_t, POINTER(Accuracy)
)

# Another version may have other structures.
if library.glyphline_version() != __version__.encode():
    raise ImportError(
        f"glyphline: {library._name} has version {library.glyphline_version().decode()}, "
        f"the Python package {__version__}"
    )


_instance_method = ctypes.pythonapi.PyInstanceMethod_New
_instance_method.restype = ctypes.py_object
_instance_method.argtypes = [ctypes.py_object]


def released_by(function: Any) -> Any:
    """A `__del__` that calls a function of the library with the object.

    It has no Python code, in which an interrupt (Ctrl-C) could arrive: Python ignores exceptions of `__del__`, so the
    interrupt would be lost.
    """
    return _instance_method(function)


class Handle:
    """A model, split or batches of the library. Subclasses say what closes it once nothing refers to it.

    There is no explicit way to close it: another thread could be in the middle of a call with it.
    """

    def __init__(self, open_function: Callable[..., None], *arguments: Any) -> None:
        self._open_function = open_function
        self._arguments = arguments
        # What ctypes takes as the argument for this object. In a forked process, the library leaves alone what the
        # parent opened.
        self._as_parameter_ = c_void_p()
        self._open()

    def _open(self) -> None:
        pointer = c_void_p()
        self._open_function(*self._arguments, byref(pointer))
        self._as_parameter_, self._process = pointer, os.getpid()

    def current(self) -> Handle:
        """The handle, opened again in a forked process, since that cannot use what its parent opened."""
        if self._process != os.getpid():
            self._open()
        return self


def encoded(text: bytes, what: str) -> bytes:
    """Text for C, which ends at a zero byte."""
    if b"\0" in text:
        raise UsageError(f"a {what} has no zero byte, as {text!r} does")
    return text


def absolute(path: StrPath) -> bytes:
    """A path for C that stays right in another folder or process."""
    return os.path.abspath(encoded(os.fsencode(path), "path"))


def number(value: SupportsIndex, what: str, below: int = 1 << 63) -> int:
    """An unsigned number for C; ctypes alone would take any number modulo 2^64."""
    number = operator.index(value)
    if not 0 <= number < below:
        raise UsageError(f"{what} is {number}; it is at least 0 and below {below}")
    return number
