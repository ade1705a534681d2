#!/usr/bin/env bash
# Stage 1: a script that a bar runs for each sample. A program of its own takes each figure out
# of a file's text. Two files hold the counters of the sample before and of this one:
#
#     sample.sh STATE_BEFORE STATE_NOW
before=$1 now=$2

now_ns=$(date +%s%N)
read -r before_ns idle_before read_before written_before <"$before"
elapsed_ns=$((now_ns - ${before_ns:-0}))

read -r idle cpus < <(awk '/^cpu /{idle = $5 + $6} /^cpu[0-9]/{cpus++} END{print idle, cpus}' /proc/stat)
busy=$(awk -v idle=$((idle - ${idle_before:-0})) -v whole_ns=$((elapsed_ns * cpus)) \
	'BEGIN{busy = 1 - idle * 1e7 / whole_ns; printf "%d", busy < 0 ? 0 : busy * 1e6}')

memory=$(awk '
	{kb[$1] = $2}
	END{
		printf "\"memory_total_bytes\":%.0f,", kb["MemTotal:"] * 1024
		printf "\"memory_available_bytes\":%.0f,", kb["MemAvailable:"] * 1024
		printf "\"memory_cached_bytes\":%.0f,", (kb["Buffers:"] + kb["Cached:"] + kb["SReclaimable:"]) * 1024
		printf "\"swap_total_bytes\":%.0f,", kb["SwapTotal:"] * 1024
		printf "\"swap_used_bytes\":%.0f", (kb["SwapTotal:"] - kb["SwapFree:"] - kb["SwapCached:"]) * 1024
	}' /proc/meminfo)
load=$(awk '{printf "\"load_1m_milli\":%d,\"load_5m_milli\":%d,\"load_15m_milli\":%d", $1 * 1000, $2 * 1000, $3 * 1000}' /proc/loadavg)
zram=$(cat /sys/block/zram*/mm_stat 2>/dev/null |
	awk '{stored += $1; used += $3} END{if (NR) printf "\"zram_stored_bytes\":%.0f,\"zram_used_bytes\":%.0f,", stored, used}')

pressure() {
	[ -r "/proc/pressure/$1" ] || return
	printf '"pressure_%s_ppm":%s,' "$1" \
		"$(awk -F '[= ]' '/^some/{printf "%d", $3 * 10000}' "/proc/pressure/$1")"
}
pressures=$(pressure cpu; pressure memory; pressure io)

disks=()
for device in /sys/block/*/device; do disks+=("${device%/device}/stat"); done
read -r read written < <(cat "${disks[@]}" 2>/dev/null | awk '{read += $3; written += $7} END{print read + 0, written + 0}')
read_rate=$(((read - ${read_before:-0}) * 512000 / (elapsed_ns / 1000000 + 1)))
written_rate=$(((written - ${written_before:-0}) * 512000 / (elapsed_ns / 1000000 + 1)))

sensors=
if [ -r /sys/class/thermal/thermal_zone0/temp ]; then
	sensors+="\"cpu_temperature_mc\":$(cat /sys/class/thermal/thermal_zone0/temp),"
fi
if [ -r /sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq ]; then
	sensors+="\"cpu_frequency_khz\":$(cat /sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq),"
fi

echo "$now_ns $idle $read $written" >"$now"

# A line for each process: number, ticks since the sample before, pages, bytes since then, name.
processes=$(
	{
		cat /proc/[0-9]*/stat 2>/dev/null
		grep -sE '^(read|write)_bytes' /proc/[0-9]*/io
	} | awk -v before="$before" -v now="$now" '
		BEGIN{
			getline line <before
			while ((getline line <before) > 0) {
				split(line, of, " ")
				ticks_before[of[1]] = of[2]
				bytes_before[of[1]] = of[3]
			}
		}
		/^\/proc\//{
			split($1, path, "/")
			bytes[path[3]] += $2
			next
		}
		$1 ~ /^[0-9]+$/{
			pid = $1
			start = index($0, "(")
			rest = $0
			sub(/.*\) /, "", rest)
			split(rest, field, " ")
			name[pid] = substr($0, start + 1, length($0) - length(rest) - start - 2)
			ticks[pid] = field[12] + field[13]
			pages[pid] = field[22]
		}
		END{
			for (pid in ticks) {
				print pid, ticks[pid], bytes[pid] + 0 >>now
				gsub(/[^ -~]|["\\]/, "?", name[pid])
				print pid, ticks[pid] - ticks_before[pid], pages[pid],
					bytes[pid] - bytes_before[pid], name[pid]
			}
		}'
)
count=$(wc -l <<<"$processes")

top() { # COLUMN UNIT
	sort -k "$1,$1nr" <<<"$processes" | head -5 | awk -v column="$1" -v unit="$2" '
		$column > 0{
			printf "%s{\"pid\":%d,\"amount\":%.0f,\"comm\":\"", (NR > 1 ? "," : ""), $1, $column * unit
			sub(/^[0-9]+ [-0-9]+ [-0-9]+ [-0-9]+ /, "")
			printf "%s\"}", $0
		}'
}
ticks_to_ppm=$(awk -v ns="$elapsed_ns" 'BEGIN{print 1e13 / ns}')
bytes_to_rate=$(awk -v ns="$elapsed_ns" 'BEGIN{print 1e9 / ns}')
top_cpu=$(top 2 "$ticks_to_ppm")
top_memory=$(top 3 "$(getconf PAGESIZE)")
top_io=$(top 4 "$bytes_to_rate")

printf '{"cpu_busy_ppm":%s,"machine":{%s,%s,%s%s%s"disk_read_bytes_per_s":%s,"disk_write_bytes_per_s":%s},' \
	"$busy" "$memory" "$load" "$zram" "$pressures" "$sensors" "$read_rate" "$written_rate"
printf '"processes":%s,"top_cpu":[%s],"top_memory":[%s],"top_io":[%s]}\n' \
	"$count" "$top_cpu" "$top_memory" "$top_io"
