#!/bin/sh
# One night of a job: first what the night before left unfinished, then the input of today.
#
#   nightly.sh JOB_FILE RUNS_DIRECTORY
#
# Exit status: that of okta-lifecycle. 3, 4, 5 and those above 128 also mean that the run of the night before could not
# be finished; then the input of today is not begun, because its calls could cross those of that run.
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

if [ -d "$runs" ]; then
  carry_out resume --latest --runs-dir "$runs" --yes --quiet >&2
  # 0 and 1: it has finished. 2: there is none, or another run goes on from it.
  case $status in
  0 | 1 | 2) ;;
  *) exit "$status" ;;
  esac
fi
[ -z "$stopped" ] || exit 143
carry_out run --job "$job" --runs-dir "$runs" --if-changed --yes --quiet
exit "$status"
