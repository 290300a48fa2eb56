#!/usr/bin/env bash
# Publishes the three programs, self-contained with ReadyToRun, into artifacts/bin-<rid>/.
#   deploy/build.sh [--runtime linux-x64|linux-arm64]
set -eu
cd "$(dirname "$0")/.."
rid=linux-x64
while [ $# -gt 0 ]; do
    case $1 in
        --runtime) shift; rid=${1:-} ;;
        -h|--help) sed -n '2,3p' "$0" | sed 's/^# \{0,1\}//'; exit 0 ;;
        *) echo "unknown option: $1" >&2; exit 2 ;;
    esac
    shift
done
case $rid in
    linux-x64|linux-arm64) ;;
    linux-arm) echo "linux-arm is not built: its runtime pack cannot be restored. Zero 2 W and Pi 3 run linux-arm64." >&2; exit 2 ;;
    *) echo "--runtime is linux-x64 or linux-arm64, not '$rid'." >&2; exit 2 ;;
esac
. deploy/packages.sh
need_dotnet || exit 3
for project in firmware/Nauha.Device src/Nauha.Central src/Nauha.Verify; do
    dotnet publish "$project" -c Release -r "$rid" --self-contained -p:PublishReadyToRun=true -o "artifacts/bin-$rid" -v quiet -nologo --tl:off
done
echo "artifacts/bin-$rid: nauha-recorder, nauha-central, nauha-verify"
