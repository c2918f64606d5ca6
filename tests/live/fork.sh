#!/bin/sh
# A callee with three contacts, in both layouts: fork.py tells the cases.
. "$(dirname "$0")/live.sh"
need python3 curl

for threaded in true false; do
	repro_start DisableAuth=true ThreadedStack=$threaded
	play "$live_dir/fork.py"
	expect_metric repro_request_contexts 0
	repro_stop
	rm -f "$room"/repro.db*
done
live_pass
