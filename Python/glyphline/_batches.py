"""Batches of samples, as arrays over the memory that the library fills."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any, Iterator, List, Sequence, Tuple

import numpy
from numpy.typing import ArrayLike, NDArray

from . import _library
from ._library import BatchesOptions, Handle, library, released_by


class _Memory:
    """The memory of a batch, freed once no array uses it."""

    def __init__(self, pointer: Any) -> None:
        self._as_parameter_ = pointer

    __del__ = released_by(library.glyphline_samples_free)

    def array(self, values: Any, shape: Tuple[int, ...], type: str) -> Any:
        return numpy.asarray(_ArrayMemory(self, ctypes.cast(values, ctypes.c_void_p).value, shape, type))


class _ArrayMemory:
    """What numpy makes an array of, and then keeps."""

    __slots__ = ("__array_interface__", "_memory")

    def __init__(self, memory: _Memory, address: Any, shape: Tuple[int, ...], type: str) -> None:
        self.__array_interface__ = {
            "data": (address, False), "shape": shape, "typestr": numpy.dtype(type).str, "version": 3
        }
        self._memory = memory


def decoded(classes: ArrayLike, characters: Sequence[str]) -> List[str]:
    """The texts of classes [text, position], in which the last of `characters` is the empty blank."""
    return ["".join([characters[number] for number in row]) for row in numpy.asarray(classes).tolist()]


@dataclass(frozen=True, eq=False)
class Batch:
    """Samples, without copies: the arrays use the memory that the library has filled, and may be written to."""

    #: Pixels, [sample, height, width, channel].
    images: NDArray[numpy.uint8]
    #: Classes, [sample, position]; past the end of a label the blank, which is the last class.
    labels: NDArray[numpy.uint16]
    #: [sample]: indices in the split.
    indices: NDArray[numpy.uint64]
    #: [sample]: the seeds that the images were drawn from; 0 for imported images.
    seeds: NDArray[numpy.uint64]
    _characters: Tuple[str, ...]

    @property
    def texts(self) -> List[str]:
        """[sample]: the labels as text."""
        return decoded(self.labels, self._characters)

    def __len__(self) -> int:
        return len(self.indices)

    def __repr__(self) -> str:
        return f"<Batch of {len(self)} samples>"


class BatchFormat:
    """The shape of a split's samples."""

    def __init__(self, info: Any) -> None:
        self.image_shape: Tuple[int, int, int] = (info.height, info.width, info.channels)
        self.label_capacity: int = info.label_capacity
        #: In class order; the last is the blank.
        self.characters: Tuple[str, ...] = tuple(info.characters[index].decode() for index in range(info.class_count))

    def batch(self, samples: Any) -> Batch:
        """Takes over the samples, which a function of the library has returned."""
        memory, content = _Memory(samples), samples[0]
        return Batch(
            memory.array(content.pixels, (content.count, *self.image_shape), "u1"),
            memory.array(content.labels, (content.count, self.label_capacity), "u2"),
            memory.array(content.indices, (content.count,), "u8"),
            memory.array(content.seeds, (content.count,), "u8"),
            self.characters,
        )

    def empty_batch(self) -> Batch:
        return Batch(
            numpy.empty((0, *self.image_shape), "u1"),
            numpy.empty((0, self.label_capacity), "u2"),
            numpy.empty(0, "u8"),
            numpy.empty(0, "u8"),
            self.characters,
        )


class _BatchesHandle(Handle):
    __del__ = released_by(library.glyphline_batches_close)


class Batches(Iterator[Batch]):
    """The batches of one epoch, read, verified and decompressed ahead on other threads.

    `Samples.batches` opens them. They end, with their threads, once nothing refers to them.
    """

    def __init__(self, split: Handle, format: BatchFormat, options: BatchesOptions, count: int) -> None:
        self._format = format
        self._count = count
        self._handle = _BatchesHandle(library.glyphline_batches_open, split, ctypes.byref(options))

    def __len__(self) -> int:
        """The number of batches, counted from the first that was asked for."""
        return self._count

    def __next__(self) -> Batch:
        samples = ctypes.POINTER(_library.Samples)()
        library.glyphline_batches_next(self._handle, ctypes.byref(samples))
        if not samples:
            raise StopIteration
        return self._format.batch(samples)
