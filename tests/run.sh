#!/usr/bin/env bash
# Sets up, builds and runs the tests. The last line is always `N passed, N failed, N skipped`, with the real totals.
#   tests/run.sh            what CI runs
#   tests/run.sh --quick    without browser and end-to-end
#   tests/run.sh --long     every suite in full, an hour of coverage-guided fuzzing, the programs for arm64 under qemu-user, and the emulated board
#   tests/run.sh --only X   the test classes whose full name contains X
#   tests/run.sh --list     the names, without running
set -u
cd "$(dirname "$0")/.." || exit 3

usage() { sed -n '2,7p' "$0" | sed 's/^# \{0,1\}//'; }
mode=ci only=
while [ $# -gt 0 ]; do
    case $1 in
        --quick) mode=quick ;;
        --long) mode=long ;;
        --list) mode=list ;;
        --only) shift; [ $# -gt 0 ] || { echo "--only needs a name" >&2; exit 2; }; mode=only only=$1 ;;
        -h|--help) usage; exit 0 ;;
        *) echo "unknown option: $1" >&2; usage >&2; exit 2 ;;
    esac
    shift
done

fail() { echo "$1" >&2; [ "$mode" = list ] || echo "0 passed, 1 failed, 0 skipped"; exit 1; }

# shellcheck source=deploy/packages.sh
. deploy/packages.sh
packages=(sox libopus0 libasound2 libasound2-plugins alsa-utils pulseaudio openssl python3 python3-cryptography strace faketime xxd age multimon-ng
    sip-tester kamailio kamailio-tls-modules qemu-system-common
    espeak-ng festival festvox-suopuhe-lj festvox-suopuhe-mv flite)
[ "$mode" = quick ] || packages+=(chromium)
need_packages "${packages[@]}" || fail "packages are missing"
need_dotnet || fail "the .NET SDK is missing"

dotnet build Appliance.sln -c Release -v quiet -nologo --tl:off || fail "the build failed"

[ "$mode" = long ] && export NAUHA_TESTS_LONG=1
args=(--no-progress --no-ansi --max-parallel-test-modules 1 --ignore-exit-code 8)
whole=(--solution Appliance.sln -c Release --no-build)
case $mode in
    list) exec dotnet test "${whole[@]}" --list-tests ;;
    only) args+=("${whole[@]}" --filter-class "*$only*") ;;
    quick) args+=(--test-modules 'artifacts/bin/Nauha.{Format,Recorder,Central}.Tests/release/Nauha.*.Tests.dll') ;;
    *) args+=("${whole[@]}") ;;
esac

log=$(mktemp); trap 'rm -f "$log" "$log.beside"' EXIT
# Capture in real time takes its ten minutes (an hour in the long form) beside the other suites: they are its hogs.
beside=
case $mode in
    ci|long)
        args+=(--filter-not-trait 'runs=beside')
        seconds=600; [ "$mode" = long ] && seconds=3600
        NAUHA_TESTS_CAPTURE_SECONDS=$seconds artifacts/bin/Nauha.Recorder.Tests/release/Nauha.Recorder.Tests -noColor -trait 'runs=beside' >"$log.beside" 2>&1 &
        beside=$! ;;
esac
dotnet test "${args[@]}" 2>&1 | tee "$log"
rc=${PIPESTATUS[0]}
count() { awk -v k="$1:" '$1==k {v=$2} END {print v+0}' "$log"; }
passed=$(count succeeded) failed=$(count failed) skipped=$(count skipped)
if [ -n "$beside" ]; then
    wait "$beside" || { rc=1; cat "$log.beside"; }
    # "   Nauha.Recorder.Tests  Total: 2, Errors: 0, Failed: 0, Skipped: 0, Not Run: 700, Time: 600.1s"
    part() { sed -n "s/.* $1: \([0-9]*\).*/\1/p" "$log.beside" | tail -n 1; }
    total=$(part Total) bad=$(($(part Failed) + $(part Errors))) idle=$(part Skipped)
    [ "${total:-0}" -gt 0 ] || { total=1 bad=1 idle=0 rc=1; echo "capture beside the suites did not run" >&2; }
    passed=$((passed + total - bad - idle)) failed=$((failed + bad)) skipped=$((skipped + idle))
    echo "capture beside the other suites: $total tests, $bad failed, $idle skipped"
fi
# Three more checks in the long form: hostile bytes guided by coverage, the programs start on the other processor, and the
# recorder on an emulated board.
if [ "$mode" = long ]; then
    if tests/fuzz.sh "${NAUHA_FUZZ_MINUTES:-60}"; then passed=$((passed + 1)); else failed=$((failed + 1)); rc=1; fi
    if tests/arm64.sh; then passed=$((passed + 1)); else failed=$((failed + 1)); rc=1; fi
    board=$(tests/board/run.sh | tee /dev/stderr | tail -n 1)
    if [[ $board =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed,\ ([0-9]+)\ skipped$ ]]; then
        passed=$((passed + BASH_REMATCH[1])) failed=$((failed + BASH_REMATCH[2])) skipped=$((skipped + BASH_REMATCH[3]))
        [ "${BASH_REMATCH[2]}" -eq 0 ] || rc=1
    else
        failed=$((failed + 1)) rc=1
    fi
fi
# A crashed host prints "error: 1, failed: 0": nothing failed would be a lie.
[ "$rc" -ne 0 ] && [ "$failed" -eq 0 ] && failed=1
[ $((passed + failed + skipped)) -eq 0 ] && { failed=1; rc=1; }
echo "$passed passed, $failed failed, $skipped skipped"
exit "$rc"
