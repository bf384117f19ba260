"""The samples of a workspace's split, or of one shard."""

from __future__ import annotations

import ctypes
import operator
import os
from typing import Any, Iterable, Iterator, List, NamedTuple, Optional, Sequence, SupportsIndex, Tuple, Union, overload

import numpy
from numpy.typing import ArrayLike, NDArray

from . import _library
from ._batches import Batch, Batches, BatchFormat, decoded
from ._errors import UsageError
from ._library import Answer, BatchesOptions, Handle, StrPath, absolute, encoded, library, number, released_by

# Of a plain loop over the samples.
_BATCH = 256


class Sample(NamedTuple):
    """One labelled image."""

    #: Pixels, [height, width, channel].
    image: NDArray[numpy.uint8]
    label: str
    #: The seed that the image was drawn from; 0 for an imported image.
    seed: int


class Accuracy(NamedTuple):
    """How accurate an evaluated model is."""

    #: Its number in the catalog.
    evaluation: int
    images: int
    #: Images with every character predicted correctly.
    exact: int
    #: exact / images, and its 95 % interval (Wilson).
    accuracy: float
    low95: float
    high95: float
    character_accuracy: float
    #: Of the images, with upper and lower case counted as equal.
    case_folded_accuracy: float


class _SplitHandle(Handle):
    __del__ = released_by(library.glyphline_split_close)


class Samples(Sequence[Sample]):
    """A sequence of samples: a `Split`, or a shard that `open_shard` opened.

    Every read verifies checksums. Samples may be used from several threads and after a fork. They are pickled as their
    path.
    """

    #: "train", "validation" or "test".
    name: str
    #: In pixels.
    width: int
    height: int
    #: 1 for gray, 3 for RGB.
    channels: int
    #: The most characters of a label.
    label_capacity: int
    #: The characters in class order, without the blank.
    alphabet: Tuple[str, ...]
    #: The classes of each position: the characters and the blank, which is the last.
    class_count: int

    def __init__(self, handle: Handle) -> None:
        self._handle = handle
        info = library.glyphline_split_describe(handle)[0]
        self._count: int = info.count
        self._format = BatchFormat(info)
        self.name = info.name.decode()
        self.width, self.height, self.channels = info.width, info.height, info.channels
        self.label_capacity, self.class_count = info.label_capacity, info.class_count
        self.alphabet = self._format.characters[:-1]

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: SupportsIndex) -> Sample: ...

    @overload
    def __getitem__(self, index: slice) -> List[Sample]: ...

    def __getitem__(self, index: Union[SupportsIndex, slice]) -> Union[Sample, List[Sample]]:
        """The sample at a position; negative ones count from the end. A slice gives a list.

        The most recently used blocks stay in memory, but samples at random positions are read a hundred times faster
        by `batches`.
        """
        if isinstance(index, slice):
            return _samples_of(self.read(range(self._count)[index]))
        position = operator.index(index)
        if not -self._count <= position < self._count:
            raise IndexError(f"there is no sample {position}: there are {self._count} samples")
        return _samples_of(self.read([position % self._count]))[0]

    def __iter__(self) -> Iterator[Sample]:
        for batch in self.batches(_BATCH):
            yield from _samples_of(batch)

    def read(self, positions: ArrayLike) -> Batch:
        """The samples at these positions, as one batch. 0 is the first sample."""
        wanted = numpy.asarray(positions)
        if wanted.size == 0:
            return self._format.empty_batch()
        if wanted.ndim != 1 or wanted.dtype.kind not in "iu":
            raise TypeError("positions are a list or an array of integers")
        if int(wanted.min()) < 0 or int(wanted.max()) >= self._count:
            raise IndexError(f"there are {self._count} samples; their positions are 0...{self._count - 1}")
        numbers = numpy.ascontiguousarray(wanted, numpy.uint64)
        samples = ctypes.POINTER(_library.Samples)()
        library.glyphline_split_read(
            self._handle.current(), numbers.__array_interface__["data"][0], len(numbers), ctypes.byref(samples)
        )
        return self._format.batch(samples)

    def batches(
        self,
        size: int,
        *,
        shuffle: bool = False,
        seed: int = 0,
        epoch: int = 0,
        start: int = 0,
        part: Tuple[int, int] = (0, 1),
        threads: int = 0,
    ) -> Batches:
        """The batches of one epoch, read ahead on other threads.

        Args:
            size: Samples in a batch.
            shuffle: Whether the samples come in the order of training, in full batches only; the few left over differ
                from epoch to epoch. Otherwise they come by position, and the last batch may be smaller.
            seed: Of the order. `glyphline train` takes these batches if `seed` is that of the spec and `size` is its
                batch times its candidates.
            epoch: The number of the epoch, from 0. Each has its own order.
            start: The first batch to take, to resume in the middle of an epoch.
            part: (k, n) takes the n-th part of the batches: start + k, start + k + n, ...
            threads: 0 for one for each CPU that the process may use. Their number does not change the batches.

        Raises:
            UsageError: An argument is impossible.
            DataError: A shuffled batch has more samples than there are; from the iterator, a block is damaged.
        """
        options = BatchesOptions(
            number(size, "size"),
            shuffle,
            number(seed, "seed", 1 << 64),
            number(epoch, "epoch"),
            number(start, "start"),
            *_part(part),
            number(threads, "threads", 1 << 31),
        )
        return Batches(self._handle.current(), self._format, options, self.batch_count(size, shuffle, start, part))

    def batch_count(self, size: int, shuffle: bool = False, start: int = 0, part: Tuple[int, int] = (0, 1)) -> int:
        """The number of batches that `batches` has with these arguments."""
        if number(size, "size") == 0:
            raise UsageError("size is 0; a batch has at least 1 sample")
        index, count = _part(part)
        all_batches = self._count // size if shuffle else -(-self._count // size)
        return len(range(number(start, "start") + index, all_batches, count))

    def decode(self, classes: ArrayLike) -> List[str]:
        """The texts of classes, [text, position], such as those with a network's largest logits."""
        return decoded(classes, self._format.characters)


class Split(Samples):
    """The samples of a workspace's split.

    Raises:
        MissingError: The workspace has no such split.
        DataError: A shard is damaged.
    """

    def __init__(self, workspace: StrPath, name: str) -> None:
        """Opens the recorded shards of a split.

        Args:
            workspace: The folder of a pipeline's results, such as `runs/quickstart`.
            name: "train", "validation" or "test".
        """
        self._workspace = absolute(workspace)
        super().__init__(_SplitHandle(library.glyphline_split_open, self._workspace, encoded(name.encode(), "name")))

    def __reduce__(self) -> Tuple[Any, ...]:
        return type(self), (self._workspace, self.name)

    def __repr__(self) -> str:
        return f"Split({os.fsdecode(self._workspace)!r}, {self.name!r})"

    def record_evaluation(
        self,
        predictions: Iterable[str],
        model: StrPath,
        confidences: Optional[Iterable[float]] = None,
        indices: Optional[Iterable[int]] = None,
    ) -> Accuracy:
        """Records the predictions of any model in the workspace's catalog, as `glyphline eval` does.

        Args:
            predictions: The text predicted for each sample of the split, by position.
            model: A file that holds the model, in any format. Its SHA-256 identifies the model in the catalog.
            confidences: The model's probability of each text, 0...1. Without them, each is 1, and the catalog's
                calibration has no meaning.
            indices: The sample's index in the split for each prediction, if they are in another order.

        Raises:
            BusyError: Another process works in the workspace.
            UsageError: A confidence is impossible, or there are not as many confidences or indices as predictions.
            DataError: There is not one prediction for each sample.
        """
        texts = [encoded(text.encode(), "prediction") for text in predictions]
        probabilities = [1.0] * len(texts) if confidences is None else [float(value) for value in confidences]
        places = range(len(texts)) if indices is None else [number(index, "an index") for index in indices]
        if not len(texts) == len(probabilities) == len(places):
            raise UsageError(
                f"there are {len(texts)} predictions, {len(probabilities)} confidences and {len(places)} indices; "
                "give as many of each"
            )
        answers = (Answer * len(texts))(*map(Answer, places, texts, probabilities))
        result = _library.Accuracy()
        library.glyphline_record_evaluation(
            self._workspace,
            self.name.encode(),
            absolute(model),
            answers,
            len(texts),
            ctypes.byref(result),
        )
        return Accuracy(*(getattr(result, field) for field in Accuracy._fields))


class _Shard(Samples):
    def __init__(self, path: StrPath) -> None:
        self._path = absolute(path)
        super().__init__(_SplitHandle(library.glyphline_shard_open, self._path))

    def __reduce__(self) -> Tuple[Any, ...]:
        return open_shard, (self._path,)

    def __repr__(self) -> str:
        return f"open_shard({os.fsdecode(self._path)!r})"


def open_shard(path: StrPath) -> Samples:
    """Opens the samples of one shard; nothing but the file is needed.

    Raises:
        MissingError: The file is missing or cannot be opened.
        DataError: The file is not a shard, or is damaged.
    """
    return _Shard(path)


def _samples_of(batch: Batch) -> List[Sample]:
    return [Sample(*sample) for sample in zip(batch.images, batch.texts, batch.seeds.tolist())]


def _part(part: Tuple[int, int]) -> Tuple[int, int]:
    index, count = (number(value, "part") for value in part)
    if index >= count:
        raise UsageError(f"part {index} of {count} does not exist; parts are counted from 0")
    return index, count
