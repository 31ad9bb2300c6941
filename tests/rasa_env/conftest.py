"""Tests of what runs inside Rasa's Python 3.10 environment; the application's environment passes them by."""

from importlib.util import find_spec

collect_ignore_glob = [] if find_spec("rasa") else ["test_*.py"]
