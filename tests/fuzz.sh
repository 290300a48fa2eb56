#!/usr/bin/env bash
# Coverage-guided fuzzing (AFL++, SharpFuzz) of whatever reads what others wrote: sealed files, salvage, records,
# envelopes, journals, documents, and callers as a line announces them. Each target gets its share of the time.
#   tests/fuzz.sh [MINUTES] [TARGET...]     60 minutes, every target
# Exit 1: there was a finding; it lies in artifacts/fuzz/out/TARGET/default/{crashes,hangs}, and
#   dotnet run -c Release --project tests/Nauha.Fuzz TARGET FILE
# shows it. Exit 3: it could not be tried.
set -u
cd "$(dirname "$0")/.." || exit 3
minutes=${1:-60}; shift || true
case $minutes in ''|*[!0-9.]*) echo "how many minutes? $minutes" >&2; exit 2 ;; esac
# shellcheck source=deploy/packages.sh
. deploy/packages.sh
need_packages afl++ && need_dotnet || exit 3

work=artifacts/fuzz
tool=$work/tools/sharpfuzz
mkdir -p "$work"
[ -x "$tool" ] || dotnet tool install --tool-path "$work/tools" SharpFuzz.CommandLine --version 2.3.0 >/dev/null || exit 3
rm -rf "$work/bin" "$work/in" "$work/out" && mkdir -p "$work/out"
dotnet build tests/Nauha.Fuzz -c Release -v quiet -nologo --tl:off -o "$work/bin" || exit 3
dotnet "$work/bin/Nauha.Fuzz.dll" seeds "$work/in" || exit 3
targets=("$@")
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <(dotnet "$work/bin/Nauha.Fuzz.dll" targets)
"$tool" "$work/bin/Nauha.Format.dll" && "$tool" "$work/bin/Nauha.Telephony.dll" || exit 3

export AFL_SKIP_BIN_CHECK=1 AFL_NO_UI=1 AFL_SKIP_CPUFREQ=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_NO_AFFINITY=1
export DOTNET_TieredPGO=0 DOTNET_gcServer=0
seconds=$(awk -v m="$minutes" -v n="${#targets[@]}" 'BEGIN {s = int(m * 60 / n); print s < 5 ? 5 : s}')
found=0
printf '%-10s %10s %12s %8s %8s %8s %8s\n' target seconds runs inputs edges crashes hangs
for target in "${targets[@]}"; do
    stats=$work/out/$target/default/fuzzer_stats
    # A run of five seconds is a hang: the longest input is 64 KiB. A start on a busy machine may find no counters: once more.
    for _ in 1 2; do
        timeout $((seconds + 120)) afl-fuzz -i "$work/in/$target" -o "$work/out/$target" -t 5000 -m none -V "$seconds" -- dotnet "$work/bin/Nauha.Fuzz.dll" "$target" >"$work/$target.log" 2>&1
        [ -f "$stats" ] && break
    done
    [ -f "$stats" ] || { echo "$target could not be run:" >&2; tail -20 "$work/$target.log" >&2; exit 3; }
    stat() { awk -v k="$1" '$1 == k {print $3}' "$stats"; }
    printf '%-10s %10s %12s %8s %8s %8s %8s\n' "$target" "$(stat run_time)" "$(stat execs_done)" "$(stat corpus_count)" "$(stat edges_found)" "$(stat saved_crashes)" "$(stat saved_hangs)"
    [ "$(stat saved_crashes)" = 0 ] && [ "$(stat saved_hangs)" = 0 ] || found=1
done
exit $found
