#!/bin/busybox sh
# First process of a guest, in the initrd: load the modules that reach the host's files, lay a throw-away layer
# over them, and go on there with the second stage. The kernel's command line says where this run's files are.
b=/bin/busybox
$b mount -t proc proc /proc
$b mount -t devtmpfs dev /dev
echo 'first process runs' >/dev/console
while read -r module; do $b insmod $module; done </lib/order
$b mount -t 9p -o ro,trans=virtio,version=9p2000.L,msize=512000,cache=loose,noxattr root /low
$b mount -t tmpfs -o size=90% over /over
$b mkdir /over/up /over/work
$b mount -t overlay -o lowerdir=/low,upperdir=/over/up,workdir=/over/work root /root
$b mount -t tmpfs -o mode=755 run /root/run
$b cp $b /root/run/busybox
$b mount --move /dev /root/dev
$b umount /proc
exec $b switch_root /root /run/busybox sh "$guest_run/second-stage.sh"
