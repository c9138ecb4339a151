"""``python -m gateway``: the same as ``carehub``."""

from gateway.cli import main

main()
