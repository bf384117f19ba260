import unittest
import warnings

import numpy

import glyphline
import support

try:
    import torch
    from torch.utils.data import DataLoader, RandomSampler

    import glyphline.torch
except ImportError as error:
    raise unittest.SkipTest(f"{error.name} is not installed")

try:
    from torchdata.stateful_dataloader import StatefulDataLoader
except ImportError:
    StatefulDataLoader = None

SIZE = 50


class TorchTests(unittest.TestCase):
    def setUp(self):
        warnings.filterwarnings("ignore", "This DataLoader will create")
        self.split = glyphline.Split(support.varied(), "train")

    def dataset(self, **options):
        return glyphline.torch.BatchDataset(self.split, SIZE, seed=9, **options)

    def expected(self, epoch):
        return [
            (batch.images.transpose(0, 3, 1, 2), batch.labels)
            for batch in self.split.batches(SIZE, shuffle=True, seed=9, epoch=epoch)
        ]

    def assert_batches(self, batches, expected):
        self.assertEqual(len(batches), len(expected))
        for (images, labels), (expected_images, expected_labels) in zip(batches, expected):
            self.assertEqual((images.dtype, labels.dtype), (torch.uint8, torch.int64))
            numpy.testing.assert_array_equal(images.numpy(), expected_images)
            numpy.testing.assert_array_equal(labels.numpy(), expected_labels)

    def test_any_number_of_workers_gives_the_order_of_the_epoch(self):
        for workers in (0, 1, 2, 4):
            dataset = self.dataset()
            loader = DataLoader(dataset, batch_size=None, num_workers=workers)
            for epoch in (0, 1):
                dataset.set_epoch(epoch)
                self.assertEqual(len(loader), 1234 // SIZE)
                self.assert_batches(list(loader), self.expected(epoch))

    def test_spawned_and_persistent_workers(self):
        dataset = self.dataset(start=3)
        loader = DataLoader(dataset, batch_size=None, num_workers=2, persistent_workers=True,
                            multiprocessing_context="spawn")
        for epoch in (0, 1, 2):
            dataset.set_epoch(epoch)
            self.assert_batches(list(loader), self.expected(epoch)[3 if epoch == 0 else 0 :])

    def test_ranks_divide_the_batches(self):
        for workers in (0, 2):
            for rank in range(3):
                loader = DataLoader(self.dataset(shard=(rank, 3)), batch_size=None, num_workers=workers)
                expected = self.expected(0)[rank::3]
                self.assertEqual(len(loader), len(expected))
                self.assert_batches(list(loader), expected)

    def test_resumes_at_any_batch(self):
        for shard in ((0, 1), (1, 3)):
            dataset = self.dataset(shard=shard)
            dataset.set_epoch(2)
            iterator = iter(dataset)
            taken = [next(iterator) for _ in range(4)]
            state = dataset.state_dict()
            resumed = self.dataset(shard=shard)
            resumed.load_state_dict(state)
            rank, ranks = shard
            self.assert_batches(taken + list(resumed), self.expected(2)[rank::ranks])
            # The next epoch begins at its beginning.
            resumed.set_epoch(3)
            self.assertEqual(resumed.state_dict(), {"epoch": 3, "start": 0})
            self.assert_batches(list(resumed), self.expected(3)[rank::ranks])

    def test_resumes_with_workers(self):
        dataset = self.dataset(epoch=1)
        loader = DataLoader(dataset, batch_size=None, num_workers=2)
        taken = [batch for batch, _ in zip(loader, range(7))]
        resumed = self.dataset()
        resumed.load_state_dict({"epoch": 1, "start": 7})
        rest = list(DataLoader(resumed, batch_size=None, num_workers=4))
        self.assert_batches(taken + rest, self.expected(1))

    @unittest.skipIf(StatefulDataLoader is None, "torchdata is not installed")
    def test_resumes_in_a_stateful_loader(self):
        for taken_count in (3, 8):
            loader = StatefulDataLoader(self.dataset(epoch=1), batch_size=None, num_workers=2)
            taken = [batch for _, batch in zip(range(taken_count), loader)]
            resumed = StatefulDataLoader(self.dataset(epoch=1), batch_size=None, num_workers=2)
            resumed.load_state_dict(loader.state_dict())
            self.assert_batches(taken + list(resumed), self.expected(1))

    def test_gives_single_samples(self):
        dataset = glyphline.torch.SampleDataset(self.split)
        self.assertEqual(len(dataset), 1234)
        image, label = dataset[-1]
        numpy.testing.assert_array_equal(image.numpy(), self.split[1233].image.transpose(2, 0, 1))
        self.assertEqual(self.split.decode(label[None]), [self.split[1233].label])
        with self.assertRaises(IndexError):
            dataset[1234]
        sampler = RandomSampler(dataset, generator=torch.Generator().manual_seed(1))
        order = list(sampler)
        sampler.generator.manual_seed(1)
        loader = DataLoader(dataset, batch_size=100, sampler=sampler, num_workers=2)
        labels = torch.cat([labels for _, labels in loader])
        numpy.testing.assert_array_equal(labels.numpy(), self.split.read(order).labels)

    def test_damage_reaches_the_loop(self):
        content = bytearray((support.varied() / "shards" / "train-00001.shard.zst").read_bytes())
        content[len(content) // 2] ^= 1
        path = support.folder() / "torch.shard.zst"
        path.write_bytes(content)
        dataset = glyphline.torch.BatchDataset(glyphline.open_shard(path), SIZE)
        with self.assertRaises(glyphline.DataError) as caught:
            list(DataLoader(dataset, batch_size=None, num_workers=2))
        self.assertIn("torch.shard.zst", str(caught.exception))

    def test_refuses_impossible_arguments(self):
        for options in ({"shard": (3, 3)}, {"start": -1}):
            with self.assertRaises(ValueError):
                self.dataset(**options)
