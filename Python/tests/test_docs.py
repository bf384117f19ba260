import contextlib
import io
import os
import re
import shutil
import unittest

import support

try:
    import torch
except ImportError:
    torch = None


class PageTests(unittest.TestCase):
    def test_the_code_of_the_page_runs(self):
        """In a folder where runs/quickstart is the workspace of smoke."""
        page = (support.REPOSITORY / "Docs" / "python.md").read_text()
        folder = support.folder() / "page"
        shutil.copytree(support.smoke(), folder / "runs" / "quickstart")
        (folder / "captchas").mkdir()
        for file in support.image_files()[:5]:
            shutil.copy(file, folder / "captchas")
        (folder / "captchas" / "wrong.png").write_bytes(b"text")
        shutil.copy(support.image_files()[0], folder / "captcha.png")
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(folder)

        blocks = re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
        names, printed = {}, io.StringIO()
        with contextlib.redirect_stdout(printed):
            for block in blocks:
                if "torch" in block and torch is None:
                    break
                exec(compile(block, "Docs/python.md", "exec"), names)
        names.pop("catalog", contextlib.ExitStack()).close()
        self.assertEqual(len(blocks), 6)
        self.assertIn(support.predictions()[0][0], printed.getvalue())
        self.assertIn("wrong.png", printed.getvalue())
        if torch is not None:
            self.assertRegex(printed.getvalue(), "% of 200 images")
            self.assertRegex(printed.getvalue(), "[0-9] predicted as [0-9]: [0-9]+ times")
