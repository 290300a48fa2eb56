#!/usr/bin/env bash
# Sourced by demo.sh, tests/run.sh and .ci/run: makes sure of Debian packages and of the .NET SDK, or says what to do.

# need_packages NAME... : installs what is missing; needs root or sudo only when something is.
need_packages() {
    local missing=() name
    for name in "$@"; do
        dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null | grep -qx installed || missing+=("$name")
    done
    [ "${#missing[@]}" -eq 0 ] && return 0
    local sudo=()
    if [ "$(id -u)" -ne 0 ]; then
        if command -v sudo >/dev/null; then sudo=(sudo); else
            echo "These Debian packages are missing: ${missing[*]}. Install them as root: apt-get install ${missing[*]}" >&2
            return 3
        fi
    fi
    echo "Installing from Debian: ${missing[*]}" >&2
    "${sudo[@]}" apt-get update -qq >&2 || true
    DEBIAN_FRONTEND=noninteractive "${sudo[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null || {
        echo "apt-get could not install: ${missing[*]}. Check the package sources and try again." >&2
        return 3
    }
}

# need_dotnet : the .NET 10 SDK is not in Debian; say where it comes from rather than fetch it behind somebody's back.
need_dotnet() {
    if command -v dotnet >/dev/null && dotnet --list-sdks 2>/dev/null | grep -q '^10\.'; then return 0; fi
    echo "The .NET 10 SDK is missing. Install it as https://learn.microsoft.com/dotnet/core/install/linux-debian says (package dotnet-sdk-10.0), then run this again." >&2
    return 3
}
