"""Each connection is an open file: room for as many as are wanted."""

from __future__ import annotations

import resource

# The ledger, the loop's own, standard streams, libraries.
SPARE = 64


class TooFewFilesError(ValueError):
    """The machine lets this process open fewer files than it needs connections."""


def make_room(connections: int) -> None:
    """Raise the soft limit of open files as far as it takes; ``TooFewFilesError`` where the hard one is lower."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + SPARE
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise TooFewFilesError(
            f"{connections} connections need {wanted} open files, and this process may have {hard}: ask for fewer, or raise"
            " the hard limit (ulimit -Hn as root, LimitNOFILE= of a systemd unit, --ulimit nofile= of a container)."
            " The broker needs as many"
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
