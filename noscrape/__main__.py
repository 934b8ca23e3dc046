"""`python -m noscrape` is `noscrape`."""

import sys

from noscrape.cli import main

sys.exit(main())
