import itertools
import unittest

import numpy

import epoch_order
import glyphline
import support

SMOKE_SEED = 1


def indices(batches):
    return numpy.concatenate([batch.indices for batch in batches]).tolist()


class BatchesTests(unittest.TestCase):
    def setUp(self):
        self.smoke = glyphline.Split(support.smoke(), "train")
        self.varied = glyphline.Split(support.varied(), "train")

    def test_come_by_position(self):
        batches = list(self.varied.batches(100))
        self.assertEqual([len(batch) for batch in batches], [100] * 12 + [34])
        self.assertEqual(indices(batches), list(range(1234)))
        direct = self.varied.read(range(100, 200))
        for attribute in ("images", "labels", "indices", "seeds", "texts"):
            numpy.testing.assert_array_equal(getattr(batches[1], attribute), getattr(direct, attribute))

    def test_come_in_the_order_of_training(self):
        for split, seed, shard, block, size in (
            (self.smoke, SMOKE_SEED, 512, 32, 50), (self.varied, 77, 500, 4, 100)
        ):
            counts = epoch_order.block_record_counts(len(split), shard, block)
            for epoch in (0, 1, 5):
                order = epoch_order.epoch_order(counts, 48 * 80 * 3, seed, epoch)
                batches = list(split.batches(size, shuffle=True, seed=seed, epoch=epoch))
                self.assertEqual(indices(batches), order[: len(batches) * size])
                for batch in (batches[0], batches[-1]):
                    direct = split.read(batch.indices)
                    numpy.testing.assert_array_equal(batch.images, direct.images)
                    numpy.testing.assert_array_equal(batch.labels, direct.labels)
                    numpy.testing.assert_array_equal(batch.seeds, direct.seeds)

    def test_parts_and_resumed_batches_are_those_of_the_epoch(self):
        for options in ({"shuffle": True, "seed": 9, "epoch": 3}, {}):
            whole = [batch.indices.tolist() for batch in self.varied.batches(50, **options)]
            for parts, start in itertools.product((1, 2, 4), (0, 7, len(whole), len(whole) + 3)):
                taken = [
                    list(self.varied.batches(50, start=start, part=(part, parts), threads=1 + parts, **options))
                    for part in range(parts)
                ]
                turns = itertools.chain.from_iterable(itertools.zip_longest(*taken))
                self.assertEqual([batch.indices.tolist() for batch in turns if batch], whole[start:])
                for part in range(parts):
                    batches = self.varied.batches(50, start=start, part=(part, parts), **options)
                    self.assertEqual(len(batches), len(taken[part]))

    def test_refuse_impossible_arguments(self):
        for arguments in (
            {"size": 0}, {"size": -1}, {"size": 1 << 64}, {"size": 10, "part": (1, 1)}, {"size": 10, "part": (-1, 2)},
            {"size": 10, "part": (0, 0)}, {"size": 10, "start": -1}, {"size": 10, "threads": -1},
            {"size": 10, "epoch": -1}, {"size": 10, "seed": -1, "shuffle": True}, {"size": 2001, "shuffle": True},
        ):
            with self.subTest(**arguments), self.assertRaises(ValueError) as caught:
                self.smoke.batches(**arguments)
            self.assertIsInstance(caught.exception, glyphline.Error)
        with self.assertRaises(TypeError):
            self.smoke.batches(1.5)

    def test_refuse_to_go_on_after_a_fork(self):
        batches = self.smoke.batches(50)
        next(batches)

        def is_refused():
            try:
                next(batches)
            except glyphline.UsageError as error:
                return "forked" in str(error)

        self.assertTrue(support.in_fork(is_refused))
        self.assertEqual(sum(len(batch) for batch in batches), 1950)

    def test_can_be_left_in_the_middle(self):
        code = """
import sys, glyphline
batches = glyphline.Split(sys.argv[1], "train").batches(10, shuffle=True)
kept = next(batches), next(glyphline.Split(sys.argv[1], "train").batches(10))
"""
        for _ in range(5):
            process = support.python(code, support.smoke())
            _, error = process.communicate(timeout=60)
            self.assertEqual((process.returncode, error), (0, ""))

    def test_stop_at_an_interrupt(self):
        code = """
import itertools, sys, glyphline
split = glyphline.Split(sys.argv[1], "train")
for epoch in itertools.count():
    for batch in split.batches(10, shuffle=True, epoch=epoch):
        if epoch == 0:
            print(batch.texts, flush=True)
"""
        # An interrupt while a batch is freed was once lost.
        for error in support.interrupted(code, support.smoke(), count=8):
            self.assertTrue(error.rstrip().endswith("KeyboardInterrupt"), error)
