import gc
import multiprocessing
import pickle
import unittest
import weakref

import numpy

import glyphline
import support


def first_label(samples):
    return samples[0].label


class SamplesTests(unittest.TestCase):
    def setUp(self):
        self.smoke = glyphline.Split(support.smoke(), "train")
        self.varied = glyphline.Split(support.varied(), "train")

    def test_describes_itself(self):
        self.assertEqual((self.smoke.name, len(self.smoke), self.smoke.label_capacity), ("train", 2000, 2))
        self.assertEqual((self.smoke.width, self.smoke.height, self.smoke.channels), (80, 40, 1))
        self.assertEqual((self.smoke.alphabet, self.smoke.class_count), (tuple("0123456789"), 11))
        self.assertEqual((self.varied.width, self.varied.height, self.varied.channels), (80, 48, 3))

    def test_samples_are_those_of_inspect(self):
        for split, workspace, shard_records in (
            (self.smoke, support.smoke(), 512), (self.varied, support.varied(), 500)
        ):
            for position in (0, 1, 499, 600, len(split) - 1):
                shard, record = divmod(position, shard_records)
                path = workspace / "shards" / f"train-{shard:05}.shard.zst"
                pixels, label, seed, index = support.inspect(path, record)
                sample, batch = split[position], split.read([position])
                numpy.testing.assert_array_equal(sample.image, pixels)
                self.assertEqual((sample.label, sample.seed, batch.indices[0]), (label, seed, index))
                in_shard = glyphline.open_shard(path)[record]
                numpy.testing.assert_array_equal(in_shard.image, pixels)
                self.assertEqual((in_shard.label, in_shard.seed), (label, seed))

    def test_is_a_sequence(self):
        split = self.smoke
        self.assertEqual(split[-1].seed, split[1999].seed)
        self.assertEqual(split[numpy.int64(7)].seed, split[7].seed)
        self.assertEqual([sample.seed for sample in split[3:9:2]], [split[index].seed for index in (3, 5, 7)])
        self.assertEqual(split[5:5], [])
        for position in (2000, -2001, 1 << 70):
            with self.assertRaises(IndexError):
                split[position]
        with self.assertRaises(TypeError):
            split[1.0]
        self.assertEqual([sample.seed for sample in split], split.read(range(2000)).seeds.tolist())

    def test_reads_any_positions(self):
        batch = self.varied.read(numpy.array([1233, 5, 5], numpy.int32))
        self.assertEqual(len(batch), 3)
        self.assertEqual(batch.texts, [self.varied[position].label for position in (1233, 5, 5)])
        self.assertEqual(self.varied.decode(batch.labels), batch.texts)
        self.assertEqual(self.varied.read([]).images.shape, (0, 48, 80, 3))
        for positions in ([-1], [1234], [0, 1 << 40]):
            with self.assertRaises(IndexError):
                self.varied.read(positions)
        for positions in ([0.5], [[0, 1]], ["a"]):
            with self.assertRaises(TypeError):
                self.varied.read(positions)

    def test_labels_end_with_blanks(self):
        batch = self.varied.read(range(1234))
        self.assertEqual({len(text) for text in batch.texts}, {1, 2, 3})
        blank = self.varied.class_count - 1
        for text, classes in zip(batch.texts, batch.labels.tolist()):
            self.assertEqual(classes[len(text) :], [blank] * (3 - len(text)))
            self.assertEqual([self.varied.alphabet[number] for number in classes[: len(text)]], list(text))

    def test_arrays_keep_their_memory(self):
        split = glyphline.Split(support.smoke(), "train")
        batch = split.read(range(100))
        memory = weakref.ref(batch.images.base._memory)
        copy, view = batch.images[40:].copy(), batch.images[40:]
        view[0, 0, 0] = copy[0, 0, 0]
        del split, batch
        gc.collect()
        for _ in range(20):
            self.smoke.read(range(100, 200))
        numpy.testing.assert_array_equal(view, copy)
        self.assertIsNotNone(memory())
        del view
        gc.collect()
        self.assertIsNone(memory())

    def test_pickles_as_its_path(self):
        path = support.smoke() / "shards" / "train-00001.shard.zst"
        for samples in (self.smoke, glyphline.open_shard(path)):
            self.assertEqual(pickle.loads(pickle.dumps(samples))[3].label, samples[3].label)
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            self.assertEqual(pool.map(first_label, [self.smoke]), [self.smoke[0].label])

    def test_works_in_a_fork(self):
        expected = self.smoke[600].label
        self.assertTrue(support.in_fork(lambda: self.smoke[600].label == expected))
        self.assertTrue(support.in_fork(lambda: sum(len(batch) for batch in self.smoke.batches(50)) == 2000))

    def test_missing_files(self):
        for open_samples in (
            lambda: glyphline.Split(support.folder() / "none", "train"),
            lambda: glyphline.Split(support.smoke(), "validation"),
            lambda: glyphline.open_shard(support.folder() / "none.shard.zst"),
        ):
            with self.assertRaises(FileNotFoundError) as caught:
                open_samples()
            self.assertIsInstance(caught.exception, glyphline.Error)
            self.assertEqual(caught.exception.code, 66)
        with self.assertRaises(glyphline.UsageError):
            glyphline.Split(support.smoke(), "every")
        for arguments in (("a\0b", "train"), (support.smoke(), "tr\0ain")):
            with self.assertRaises(ValueError):
                glyphline.Split(*arguments)


class DamageTests(unittest.TestCase):
    def damaged(self, change):
        """A shard of smoke after a change of its bytes."""
        content = bytearray((support.smoke() / "shards" / "train-00000.shard.zst").read_bytes())
        path = support.folder() / "damaged.shard.zst"
        path.write_bytes(change(content))
        return path

    def test_names_the_damaged_block(self):
        def flip(content):
            content[len(content) // 2] ^= 1
            return content

        samples = glyphline.open_shard(self.damaged(flip))
        with self.assertRaises(glyphline.DataError) as caught:
            for _ in samples.batches(32):
                pass
        self.assertIn("damaged.shard.zst", str(caught.exception))
        self.assertRegex(str(caught.exception), "frame [0-9]+")
        self.assertEqual(caught.exception.code, 65)
        with self.assertRaises(glyphline.DataError):
            samples.read(range(len(samples)))
        # The blocks before it can be read.
        self.assertEqual(samples[0].label, glyphline.Split(support.smoke(), "train")[0].label)

    def test_refuses_parts_of_a_shard(self):
        for byte_count in (0, 1, 100, 10_000):
            with self.assertRaises(glyphline.DataError):
                glyphline.open_shard(self.damaged(lambda content: content[:byte_count]))
