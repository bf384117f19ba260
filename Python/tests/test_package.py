import os
import subprocess
import sys
import unittest

import glyphline
import support


def python_in(environment, *arguments):
    return subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, text=True)


class PackageTests(unittest.TestCase):
    def environment(self, library):
        return {**os.environ, "GLYPHLINE_LIBRARY": library}

    def test_version_is_that_of_the_program(self):
        self.assertEqual(support.run("--version").strip(), glyphline.__version__)

    def test_says_where_the_library_is_missing(self):
        for library, words in (("/none.so", "/none.so does not exist"), ("", "libglyphline-loader.so does not exist"),
                               (__file__, "cannot be loaded")):
            result = python_in(self.environment(library), "-c", "import glyphline")
            self.assertIn("ImportError: glyphline: ", result.stderr)
            self.assertIn(words, result.stderr)

    def test_says_where_it_is_another_library(self):
        with open("/proc/self/maps") as maps:
            library = next(line.split()[-1] for line in maps if "/libc.so.6" in line or "/libc-" in line)
        result = python_in(self.environment(library), "-c", "import glyphline")
        self.assertIn("is not Glyphline's library", result.stderr)

    def test_says_where_the_program_is_missing(self):
        result = python_in(os.environ, "-m", "glyphline", "--version")
        self.assertEqual(result.returncode, 1)
        self.assertIn("glyphline: the program cannot be started", result.stderr)

    def test_needs_no_torch(self):
        code = "import sys, glyphline; assert 'torch' not in sys.modules"
        self.assertEqual(python_in(os.environ, "-c", code).returncode, 0)
