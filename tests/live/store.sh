#!/bin/sh
# The database is locked by somebody, or its disk is full: registrations go on in memory, the trouble is counted and shown, and
# once it is over the disk catches up.
. "$(dirname "$0")/live.sh"
need curl python3 sqlite3 awk

count=$(divide 100 10)
on_disk() { sqlite3 -cmd '.timeout 5000' "$1/repro.db" "select count(*) from $table" 2>/dev/null; }
disk_has() { [ "$(on_disk "$1")" = "$2" ]; }
is_failing() { curl -sf -m 5 "$http/readyz" | grep -q '^store: failing'; }
is_healthy() { curl -sf -m 5 "$http/readyz" | grep -q '^store: ok'; }
has_failed() { [ "$(metric repro_store_failures_total)" -gt "${1:-0}" ]; }

say "locked"
repro_start DisableAuth=true LogLevel=INFO
play "$live_dir/kill9.py" register 1
table=$(sqlite3 "$room/repro.db" .tables | tr -s ' ' '\n' | grep -E 'binding|contact|location|registration|aor' | head -1)
[ -n "$table" ] || fail "no table of bindings: $(sqlite3 "$room/repro.db" .tables)"
await "$patience" disk_has "$room" 1 || fail "the first registration is not on disk"
mkfifo "$room/lock"
spawn sqlite3 sh -c 'exec sqlite3 "$1" <"$2"' sh "$room/repro.db" "$room/lock"
exec 7>"$room/lock"
printf 'pragma busy_timeout=5000;\nbegin immediate;\nselect 12345;\n' >&7
await "$patience" grep -q 12345 "$room/sqlite3.log" || fail "sqlite3 got no lock"
play "$live_dir/kill9.py" register "$count"
expect_metric repro_bindings "$count"
await "$patience" has_failed || fail "no failure is counted"
await "$patience" is_failing || fail "/readyz does not show it"
curl -sf -m 5 "$http/readyz" | grep -q '^ready' || fail "a repro that can take calls is ready"
printf 'rollback;\n' >&7
exec 7>&-
await "$patience" is_healthy || fail "/readyz does not show that it is over"
await "$patience" disk_has "$room" "$count" || fail "$(on_disk "$room") of $count are on disk after the lock"
expect_metric repro_store_unwritten 0
repro_stop

small=$room/small
mkdir "$small"
if [ "$(id -u)" -eq 0 ] && mount -t tmpfs -o size=1m tmpfs "$small" 2>/dev/null; then
	say "full disk"
	live_mounted=$small
	repro_start DisableAuth=true LogLevel=INFO DatabasePath="$small"
	play "$live_dir/kill9.py" register 1
	head -c 1000000000 /dev/zero >"$small/filler" 2>/dev/null
	count=$((count * 5))
	play "$live_dir/kill9.py" register "$count"
	expect_metric repro_bindings "$count"
	await "$patience" is_failing || fail "/readyz does not show the full disk"
	rm "$small/filler"
	await "$patience" is_healthy || fail "/readyz does not show that there is room again"
	await "$patience" disk_has "$small" "$count" || fail "$(on_disk "$small") of $count are on disk once there is room"
	repro_stop
fi
live_pass
