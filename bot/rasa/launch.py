"""Starts Rasa's command line and ends with its parent; runs in Rasa's own Python 3.10 environment.

The parent holds the other end of our standard input: when it is gone, however it died, so are we.
"""

import os
import sys
import threading


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    threading.Thread(target=_end_with_parent, daemon=True).start()
    from rasa.__main__ import main

    main()
