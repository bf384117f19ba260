"""The samples as PyTorch datasets. Images are uint8 tensors in the layout NCHW, labels int64 classes.

`BatchDataset` is for training: it has the order, the speed and the memory of Glyphline's own training. `SampleDataset`
gives single samples by position.
"""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Sequence, Tuple

import numpy
import torch
from torch import Tensor
from torch.utils.data import Dataset, IterableDataset, get_worker_info

from ._batches import Batch
from ._samples import Samples

__all__ = ["BatchDataset", "SampleDataset"]


def _tensors(batch: Batch) -> Tuple[Tensor, Tensor]:
    """Images [sample, channel, height, width], over the batch's memory, and labels [sample, position]."""
    labels: Any = batch.labels.astype(numpy.int64)
    return torch.from_numpy(batch.images).permute(0, 3, 1, 2), torch.from_numpy(labels)


class SampleDataset(Dataset[Tuple[Tensor, Tensor]]):
    """A map-style dataset: (image [channel, height, width], label [position])."""

    def __init__(self, samples: Samples) -> None:
        self.samples = samples

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int) -> Tuple[Tensor, Tensor]:
        return self.__getitems__([range(len(self))[index]])[0]

    def __getitems__(self, indices: Sequence[int]) -> List[Tuple[Tensor, Tensor]]:
        """The samples of a batch, which a DataLoader asks for at once."""
        return list(zip(*_tensors(self.samples.read(indices))))


class BatchDataset(IterableDataset[Tuple[Tensor, Tensor]]):
    """The batches of an epoch: (images [batch, channel, height, width], labels [batch, position]).

    Use it with `DataLoader(dataset, batch_size=None, num_workers=N)`. Each worker reads every N-th batch, so the loader
    returns exactly the batches of the epoch in their order, for any N. Workers may be forked or spawned, and may
    persist.

    An epoch can be resumed at any batch: see `state_dict`.
    """

    def __init__(
        self,
        samples: Samples,
        size: int,
        *,
        shuffle: bool = True,
        seed: int = 0,
        epoch: int = 0,
        start: int = 0,
        shard: Tuple[int, int] = (0, 1),
        threads: int = 0,
    ) -> None:
        """
        Args:
            samples: A split or shard.
            size, shuffle, seed: As of `Samples.batches`.
            epoch: The number of the first epoch; `set_epoch` moves on.
            start: The first batch of this epoch to take; later epochs begin at 0.
            shard: (rank, ranks) takes the batches start + rank, start + rank + ranks, ...
            threads: That read ahead in each process; 0 for one in a worker, and one for each CPU otherwise.
        """
        self.samples = samples
        self.size = size
        self.shuffle = shuffle
        self.seed = seed
        self.shard = shard
        self.threads = threads
        # In shared memory, so that workers which persist see the next epoch.
        self._epoch: Any = torch.tensor([epoch])
        self._epoch.share_memory_()
        # The epoch that `_start` and `_taken` belong to.
        self._position_epoch = epoch
        self._start = start
        self._taken = 0
        # Complains now about arguments that are impossible.
        samples.batch_count(size, shuffle, start, shard)

    @property
    def epoch(self) -> int:
        """The number of the epoch that the next loop goes through."""
        return int(self._epoch)

    def set_epoch(self, epoch: int) -> None:
        """Moves on to an epoch; another than the current one begins at its first batch."""
        self._epoch.fill_(epoch)

    def _start_of_epoch(self) -> int:
        return self._start if self._position_epoch == self.epoch else 0

    def _part(self) -> Tuple[int, int]:
        """Which batches this process takes. Worker w of N takes every N-th of those of its rank, from the w-th on."""
        worker = get_worker_info()
        rank, ranks = self.shard
        if worker is None:
            return rank, ranks
        return rank + ranks * worker.id, ranks * worker.num_workers

    def __len__(self) -> int:
        """The number of batches of a whole epoch, in all workers together."""
        return self.samples.batch_count(self.size, self.shuffle, part=self.shard)

    def __iter__(self) -> Iterator[Tuple[Tensor, Tensor]]:
        self._position_epoch, self._start, self._taken = self.epoch, self._start_of_epoch(), 0
        batches = self.samples.batches(
            self.size,
            shuffle=self.shuffle,
            seed=self.seed,
            epoch=self._position_epoch,
            start=self._start,
            part=self._part(),
            threads=self.threads or (0 if get_worker_info() is None else 1),
        )
        for batch in batches:
            self._taken += 1
            yield _tensors(batch)

    def state_dict(self) -> Dict[str, int]:
        """The position to resume from: {"epoch": the epoch, "start": its next batch}.

        It counts the batches that this process has taken. With workers, torchdata's `StatefulDataLoader` asks them;
        with PyTorch's own DataLoader, count the batches in the loop and store {"epoch": epoch, "start": count * ranks}.
        """
        if self._position_epoch != self.epoch:
            return {"epoch": self.epoch, "start": 0}
        return {"epoch": self.epoch, "start": self._start + self._taken * self._part()[1]}

    def load_state_dict(self, state: Dict[str, int]) -> None:
        """Resumes at a position of `state_dict`, or at any {"epoch": epoch, "start": batch}."""
        self.set_epoch(state["epoch"])
        self._position_epoch, self._start, self._taken = state["epoch"], state["start"], 0
