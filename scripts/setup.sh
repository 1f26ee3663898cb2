#!/bin/sh
# Makes a fresh clone ready: npm's packages, and with --system what the live tests need of Debian's.
# Quiet and quick where nothing is missing.
set -eu
cd "$(dirname "$0")/.."

locked=$(cksum <package-lock.json)
stamp=node_modules/.installed
if [ ! -e "$stamp" ] || [ "$(cat "$stamp")" != "$locked" ]; then
	echo "Installing npm's packages"
	npm ci --no-audit --no-fund --loglevel=error </dev/null
	echo "$locked" >"$stamp"
fi

# What the live tests start: other kernels, C compilers for workloads and for what scripts import, peers to
# compare with, shells that complete command lines.
packages="bpftool bpftrace btrfs-progs busybox-static clang cpio dwz f2fs-tools fish gcc iproute2 libc6-dev openssl procps python3 qemu-system-x86 util-linux xfsprogs xz-utils zsh zstd"

missing() {
	for package in $packages; do
		case $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) in
		*' installed') ;;
		*) printf '%s ' "$package" ;;
		esac
	done
}

install() {
	DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $1 </dev/null >/dev/null
}

if [ "${1-}" = --system ] && [ -z "${SONDE_NO_SYSTEM_PACKAGES-}" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	absent=$(missing)
	if [ -n "$absent" ]; then
		echo "Installing for the live tests: $absent(SONDE_NO_SYSTEM_PACKAGES=1 turns this off)"
		install "$absent" 2>/dev/null || { apt-get update -qq && install "$absent"; } ||
			echo "apt-get failed: the tests that need these packages will say so" >&2
	fi
fi
