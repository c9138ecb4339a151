"""``python -m dashboards render|push|copy``: the same as ``carehub dashboards``, without the hub."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from dashboards.console import CONSOLE, AddressError
from dashboards.push import PushError, push
from dashboards.render import JSON_FOLDER, SdkMissingError, copy_all, render_all


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 0 done, 2 could not (the reason on stderr)."""
    parser = argparse.ArgumentParser(prog="python -m dashboards", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    render = commands.add_parser("render", help="build the dashboards and write their JSON")
    render.add_argument(
        "-o", "--output", type=Path, default=JSON_FOLDER, help="folder (default: %(default)s)"
    )
    push_ = commands.add_parser("push", help="send the committed dashboards to a Grafana")
    push_.add_argument("--url", default=os.environ.get("GRAFANA_URL", ""), help="or GRAFANA_URL")
    push_.add_argument("--folder", default="Carehub", help="Grafana folder (default: %(default)s)")
    copy = commands.add_parser("copy", help="write the committed dashboards into a folder for Grafana")
    copy.add_argument("output", type=Path, help="folder")
    for command in (push_, copy):
        command.add_argument(
            "--console", default=CONSOLE, help="the console's address, for links (default: %(default)s)"
        )
    options = parser.parse_args(arguments)
    try:
        if options.command == "render":
            done = [str(path) for path in render_all(options.output)]
        elif options.command == "copy":
            done = [str(path) for path in copy_all(options.output, console=options.console)]
        else:
            # Only from the environment: an argument would stand in the process list and the shell's history.
            token = os.environ.get("GRAFANA_TOKEN", "")
            done = push(url=options.url, token=token, folder=options.folder, console=options.console)
    except (SdkMissingError, PushError, AddressError) as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    sys.stdout.write("".join(f"{line}\n" for line in done))
    return 0


if __name__ == "__main__":
    sys.exit(main())
