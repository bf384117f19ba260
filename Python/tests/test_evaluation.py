import contextlib
import fcntl
import json
import shutil
import sqlite3
import unittest

import glyphline
import support


class EvaluationTests(unittest.TestCase):
    def setUp(self):
        self.workspace = support.folder() / "evaluated"
        shutil.copytree(support.smoke(), self.workspace)
        self.addCleanup(shutil.rmtree, self.workspace)
        self.split = glyphline.Split(self.workspace, "test")
        self.expected = support.predictions()
        self.texts = [text for text, _ in self.expected]
        self.confidences = [confidence for _, confidence in self.expected]

    def rows(self, query, *arguments):
        path = f"file:{self.workspace}/catalog.sqlite?mode=ro"
        with contextlib.closing(sqlite3.connect(path, uri=True)) as catalog:
            return catalog.execute(query, arguments).fetchall()

    def test_records_what_eval_records(self):
        model = support.folder() / "model.of-my-own"
        model.write_bytes(b"weights")
        accuracy = self.split.record_evaluation(self.texts, model=model, confidences=self.confidences)
        self.assertEqual(accuracy.images, 200)
        report = json.loads(support.run("eval", support.REPOSITORY / "Pipelines" / "smoke.yaml", "--workspace",
                                        self.workspace, "--json"))
        for field in ("images", "exact", "accuracy", "low95", "high95", "character_accuracy", "case_folded_accuracy"):
            self.assertAlmostEqual(getattr(accuracy, field), report[field], places=9)
        confusions = "SELECT truth, predicted, count FROM confusion_matrix WHERE evaluation = ? ORDER BY 1, 2, 3"
        mine = self.rows(confusions, accuracy.evaluation)
        self.assertGreater(len(mine), 10)
        self.assertEqual(mine, self.rows(confusions, report["evaluation"]))

    def test_takes_predictions_in_any_order(self):
        arguments = {"model": support.model_path()}
        accuracy = self.split.record_evaluation(self.texts, **arguments)
        backwards = self.split.record_evaluation(self.texts[::-1], indices=range(199, -1, -1), **arguments)
        self.assertEqual(backwards[1:], accuracy[1:])

    def test_refuses_other_predictions(self):
        model = support.model_path()
        for texts, options in (
            (self.texts[:-1], {}), (self.texts + ["12"], {}), ([], {}),
            (self.texts, {"indices": [0] * 200}), (self.texts, {"confidences": [2.0] * 200}),
            (self.texts, {"confidences": [0.5]}), (self.texts, {"confidences": [float("nan")] * 200}),
            (["1\0"] + self.texts[1:], {}),
        ):
            with self.subTest(texts=len(texts), **options), self.assertRaises(ValueError):
                self.split.record_evaluation(texts, model=model, **options)
        with self.assertRaises(FileNotFoundError):
            self.split.record_evaluation(self.texts, model=support.folder() / "none")

    def test_waits_for_nobody(self):
        with open(self.workspace / "lock", "r+b") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with self.assertRaises(glyphline.BusyError) as caught:
                self.split.record_evaluation(self.texts, model=support.model_path())
            self.assertEqual(caught.exception.code, 75)
            # Samples can still be read.
            self.assertEqual(len(glyphline.Split(self.workspace, "train")), 2000)
        self.split.record_evaluation(self.texts, model=support.model_path())
