#!/usr/bin/env bash
# Makes what the emulated board boots: Debian's generic arm64 kernel, an initrd, gpio-sim for exactly that kernel (Debian
# does not build it), and a root file system. Kept under artifacts/board until the kernel or one of these files changes.
#   tests/board/image.sh      prints the kernel's name
# Packages by name, from the apt sources that this machine has. Exit 4: this machine cannot, and why.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
cannot() { echo "$1" >&2; exit 4; }
. deploy/packages.sh
need_packages qemu-system-arm mmdebstrap gcc-aarch64-linux-gnu make xz-utils e2fsprogs cpio kmod python3 >&2 || cannot "Debian packages for the emulated board are missing"
if ! dpkg --print-foreign-architectures | grep -qx arm64; then
    dpkg --add-architecture arm64 && apt-get update -qq >&2 || cannot "the package lists of arm64 cannot be had"
fi
# The generic kernel's ABI number changes with each security update: the meta package says which it is today.
kernel=$(apt-cache depends linux-image-arm64:arm64 2>/dev/null | sed -n 's/.*Depends: linux-image-\(.*\):arm64/\1/p')
[ -n "$kernel" ] || cannot "Debian's generic arm64 kernel is not among this machine's package sources"
series=${kernel%.*-*-*}     # 6.1.0-56-arm64 -> 6.1
cache=$PWD/artifacts/board stamp="$kernel $(cat "$here/image.sh" "$here"/guest/* | sha256sum | cut -c1-16)"
mkdir -p "$cache"
[ "$(cat "$cache/stamp" 2>/dev/null || true)" = "$stamp" ] && { echo "$kernel"; exit 0; }
rm -f "$cache/stamp"
need_packages "linux-kbuild-$series" "linux-headers-${kernel%-arm64}-common" >&2 || cannot "the kernel's build scripts are missing"
work=$(mktemp -d "$cache/work.XXXX"); trap 'rm -rf "$work"' EXIT

echo "board: kernel $kernel" >&2
mkdir -p "$cache/debs"
(cd "$cache/debs" && ls linux-image-"$kernel"_*.deb >/dev/null 2>&1 || { rm -f -- *.deb
    apt-get download -qq "linux-image-$kernel:arm64" "linux-headers-$kernel:arm64" "linux-source-$series" busybox-static:arm64 2>&1 | grep -v unsandboxed >&2 || true; })
for deb in linux-image linux-headers busybox-static; do dpkg-deb -x "$cache"/debs/$deb*.deb "$work/$deb" || cannot "$deb cannot be downloaded"; done
cp "$work/linux-image/boot/vmlinuz-$kernel" "$cache/vmlinuz"

echo "board: gpio-sim" >&2
headers="$work/linux-headers/usr/src/linux-headers-$kernel" sim="$work/sim"
ln -sfn "/usr/lib/linux-kbuild-$series/scripts" "$headers/scripts"
ln -sfn "/usr/lib/linux-kbuild-$series/tools" "$headers/tools"
mkdir "$sim"
dpkg-deb --fsys-tarfile "$cache"/debs/linux-source-*.deb | tar -xO "./usr/src/linux-source-$series.tar.xz" | tar -xJ -C "$sim" --strip-components=3 \
    "linux-source-$series/drivers/gpio/gpio-sim.c" "linux-source-$series/drivers/gpio/gpiolib.h" "linux-source-$series/kernel/irq/irq_sim.c"
mv "$sim/gpio-sim.c" "$sim/gpio-sim-core.c"
# irq_sim.c is the kernel's own, which Debian's kernel leaves out too: what it calls inside the kernel has a name for modules.
sed -i 's/handle_simple_irq(irq_to_desc(irqnum));/generic_handle_irq(irqnum);/; /^EXPORT_SYMBOL_GPL/d' "$sim/irq_sim.c"
printf 'obj-m := gpio-sim.o\ngpio-sim-y := gpio-sim-core.o irq_sim.o\n' >"$sim/Makefile"
make -s -C "$headers" ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu- M="$sim" modules 2>"$work/make.log" || { cat "$work/make.log" >&2; exit 1; }
modules="$work/linux-image/lib/modules/$kernel"
mkdir "$modules/extra" && cp "$sim/gpio-sim.ko" "$modules/extra/" && aarch64-linux-gnu-strip --strip-debug "$modules/extra/gpio-sim.ko"
depmod -b "$work/linux-image" "$kernel"

echo "board: initrd" >&2
mkdir -p "$work/initrd"/{bin,dev,proc,sys,root,m}
cp "$work/busybox-static/bin/busybox" "$work/initrd/bin/"
cp "$here/guest/init" "$work/initrd/init"
for module in virtio_pci virtio_blk ext4; do modprobe -d "$work/linux-image" -S "$kernel" --show-depends "$module"; done |
    awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r file; do cp "$file" "$work/initrd/m/"; basename "$file"; done >"$work/initrd/m/order"
(cd "$work/initrd" && find . | cpio -o -H newc --quiet | gzip -1) >"$cache/initrd.gz"

echo "board: root file system" >&2
# Unpacked and not configured: nothing of the other processor runs here, and the board needs no more than the files.
apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 'ORIGIN: Debian' 'ARCHITECTURE: arm64' | sort -u >"$work/sources.list"
mmdebstrap --quiet --variant=extract --architectures=arm64 --include='?essential' \
    --include=systemd,udev,kmod,alsa-utils,gpiod,libgpiod2,libopus0,libasound2,libssl3,libstdc++6,zlib1g,tzdata,procps,python3-minimal,libpython3-stdlib \
    "$(. /etc/os-release; echo "$VERSION_CODENAME")" "$work/root" "$work/sources.list" >&2 || cannot "the root file system cannot be had"
root="$work/root"
rm -rf "$root"/usr/share/{doc,man,locale} "$root/lib/modules"
cp "$root/usr/share/base-passwd/passwd.master" "$root/etc/passwd"
cp "$root/usr/share/base-passwd/group.master" "$root/etc/group"
printf 'audio:x:29:\ngpio:x:997:\n' | grep -v -F -f <(cut -d: -f1,2 "$root/etc/group") >>"$root/etc/group" || true
ln -sfn python3.11 "$root/usr/bin/python3"
cp -r "$work/linux-image/lib/modules" "$root/lib/"
rm -rf "$root/lib/modules/$kernel"/kernel/{drivers/{net,gpu,infiniband,scsi,iio,mtd},net/{netfilter,bluetooth,wireless,mac80211},fs/{nfs,cifs,ocfs2,xfs,btrfs,ceph},sound/{soc,pci}}
mkdir -p "$root/board" "$root/opt/nauha" "$root/var/lib/nauha" "$root/etc/nauha"
cp "$here"/guest/* "$root/board/" && chmod +x "$root"/board/*
cp "$here"/guest/*.service "$root/etc/systemd/system/"
mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
ln -sf ../board.service "$root/etc/systemd/system/multi-user.target.wants/board.service"
ln -sf /lib/systemd/system/multi-user.target "$root/etc/systemd/system/default.target"
printf 'LABEL=nauha-app /opt/nauha ext4 ro 0 0\nLABEL=nauha-data /var/lib/nauha ext4 defaults 0 2\n' >"$root/etc/fstab"
echo board >"$root/etc/hostname"
echo 6e617568616f6e61746573746f6e6c79 >"$root/etc/machine-id"    # without one, systemd asks who this is
rm -f "$cache/root.img"
mke2fs -q -t ext4 -d "$root" "$cache/root.img" 1100M >&2
echo "$stamp" >"$cache/stamp"
echo "$kernel"
