#!/bin/sh
# One night of a job: what the night before left unfinished or, if there is nothing of the kind, the input of today.
#
#   nightly.sh JOB_FILE RUNS_DIRECTORY
#
# Exit status: that of okta-lifecycle; 3 also where the latest run is damaged.
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

# A run that was left unfinished is all that this night does: its input may hold the rows of today's, and nobody must be
# done twice. One that nobody has agreed to (new) is left alone. Where it can't be told, a person has to look.
if [ -d "$runs" ] && [ -n "$(ls "$runs")" ]; then
  state=$(okta-lifecycle status --latest --runs-dir "$runs" --json 2>/dev/null | sed -n 's/^  "state": "\([a-z]*\)".*/\1/p')
  case $state in
  finished | closed | new) ;;
  running | working | died | stopped | interrupted)
    carry_out resume --latest --runs-dir "$runs" --yes --quiet
    exit "$status"
    ;;
  *)
    echo "nightly.sh: the latest run in $runs can't be read or is damaged (okta-lifecycle status --latest --runs-dir $runs). Nothing was sent." >&2
    exit 3
    ;;
  esac
fi
[ -z "$stopped" ] || exit 143
carry_out run --job "$job" --runs-dir "$runs" --if-changed --yes --quiet
exit "$status"
