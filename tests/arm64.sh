#!/usr/bin/env bash
# Builds the three programs for linux-arm64 and asks each for its version under qemu-user: it starts, on the other
# processor. Installs qemu-user-static; fetches Debian's arm64 libraries into a folder of its own.
set -euo pipefail
cd "$(dirname "$0")/.."
. deploy/packages.sh
need_packages qemu-user-static
deploy/build.sh --runtime linux-arm64
root=$(mktemp -d); trap 'rm -rf "$root"' EXIT
dpkg --print-foreign-architectures | grep -qx arm64 || { dpkg --add-architecture arm64; apt-get update -qq; }
(cd "$root" && apt-get download -qq libc6:arm64 libgcc-s1:arm64 libstdc++6:arm64 zlib1g:arm64 libssl3:arm64 >/dev/null 2>&1
 for deb in *.deb; do dpkg-deb -x "$deb" .; done)
for program in nauha-recorder nauha-central nauha-verify; do
    version=$(qemu-aarch64-static -L "$root" "artifacts/bin-linux-arm64/$program" --version)
    [[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+ ]] || { echo "$program on arm64 says '$version'" >&2; exit 1; }
    echo "$program $version"
done
