"""The duty plan in force is read by many threads at once, from the first moment of the hub on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

# In processes of their own: what two threads make of a type at the same time may end a process, not raise.
FIRST_READS = """
import os, sys, threading
from pathlib import Path
from zoneinfo import ZoneInfo
from sqlalchemy.orm import Session
from gateway.duty.ladder import LadderRung, plan_of
from gateway.operations.database import open_database, open_to_read
from gateway.operations.duty_in_force import DutyInForce, plan_in_force

file, plan = Path(sys.argv[1]), plan_of([LadderRung(0, ("station",))], channels=("station",))
database = open_database(file)
DutyInForce(database, plan, zone=ZoneInfo("Asia/Shanghai"), calendar="cn")
database.dispose()

def first_reads():
    sys.setswitchinterval(1e-6)
    engine = open_to_read(file)
    start, found = threading.Barrier(8), []

    def read():
        with Session(engine) as session:
            session.connection()
            start.wait()
            found.append(plan_in_force(session))

    threads = [threading.Thread(target=read) for _ in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    os._exit(found != [plan] * 8)

ended = set()
for _ in range(20):
    pid = os.fork()
    if not pid:
        first_reads()
    ended.add(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
print(ended)
"""


def test_threads_that_read_the_plan_first_at_the_same_instant_all_have_it(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", FIRST_READS, tmp_path / "operations.sqlite"],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.stdout == "{0}\n", done.stdout + done.stderr[:3000]
