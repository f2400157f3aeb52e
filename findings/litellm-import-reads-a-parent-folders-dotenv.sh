#!/usr/bin/env bash
# Importing litellm 1.110.2 puts the `.env` of whatever folder lies above its own installation into os.environ.
# It looks upwards from site-packages, not from the current directory: with the virtual environment in project/.venv
# the file project/.env is read, wherever the program was started, and its names reach every child process and every
# other client of this process.
# Guess: a library's import changes no environment. Seen: PLANTED = from the file above.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'litellm==1.110.2'
cd "$dir"
LITELLM_LOCAL_MODEL_COST_MAP=True "$dir/venv/bin/python" -W ignore - <<'PYTHON'
import os, pathlib, subprocess, sys
above = pathlib.Path(sys.prefix).parent
(above / ".env").write_text("PLANTED=from the file above\n")
elsewhere = above / "elsewhere"
elsewhere.mkdir()
(elsewhere / "program.py").write_text("import litellm, os; print(os.environ.get('PLANTED'))\n")
command = [sys.executable, "-W", "ignore", elsewhere / "program.py"]
seen = subprocess.run(command, cwd="/", capture_output=True, text=True).stdout.split("\n")
print(seen)
assert "from the file above" in seen, seen
PYTHON
