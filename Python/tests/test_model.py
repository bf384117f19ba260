import os
import pickle
import shutil
import unittest
from pathlib import Path

import numpy

import glyphline
import support


class ModelTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.model = glyphline.Model(support.model_path())
        cls.files = support.image_files()
        cls.expected = support.predictions()

    def assert_predicts(self, predictions, expected):
        self.assertEqual([prediction.text for prediction in predictions], [text for text, _ in expected])
        for prediction, (_, confidence) in zip(predictions, expected):
            self.assertAlmostEqual(prediction.confidence, confidence, places=6)

    def test_describes_itself(self):
        model = self.model
        self.assertEqual((model.alphabet, model.lengths), (tuple("0123456789"), (2, 2)))
        self.assertEqual((model.width, model.height, model.channels), (80, 40, 1))

    def test_predicts_files_as_the_program_does(self):
        self.assert_predicts(self.model.read(self.files), self.expected)
        self.assert_predicts(self.model.read(str(file) for file in self.files), self.expected)
        self.assert_predicts([self.model.read(str(self.files[3]))], self.expected[3:4])
        self.assertEqual(self.model.read([]), [])

    def test_predicts_bytes_of_files(self):
        content = self.files[3].read_bytes()
        for image in (content, bytearray(content), memoryview(content)):
            self.assert_predicts([self.model.read(image)], self.expected[3:4])

    def test_predicts_pixels(self):
        images = glyphline.Split(support.smoke(), "test").read(range(50)).images
        expected = self.expected[:50]
        self.assert_predicts(self.model.read(images), expected)
        self.assert_predicts(self.model.read(images[..., 0]), expected)
        self.assert_predicts(self.model.read(list(images)), expected)
        self.assert_predicts([self.model.read(images[0]), self.model.read(images[1, ..., 0])], expected[:2])
        colour = numpy.repeat(images, 3, axis=3)
        self.assert_predicts(self.model.read(colour), self.expected[:50])
        # Strides of any kind.
        mirrored = numpy.ascontiguousarray(images[:, :, ::-1])[:, :, ::-1]
        self.assert_predicts(self.model.read(mirrored), expected)
        self.assert_predicts(self.model.read([self.files[0], images[1], self.files[2].read_bytes()]), expected[:3])

    def test_gives_probabilities(self):
        for prediction in self.model.read(self.files[:20]):
            probabilities = prediction.probabilities
            self.assertEqual((probabilities.shape, probabilities.dtype), ((2, 10), numpy.float32))
            numpy.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
            best = probabilities.argmax(axis=1)
            self.assertEqual("".join(self.model.alphabet[number] for number in best), prediction.text)
            self.assertAlmostEqual(float(probabilities.max(axis=1).prod()), prediction.confidence, places=5)

    def test_threads_change_nothing(self):
        predictions = glyphline.Model(support.model_path(), threads=1).read(self.files)
        for one, other in zip(predictions, self.model.read(self.files)):
            numpy.testing.assert_array_equal(one.probabilities, other.probabilities)

    def test_unreadable_images(self):
        wrong = support.folder() / "wrong.png"
        wrong.write_bytes(self.files[0].read_bytes()[:60])
        missing = support.folder() / "missing.png"
        for image, kind in ((wrong, glyphline.DataError), (missing, FileNotFoundError), (b"", glyphline.DataError),
                            (b"text", glyphline.DataError), (support.folder(), glyphline.Error)):
            with self.subTest(image=image), self.assertRaises(kind):
                self.model.read(image)
        predictions = self.model.read([self.files[0], wrong, missing, self.files[1]])
        self.assert_predicts([predictions[0], predictions[3]], self.expected[:2])
        self.assertIsNone(predictions[0].error)
        self.assertIsInstance(predictions[1].error, glyphline.DataError)
        self.assertIn("wrong.png", str(predictions[1].error))
        self.assertEqual(predictions[2].error.code, 66)
        for attribute in ("text", "confidence", "probabilities"):
            with self.assertRaises(FileNotFoundError):
                getattr(predictions[2], attribute)

    def test_refuses_other_values(self):
        gray = numpy.zeros((40, 80), numpy.uint8)
        for image in (gray.astype(float), [gray.astype(numpy.int64)], [gray, 3], 3, [None]):
            with self.assertRaises(TypeError):
                self.model.read(image)
        for image in (numpy.zeros((40, 80, 4), numpy.uint8), [numpy.zeros((2, 40, 80), numpy.uint8)], gray[0],
                      "a\0b", numpy.zeros((0, 80), numpy.uint8)):
            with self.assertRaises(ValueError):
                self.model.read(image)

    def test_refuses_files_that_are_not_models(self):
        content = support.model_path().read_bytes()
        path = support.folder() / "cut.safetensors"
        for byte_count in (0, 7, 8, 100, len(content) // 2, len(content) - 1):
            path.write_bytes(content[:byte_count])
            with self.subTest(byte_count=byte_count), self.assertRaises(glyphline.DataError) as caught:
                glyphline.Model(path)
            self.assertIn("cut.safetensors", str(caught.exception))
        with self.assertRaises(FileNotFoundError):
            glyphline.Model(support.folder() / "none")
        with self.assertRaises(glyphline.Error):
            glyphline.Model(support.folder())
        with self.assertRaises(ValueError):
            glyphline.Model("a\0b")
        with self.assertRaises(glyphline.UsageError):
            glyphline.Model(support.model_path(), threads=-1)

    def test_pickles_as_its_path(self):
        self.assert_predicts(pickle.loads(pickle.dumps(self.model)).read(self.files[:3]), self.expected[:3])
        prediction = pickle.loads(pickle.dumps(self.model.read(self.files[0])))
        self.assert_predicts([prediction], self.expected[:1])

    def test_works_in_a_fork(self):
        texts = [text for text, _ in self.expected]
        self.assertTrue(support.in_fork(lambda: [one.text for one in self.model.read(self.files)] == texts))
        self.assert_predicts(self.model.read(self.files[:3]), self.expected[:3])

    def test_reads_paths_of_any_bytes(self):
        path = os.fsencode(support.folder()) + b"/\xff\xc3\xa9 .png"
        shutil.copy(self.files[0], path)
        for form in (os.fsdecode(path), Path(os.fsdecode(path))):
            self.assert_predicts([self.model.read(form)], self.expected[:1])

    def test_stops_at_an_interrupt(self):
        code = """
import itertools, sys, glyphline
model = glyphline.Model(sys.argv[1])
print("ready", flush=True)
model.read(itertools.repeat(sys.argv[2]))
"""
        (error,) = support.interrupted(code, support.model_path(), self.files[0])
        self.assertTrue(error.rstrip().endswith("KeyboardInterrupt"), error)
