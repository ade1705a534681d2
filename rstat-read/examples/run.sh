#!/bin/sh
# What `make run` does: starts rstatd from $BIN, shows a dump and then a live
# stream of Waybar lines. Ctrl-C, or the end of either program, ends both.
set -eu

sudo=
if [ "$(id -u)" != 0 ]; then
	sudo=sudo
	sudo -v
fi

$sudo "$BIN/rstatd" &
daemon=$!
waybar=

end() {
	trap - EXIT INT TERM
	[ -z "$waybar" ] || kill "$waybar" 2>/dev/null || true
	$sudo kill "$daemon" 2>/dev/null || true
	wait
}
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# The second sample is the first one with rates.
sleep 2.5
kill -0 "$daemon" 2>/dev/null || $sudo kill -0 "$daemon" 2>/dev/null || exit 1
"$BIN/rstat-read" --dump
echo
"$BIN/rstat-waybar" &
waybar=$!
wait "$waybar"
