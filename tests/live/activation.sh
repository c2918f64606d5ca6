#!/bin/sh
# Sockets that are bound before repro starts, as systemd's socket activation passes them: what comes while no repro runs waits for the next.
. "$(dirname "$0")/live.sh"
need python3
# shellcheck disable=SC2086
play "$live_dir/activation.py" $live_in_front "$repro_program" $house HttpPort=0
repro_log=$room/activation.log
repro_is_clean || fail "repro made a report"
live_pass
