#!/bin/sh
# One night of a job: what the night before left unfinished or, if there is nothing of the kind, the input of today.
#
#   nightly.sh JOB_FILE RUNS_DIRECTORY
#
# Exit status: that of okta-lifecycle; also 3 if a run is damaged, and 127 if there is no okta-lifecycle.
set -u

job=${1:?a job file was expected: nightly.sh JOB_FILE RUNS_DIRECTORY}
runs=${2:?a directory for the runs was expected: nightly.sh JOB_FILE RUNS_DIRECTORY}

# A shell keeps signals to itself while it waits. The program must get them: it ends in good order.
child=
stopped=
stop() {
  stopped=yes
  [ -z "$child" ] || kill -TERM "$child" 2>/dev/null
}
trap stop TERM INT HUP

# Leaves the exit status in $status.
carry_out() {
  status=0
  okta-lifecycle "$@" &
  child=$!
  wait "$child" || status=$?
  while kill -0 "$child" 2>/dev/null; do
    status=0
    wait "$child" || status=$?
  done
  child=
}

command -v okta-lifecycle >/dev/null || {
  echo "nightly.sh: okta-lifecycle is not in the PATH ($PATH). Nothing was sent." >&2
  exit 127
}

# If a run was left unfinished, this night finishes that run and does nothing else: its input may hold the rows of
# today's, and nothing may be done twice. Of several, the oldest comes first. A run that nobody has agreed to (new) is
# left alone. If the state of a run can't be found out, a person has to look.
if [ -d "$runs" ]; then
  listed=$(okta-lifecycle runs --runs-dir "$runs" --json) || {
    echo "nightly.sh: the runs in $runs can't be listed. Nothing was sent." >&2
    exit 3
  }
  # The latest run comes first.
  # Copies of runs, and trials in a sandbox, are left alone: resume may refuse them.
  states=$(printf '%s\n' "$listed" | awk -F'"' '
    $2 == "run_id" { id = $4; copy = org = "" }
    $2 == "state" { state = $4 }
    $2 == "copy_of" { copy = $4 }
    $2 == "org" { org = $4 }
    $2 == "directory" && copy == "" && org != "sandbox" { print state, id }')
  damaged=$(printf '%s\n' "$states" | sed -n 's/^damaged //p' | head -n 1)
  unfinished=$(printf '%s\n' "$states" | sed -nE 's/^(running|working|died|stopped|interrupted) //p' | tail -n 1)
  if [ -n "$damaged" ]; then
    echo "nightly.sh: the run $damaged in $runs is damaged: restore it, or move it elsewhere if it is not needed. Nothing was sent." >&2
    exit 3
  fi
  [ -z "$stopped" ] || exit 143
  if [ -n "$unfinished" ]; then
    carry_out resume "$unfinished" --runs-dir "$runs" --yes --quiet
    exit "$status"
  fi
fi
[ -z "$stopped" ] || exit 143
carry_out run --job "$job" --runs-dir "$runs" --if-changed --yes --quiet
exit "$status"
