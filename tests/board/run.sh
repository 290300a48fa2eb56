#!/usr/bin/env bash
# The recorder's linux-arm64 publish on an emulated arm64 board, against a kernel, libgpiod and libasound that we did not
# write. A line a check; the last line is `N passed, N failed, N skipped`.
#   tests/board/run.sh [--cuts N] [--only STAGE,…]     N: power cuts in mid-call (2); stages: the functions of checks.py
# A machine that cannot (no root, no package) says why and skips. Measured times are those of an emulation.
set -u
cd "$(dirname "$0")/../.." || exit 3
cuts=2 only=
while [ $# -gt 0 ]; do
    case $1 in
        --cuts) shift; cuts=${1:-} ;;
        --only) shift; only=${1:-} ;;
        -h|--help) sed -n '2,5p' "$0" | sed 's/^# \{0,1\}//'; exit 0 ;;
        *) echo "unknown option: $1" >&2; exit 2 ;;
    esac
    shift
done
[[ $cuts =~ ^[0-9]{1,2}$ ]] || { echo "--cuts is a number" >&2; exit 2; }
skip() { echo "skipped: $1"; echo "0 passed, 0 failed, 1 skipped"; exit 0; }
fail() { echo "not ok: $1"; echo "0 passed, 1 failed, 0 skipped"; exit 1; }
. deploy/packages.sh
[ "$(id -u)" -eq 0 ] || skip "the emulated board needs root: it installs packages and makes a root file system"
began=$SECONDS
kernel=$(tests/board/image.sh); case $? in 0) ;; 4) skip "no emulated board on this machine" ;; *) fail "the board's image was not made" ;; esac
need_dotnet || fail "the .NET SDK is missing"
need_packages libopus0 libasound2 openssl || fail "packages are missing"
deploy/build.sh --runtime linux-arm64 >&2 || fail "the publish for linux-arm64 failed"
for project in src/Nauha.Central firmware/Nauha.Device; do dotnet build "$project" -c Release -v quiet -nologo --tl:off >&2 || fail "the build failed"; done

# An enrolled data folder: central and enrolment run here, the box only there.
work=$(mktemp -d) central=
trap '[ -z "$central" ] || kill "$central" 2>/dev/null; rm -rf "$work"' EXIT
programs=artifacts/bin
"$programs/Nauha.Central/release/nauha-central" serve --data "$work/central" --port 0 --demo >"$work/central.log" 2>&1 &
central=$!
for _ in $(seq 120); do grep -q first-account/ "$work/central.log" && break; kill -0 "$central" 2>/dev/null || break; sleep 0.5; done
sheet=$("$programs/Nauha.Central/release/nauha-central" appliance code --data "$work/central" --name Board --lines 1 --json) || fail "central gave no code"
of() { python3 -c 'import json,sys; print(json.loads(sys.argv[1])[sys.argv[2]])' "$sheet" "$1"; }
"$programs/Nauha.Device/release/nauha-recorder" enrol --data "$work/disk/recorder" --central "$(of url)" --code "$(of code)" --trust-root "$(of trustRoot)" --demo >/dev/null || fail "the enrolment failed"
kill "$central"; wait "$central" 2>/dev/null; central=
cp src/Nauha.Recorder/Announcements/bundled/{fi,sv,en}.wav "$work/disk/"     # to be recognised, and for the other end to say
mke2fs -q -t ext4 -L nauha-data -d "$work/disk" "$work/data.img" 512M || fail "no data disk"
mke2fs -q -t ext4 -L nauha-app -d artifacts/bin-linux-arm64 "$work/app.img" 320M || fail "no disk for the program"
echo "board: kernel $kernel, prepared in $((SECONDS - began)) s" >&2
python3 tests/board/checks.py --app "$work/app.img" --data "$work/data.img" --cuts "$cuts" ${only:+--only "$only"}
