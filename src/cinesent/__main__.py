"""`python -m cinesent` is `cinesent`."""

from cinesent.cli import main

main()
