"""`python -m glyphline ...` runs the command-line program."""

from glyphline_program import main

main()
