"""How a trial is judged: by what it does, never by how slow the machine is."""

import json
import subprocess
import sys

from tests.mutants import every_end


def test_what_the_machine_may_have_done_is_not_sure_and_no_trial_is_left_behind() -> None:
    # In a process with one thread, which may fork.
    command = [sys.executable, "-m", every_end.__name__]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == {
        "fails": ["failed", True],
        "fails, as it does not unchanged": ["failed", True],
        "fails, as it does unchanged": ["failed", False],
        "waits, unlike unchanged": ["endless", True],
        "waits, and fails unchanged": ["", False],
        "is killed": ["", False],
        "left behind": [],
    }
