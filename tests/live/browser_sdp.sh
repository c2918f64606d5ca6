#!/bin/sh
# A headless Chromium and stack/content agree on sessions, offers and answers both ways: bundled or not, what is added, stopped, held.
. "$(dirname "$0")/live.sh"
in_turn 3
need chromium
spawn page "$python" "$live_dir/browser_sdp.py" "$(program "$top_builddir/tests/live/sdp_talker")" $((3 * patience))
join "$spawned" $((8 * patience)) || fail "$(tail -n 1 "$room/page.log")"
say "$(tail -n 1 "$room/page.log")"
live_pass
