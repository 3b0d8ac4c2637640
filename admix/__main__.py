"""`python -m admix` is `admix`, for where no shell may read the project's own path."""

from admix.cli import main

main()
