# First process of a guest on the host's files: mount what a running system has, run the command, report, power off.
# Beside this file lie `settings` (modules, version, run) and `command`.
b=/run/busybox
for applet in mount mkdir ln chmod ip mkfifo cat dd sync poweroff setsid sleep; do
	alias $applet="$b $applet"
done
. "$guest_run/settings"

mount -t proc proc /proc
mount -t sysfs sys /sys
mkdir -p /dev/pts /dev/shm
mount -t devpts -o mode=620,ptmxmode=666 devpts /dev/pts
mount -t tmpfs shm /dev/shm
mount -t tracefs tracefs /sys/kernel/tracing
mount -t debugfs debugfs /sys/kernel/debug
mount -t bpf bpf /sys/fs/bpf
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t securityfs securityfs /sys/kernel/security
for n in 0 1 2; do
	set -- stdin stdout stderr
	shift $n
	ln -s /proc/self/fd/$n /dev/$1
done
ln -s /proc/self/fd /dev/fd

# modprobe, for us and for the kernel's own requests.
mkdir -p /lib/modules
ln -sfn "$modules" /lib/modules/$version
printf '#!%s sh\nexec %s modprobe "$@"\n' $b $b >/run/modprobe
chmod +x /run/modprobe
echo /run/modprobe >/proc/sys/kernel/modprobe
[ -e /sbin/modprobe ] || ln -s /run/modprobe /sbin/modprobe

ip link set lo up
echo 0 >/proc/sys/kernel/kptr_restrict
echo -1 >/proc/sys/kernel/perf_event_paranoid
ulimit -l unlimited
ulimit -n 65536
ulimit -c 0

until port=$(echo /dev/vport*p3) && [ -e "$port" ]; do sleep 0.01; done
port=${port%3}
# Pipes stand between the command and the ports: a port opens only once, so /dev/stderr would fail on it.
mkfifo /run/out /run/err
cat /run/out >${port}1 & out=$!
cat /run/err >${port}2 & err=$!
setsid /bin/sh "$guest_run/command" </dev/null >/run/out 2>/run/err &
wait $!
status=$?
# What the command left running would keep the pipes open: end it, then drain them.
left=
for process in /proc/[0-9]*; do
	process=${process#/proc/}
	case $process in 1 | $out | $err) ;; *) left="$left $process" ;; esac
done
kill -9 $left 2>/dev/null
wait $out $err
sync
echo $status >${port}3
printf '\0' | dd of=/dev/port bs=1 seek=244 2>/dev/null # QEMU's isa-debug-exit ends it at once
poweroff -f
