"""`ktlib` as a command, also as `python -m ktlib`: see `ktlib.show.command`."""

import sys

from .show.command import main

if __name__ == "__main__":
    sys.exit(main())
