#!/bin/bash
# What the benchmarks of the mesh share: a stack of their own, the audit that gates every figure, CPU and
# memory of each process, and the line of JSON. Sourced, never run.
#
# A figure exists only after its end state was found right: bench_flow and bench_audit end the program
# with an error, and no line is written, when a command has no outcome or an invariant does not hold.

build=$(realpath "${BOURSE_BUILD:-build}")
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
stack=$root/test/stack/stack
bourse=$build/bourse
results=$build/bench/results.ndjson
PARTS='svc-users svc-orders svc-portfolio svc-marketdata svc-notify kafka postgres'
dir=''
clock_ticks=$(getconf CLK_TCK)

say() { printf '%s\n' "$*" >&2; }
die() {
	say "bench: $*"
	exit 1
}

# A stack that nobody else uses; gone at the end, whatever the end is.
bench_start() { # CLOCK
	mkdir -p "$build/bench"
	dir=$(mktemp -d "$build/bench/stack.XXXXXX")
	chmod 755 "$dir" # the user postgres goes through it
	trap bench_end EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	clock=$1
	unset "${!BOURSE_KAFKA@}" "${!BOURSE_USERS@}" "${!BOURSE_ORDERS@}" "${!BOURSE_PORTFOLIO@}" \
		"${!BOURSE_MARKETDATA@}" "${!BOURSE_NOTIFY@}" # another stack's, in the caller's shell
	BOURSE_CLOCK=$clock BOURSE_JVM=throughput "$stack" up --dir "$dir/stack" --build "$build" \
		--services --quiet
	set -a
	# shellcheck disable=SC1091 # written by the stack
	. "$dir/stack/env"
	set +a
	bench_describe
	sleep 2
	rest=$(bench_memory VmRSS)
}

bench_end() {
	local status=$?
	trap - EXIT
	if ((status != 0)) && [[ -d $dir/stack/log ]]; then
		rm -rf "$build/bench/failed.log"
		cp -r "$dir/stack/log" "$build/bench/failed.log"
		say "the logs of the stack are in $build/bench/failed.log"
	fi
	"$stack" down --dir "$dir/stack" --wipe --quiet || true
	rm -rf "$dir"
	exit "$status"
}

## Processes ###########################################################################################

pid_of() { cat "$dir/stack/pid/$1"; }

# PIDs of a part: PostgreSQL has a process for each connection.
pids_of() { # PART
	local pid
	pid=$(pid_of "$1")
	echo "$pid"
	[[ $1 != postgres ]] || cat "/proc/$pid/task/$pid/children"
}

# {"part": seconds of CPU since it was started}; of PostgreSQL, ended connections included.
bench_cpu() {
	local part pid stat ticks children
	for part in $PARTS; do
		ticks=0 children=0
		for pid in $(pids_of "$part"); do
			{ stat=$(<"/proc/$pid/stat"); } 2>/dev/null || continue
			read -r -a stat <<<"${stat##*) }"
			# utime, stime; those of waited-for children count for the first process alone
			ticks=$((ticks + stat[11] + stat[12]))
			if ((children == 0)); then children=$((stat[13] + stat[14])); fi
		done
		echo "$part $((ticks + children))"
	done | jq -Rn --argjson hz "$clock_ticks" '[inputs / " " | {(.[0]): ((.[1] | tonumber) / $hz)}] | add'
}

# {"part": MiB}: VmRSS now or VmHWM, the peak. Of PostgreSQL the proportional share of all its processes
# now, since they count the same shared memory each.
bench_memory() { # VmRSS|VmHWM
	local part pid kib
	for part in $PARTS; do
		if [[ $part == postgres ]]; then
			kib=0
			for pid in $(pids_of postgres); do
				kib=$((kib + $(sed -n 's/^Pss: *\([0-9]*\).*/\1/p' "/proc/$pid/smaps_rollup" 2>/dev/null || echo 0)))
			done
		else
			kib=$(sed -n "s/^$1:[^0-9]*\([0-9]*\).*/\1/p" "/proc/$(pid_of "$part")/status")
		fi
		echo "$part $kib"
	done | jq -Rn '[inputs / " " | {(.[0]): ((.[1] | tonumber) / 102.4 | round / 10)}] | add'
}

# The peak is counted anew from here.
bench_reset_peak() {
	local part
	for part in $PARTS; do
		[[ $part == postgres ]] || echo 5 >"/proc/$(pid_of "$part")/clear_refs"
	done
}

## What is measured on ##################################################################################

show() { psql -XAtq "$BOURSE_TEST_PG_URL" -c "show $1"; }

bench_describe() {
	machine=$(jq -n --arg cores "$(nproc)" --arg model "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" \
		--arg memory "$(awk '/^MemTotal/ { print int($2 / 1024) }' /proc/meminfo)" --arg kernel "$(uname -r)" \
		'{cores: ($cores | tonumber), model: $model, memory_mb: ($memory | tonumber), kernel: $kernel}')
	versions=$(jq -n --arg bourse "$(git -C "$root" describe --always --dirty 2>/dev/null || echo unknown)" \
		--arg kafka "$(sed -n 's/^version=//p' "$root/test/stack/kafka-jars")" \
		--arg postgresql "$(show server_version)" --arg librdkafka "$(pkg-config --modversion rdkafka)" \
		--arg java "$(java -version 2>&1 | sed -n 's/.*version "\([^"]*\)".*/\1/p')" \
		'{bourse: $bourse, kafka: $kafka, postgresql: $postgresql, librdkafka: $librdkafka, java: $java}')
	settings=$(jq -n --arg clock "$clock" --arg fsync "$(show fsync)" --arg commit "$(show synchronous_commit)" \
		--arg pages "$(show full_page_writes)" --arg buffers "$(show shared_buffers)" \
		--arg wal "$(show max_wal_size)" --argjson topics "$("$bourse" topics --development --json | jq -s .)" \
		'{postgresql: {fsync: $fsync, synchronous_commit: $commit, full_page_writes: $pages,
		   shared_buffers: $buffers, max_wal_size: $wal},
		  producers: {acks: "all", idempotence: true},
		  kafka: {brokers: 1, replicas: 1, flush: "page cache (the default)", heap_mb: 512},
		  clock: $clock, partitions: ([$topics[] | {(.topic): .partitions}] | add
		   | {"orders.commands", "books.commands"})}')
	say "PostgreSQL: $(jq -r '.postgresql | to_entries | map("\(.key)=\(.value)") | join(" ")' <<<"$settings")"
	say 'Kafka: acks=all, idempotent producers; one broker, one replica (three in production), flush left to the system'
}

## A run ##############################################################################################

# Seconds of CPU that the machine has spent on anything at all.
busy_seconds() {
	awk -v hz="$clock_ticks" '/^cpu / { print ($2 + $3 + $4 + $7 + $8 + $9) / hz; exit }' /proc/stat
}

# Sends a flow; sets flow (what it said), cpu, other, peak and load. The window of cpu begins with the
# flow's accounts and deposits and ends when every lag is 0. `other` is what the machine did besides: where
# that is much, the figure is not worth much.
bench_flow() { # ARGUMENTS of `bourse flow`
	local before busy user system
	bench_reset_peak
	load=$(cut -d ' ' -f 1 /proc/loadavg)
	before=$(bench_cpu) busy=$(busy_seconds)
	local TIMEFORMAT='%U %S'
	{ time "$bourse" flow "$@" --json >"$dir/flow.json" 2>"$dir/flow.log"; } 2>"$dir/flow.time" || {
		cat "$dir/flow.log" "$dir/flow.json" >&2
		die "bourse flow $* failed: no figure"
	}
	cpu=$(jq -n --argjson before "$before" --argjson after "$(bench_cpu)" \
		'$after | with_entries(.value = ((.value - $before[.key]) * 100 | round / 100))')
	read -r user system < <(tail -n 1 "$dir/flow.time")
	cpu=$(jq --argjson user "$user" --argjson system "$system" '. + {generator: (($user + $system) * 100 | round / 100)}' <<<"$cpu")
	other=$(jq --argjson busy "$busy" --argjson now "$(busy_seconds)" \
		'[$now - $busy - ([.[]] | add), 0] | max * 100 | round / 100' <<<"$cpu")
	peak=$(bench_memory VmHWM)
	flow=$(<"$dir/flow.json")
	jq -e '.at_rest and .gaps == 0 and .repeated == 0 and .sent == .accepted + .rejected' <<<"$flow" >/dev/null ||
		die "not everything that was sent has its outcome: $flow"
}

# All invariants over stores and topics; sets checked.
bench_audit() {
	local start=$SECONDS
	"$bourse" audit --json >"$dir/audit.json" 2>"$dir/audit.log" || {
		cat "$dir/audit.log" "$dir/audit.json" >&2
		die 'the audit found something: no figure'
	}
	checked=$(jq -s --argjson seconds "$((SECONDS - start))" \
		'{audit: "ok", checks: (.[0].checks | length), facts: ([.[0].checks[].count] | add), seconds: $seconds}' "$dir/audit.json")
}

# One line of JSON, to standard output and to results.ndjson; `latency` names the part of the flow's report
# whose percentiles it tells.
bench_record() { # SCENARIO LATENCY [JSON object of further settings]
	local line
	line=$(jq -nc --arg scenario "$1" --arg at "$(date -u +%FT%TZ)" --argjson versions "$versions" \
		--argjson machine "$machine" --argjson settings "$settings" --argjson more "${3:-"{}"}" \
		--argjson flow "$flow" --arg latency "$2" --argjson cpu "$cpu" --argjson rest "$rest" \
		--argjson peak "$peak" --argjson checked "$checked" --argjson load "$load" --argjson other "$other" '
		{scenario: $scenario, at: $at, versions: $versions, machine: $machine,
		 settings: ($settings + $more + ($flow | {flow, accounts, symbols})),
		 duration_s: $flow.duration_s, sending_s: $flow.sending_s, count: $flow.sent,
		 rate_per_s: $flow.rate_per_s}
		+ ($flow[$latency] | {p50_ms, p90_ms, p99_ms, p999_ms, max_ms, latency_count: .count})
		+ {latency_of: $latency, decision: $flow.decision, booking: $flow.booking,
		 accepted: $flow.accepted, rejected: $flow.rejected, trades: $flow.trades,
		 own_price: $flow.own_price, own_known: $flow.own_known,
		 cpu_s: $cpu, cpu_us_per_command: (([$cpu[]] | add) * 1e6 / $flow.sent | round),
		 rss_rest_mb: $rest, rss_peak_mb: $peak, load_before: $load, cpu_other_s: $other, checked: $checked}')
	mkdir -p "$build/bench"
	echo "$line" >>"$results"
	echo "$line"
}

# A line a person reads, from the line of JSON.
bench_tell() {
	jq -r '"\(.scenario): \(.count) commands in \(.duration_s * 100 | round / 100) s, \(.rate_per_s)/s; "
		+ "\(.latency_of) p50 \(.p50_ms) p90 \(.p90_ms) p99 \(.p99_ms) p99.9 \(.p999_ms) max \(.max_ms) ms (\(.latency_count))\n"
		+ "  CPU s: " + (.cpu_s | to_entries | map("\(.key) \(.value)") | join(", "))
		+ " = \(.cpu_us_per_command) us a command; not ours: \(.cpu_other_s)\n"
		+ "  MiB at rest -> peak: " + ([.rss_rest_mb, .rss_peak_mb] as [$r, $p]
			| $p | to_entries | map("\(.key) \($r[.key]) -> \(.value)") | join(", "))' >&2
}

# The services' memory against its targets; told, and no reason to fail.
bench_tell_memory() { # MiB at rest, MiB at the peak
	jq -r --argjson rest "$1" --argjson peak "$2" \
		'(.rss_rest_mb | to_entries[] | select((.key | startswith("svc-")) and .value > $rest)
			| "  above the target of \($rest) MiB at rest: \(.key) \(.value)"),
		 (.rss_peak_mb | to_entries[] | select((.key | startswith("svc-")) and .value > $peak)
			| "  above the target of \($peak) MiB under load: \(.key) \(.value)")' >&2
}

# Median, minimum and maximum of a field over lines of JSON.
bench_spread() { # FIELD < lines
	jq -rs --arg field "$1" 'map(.[$field]) | sort
		| "median \(.[length / 2 | floor]), min \(.[0]), max \(.[-1]) of \(length)"'
}
