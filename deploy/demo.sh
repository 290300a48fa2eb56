#!/usr/bin/env bash
# Shows Nauha at work: a simulated exchange calls, the box tells the caller, records, seals and syncs; central receives.
#   deploy/demo.sh [FILE.wav] [--speed N]
#   deploy/demo.sh --headless --out DIR [--call FILE.wav] [--speed N] [--keep DATA]
# FILE: any PCM WAV, said on line 1 after the announcement; without it, a bundled dialogue.
set -u
here=$(cd "$(dirname "$0")/.." && pwd)
case " $* " in *" -h "*|*" --help "*) sed -n '2,5p' "$0" | sed 's/^# \{0,1\}//'; exit 0 ;; esac
# shellcheck source=deploy/packages.sh
. "$here/deploy/packages.sh"
need_packages libopus0 || exit 3
need_dotnet || exit 3
log=$(mktemp)
for project in firmware/Nauha.Device src/Nauha.Central deploy/Nauha.Demo; do
    dotnet build "$here/$project" -c Release -v quiet -nologo --tl:off >"$log" 2>&1 || { cat "$log" >&2; rm -f "$log"; echo "The build of $project failed." >&2; exit 3; }
done
rm -f "$log"
bin="$here/artifacts/bin"
exec "$bin/Nauha.Demo/release/Nauha.Demo" --recorder "$bin/Nauha.Device/release/nauha-recorder" --central "$bin/Nauha.Central/release/nauha-central" "$@"
