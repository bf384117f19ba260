"""The order of training, written anew from Docs/loading.md and Sources/Loader, to compare with."""

import numpy

WINDOW_BLOCKS, WINDOW_BYTES = 256, 40 << 20
ORDER_PURPOSE = 3


class RandomStream:
    """Philox4x32-10 (Salmon, Moraes, Dror and Shaw, SC 2011)."""

    def __init__(self, seed, stream):
        self.key = (seed & 0xFFFFFFFF, seed >> 32)
        self.stream = stream
        self.words = []
        self.block = 0

    def next(self):
        if not self.words:
            low, high, (k0, k1) = self.stream & 0xFFFFFFFF, self.stream >> 32, self.key
            c0, c1, c2, c3 = self.block, 0, low, high
            for _ in range(10):
                first, second = c0 * 0xD2511F53, c2 * 0xCD9E8D57
                c0, c1, c2, c3 = (
                    (second >> 32) ^ c1 ^ k0, second & 0xFFFFFFFF, (first >> 32) ^ c3 ^ k1, first & 0xFFFFFFFF
                )
                k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
            self.words = [c3, c2, c1, c0]
            self.block += 1
        return self.words.pop()

    def below(self, bound):
        """Lemire, "Fast random integer generation in an interval", 2019."""
        product = self.next() * bound
        while product & 0xFFFFFFFF < (1 << 32) % bound:
            product = self.next() * bound
        return product >> 32

    def shuffle(self, values):
        for last in range(len(values) - 1, 0, -1):
            other = self.below(last + 1)
            values[last], values[other] = values[other], values[last]


def epoch_order(record_counts, record_bytes, pipeline_seed, epoch):
    """The positions of an epoch's samples, in order.

    - record_counts: of each block
    """
    purpose = RandomStream(pipeline_seed, 2**64 - 1 - ORDER_PURPOSE)
    seed = purpose.next() << 32 | purpose.next()
    blocks = list(range(len(record_counts)))
    RandomStream(seed, epoch << 32).shuffle(blocks)
    first_records = numpy.cumsum([0, *record_counts]).tolist()
    block_count_max = min(WINDOW_BLOCKS, max(1, WINDOW_BYTES // (max(record_counts) * record_bytes)))
    window_count = (len(blocks) - 1) // block_count_max + 1
    ends = [number * len(blocks) // window_count for number in range(window_count + 1)]
    order = []
    for number in range(window_count):
        window = blocks[ends[number] : ends[number + 1]]
        random = RandomStream(seed, epoch << 32 | number + 1)
        group_count = max(record_counts[block] for block in window)
        dealt = list(range(group_count))
        groups = [[] for _ in range(group_count)]
        for block in window:
            random.shuffle(dealt)
            for record in range(record_counts[block]):
                groups[dealt[record]].append(first_records[block] + record)
        offset, places = 0, []
        for group in groups:
            positions = list(range(offset, offset + len(group)))
            random.shuffle(positions)
            places += positions
            offset += len(group)
        ordered = [None] * offset
        for place, record in zip(places, (record for group in groups for record in group)):
            ordered[place] = record
        order += ordered
    return order


def block_record_counts(count, shard_records, block_records):
    """Of a split of `count` samples."""
    counts = []
    while count:
        shard = min(count, shard_records)
        counts += [min(block_records, shard - first) for first in range(0, shard, block_records)]
        count -= shard
    return counts
