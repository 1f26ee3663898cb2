import assert from 'node:assert/strict';
import { join } from 'node:path';
import { toolTest, workloadSource } from './support.ts';

/** A server and its client in one process: 4096 bytes there, 2048 back, 100 ms later the end. Then a port where no one listens. */
const talk = (port: number): string => `exec python3 -S ${join(import.meta.dirname, 'workloads/talk.py')} ${port}`;

toolTest({
  tool: 'tcpconnect',
  title: 'connections that a process makes, one of them refused',
  args: ['-p', 'PID'],
  workload: talk(15101),
  expect: [/^\d\d:\d\d:\d\d <pid> +python3 +127\.0\.0\.1 +\d+ +127\.0\.0\.1 +15101 *$/m, / 127\.0\.0\.1 +1 *$/m],
});

toolTest({
  tool: 'tcpconnect',
  title: 'only to one port, with the user',
  args: ['-U', '-P', '15102', '-p', 'PID'],
  workload: talk(15102),
  expect: [/^\d\d:\d\d:\d\d 0 +<pid> +python3 +127\.0\.0\.1 +\d+ +127\.0\.0\.1 +15102 *$/m],
  never: [/ 1 *$/m],
  example: false,
});

toolTest({
  tool: 'tcpconnect',
  title: 'by the kernel function',
  needs: 'kprobes',
  args: ['-p', 'PID'],
  workload: talk(15103),
  expect: [/^\d\d:\d\d:\d\d <pid> +python3 +127\.0\.0\.1 +\d{4,5} +127\.0\.0\.1 +15103 *$/m, / 127\.0\.0\.1 +1 *$/m],
  example: false,
});

toolTest({
  tool: 'tcpaccept',
  title: 'a connection that a process accepts',
  args: ['-p', 'PID'],
  workload: talk(15104),
  expect: [/^\d\d:\d\d:\d\d <pid> +python3 +127\.0\.0\.1 +\d+ +127\.0\.0\.1 +15104 0\/5$/m],
});

toolTest({
  tool: 'tcpaccept',
  title: 'by the kernel function',
  needs: 'kprobes',
  args: ['-p', 'PID'],
  workload: talk(15105),
  expect: [/^\d\d:\d\d:\d\d <pid> +python3 +127\.0\.0\.1 +\d+ +127\.0\.0\.1 +15105 0\/5$/m],
  example: false,
});

toolTest({
  tool: 'tcplife',
  title: 'both ends of a connection, seen when they are closed',
  args: ['-p', 'PID'],
  workload: talk(15106),
  expect: [
    /^<pid> +python3 +127\.0\.0\.1 +15106 127\.0\.0\.1 +\d+ +2 +4 1\d\d\.\d\d$/m,
    /^<pid> +python3 +127\.0\.0\.1 +\d+ 127\.0\.0\.1 +15106 +4 +2 1\d\d\.\d\d$/m,
  ],
});

toolTest({
  tool: 'tcpstates',
  title: "the server's end of a connection",
  args: ['-L', '15107'],
  workload: talk(15107),
  expect: [
    / 15107 127\.0\.0\.1 +\d+ +SYN_RECV +-> ESTABLISHED +0\.\d{3}$/m,
    / 15107 127\.0\.0\.1 +\d+ +ESTABLISHED -> FIN_WAIT1 +1\d\d\.\d{3}$/m,
    / 15107 0\.0\.0\.0 +0 +LISTEN +-> CLOSE +\d+\.\d{3}$/m,
  ],
});

toolTest({
  tool: 'tcpconnlat',
  title: 'how long a connection takes on this machine',
  args: ['-p', 'PID'],
  workload: talk(15108),
  expect: [/^<pid> +python3 +4 +127\.0\.0\.1 +127\.0\.0\.1 +15108 \d+\.\d{3}$/m],
});

toolTest({
  tool: 'tcptracer',
  title: 'a connection made, accepted and closed at both ends',
  args: ['-p', 'PID'],
  workload: talk(15109),
  expect: [
    /^C <pid> +python3 +4 +127\.0\.0\.1 +127\.0\.0\.1 +\d+ +15109 *$/m,
    /^A <pid> +python3 +4 +127\.0\.0\.1 +127\.0\.0\.1 +15109 +\d+ *$/m,
    /^X <pid> +python3 +4 +127\.0\.0\.1 +127\.0\.0\.1 +15109 +\d+ *$/m,
    /^X <pid> +python3 +4 +127\.0\.0\.1 +127\.0\.0\.1 +\d+ +15109 *$/m,
  ],
});

toolTest({
  tool: 'tcptop',
  title: 'what one process sends and receives',
  args: ['-p', 'PID', '1'],
  workload: talk(15110),
  expect: [
    /^@sent\[<pid>, python3, 127\.0\.0\.1, 15110, 127\.0\.0\.1, \d+\]: 2048$/m,
    /^@received\[<pid>, python3, 127\.0\.0\.1, 15110, 127\.0\.0\.1, \d+\]: 4096$/m,
  ],
});

toolTest({
  tool: 'tcprtt',
  title: 'round trips of one connection',
  args: ['-p', '15111'],
  workload: talk(15111),
  atEnd: true,
  expect: [/^@rtt:\n(\[\d+K?(, \d+K?\))?\] +\d+ \|[@ ]+\|\n|\[\d+K?, \d+K?\) +\d+ \|[@ ]+\|\n)+/m],
});

toolTest({
  tool: 'tcpdrop',
  title: 'a packet to a port where no one listens',
  workload: talk(15112),
  expect: [/127\.0\.0\.1:\d+ +127\.0\.0\.1:1 +SYN +SKB_DROP_REASON_NO_SOCKET\n +\w+(\.\w+)*\+\d+\n/m],
  example: false,
});

toolTest({
  tool: 'solisten',
  title: 'a process that begins to listen',
  args: ['-p', 'PID'],
  workload: talk(15113),
  expect: [/^<pid> +python3 +0 +T4 +5 +15113 127\.0\.0\.1 *$/m],
});

toolTest({
  tool: 'bindsnoop',
  title: 'a process that binds a socket',
  args: ['-p', 'PID'],
  workload: talk(15114),
  expect: [/^<pid> +python3 +0 +TCP +127\.0\.0\.1 +15114 A\.$/m],
});

toolTest({
  tool: 'tcpsynbl',
  title: "the queue of a server's half-open connections",
  needs: 'kprobes',
  workload: talk(15115),
  atEnd: true,
  expect: [/^@backlog\[5\]:\n\[0\] +1 \|@+\|$/m],
});

toolTest({
  tool: 'undump',
  title: 'what a process receives over a unix socket',
  needs: 'kprobes',
  args: ['-p', 'PID'],
  workload: `exec python3 -Sc 'import socket; a, b = socket.socketpair(); a.send(b"hello, sonde"); b.recv(99)'`,
  expect: [/^\d\d:\d\d:\d\d python3 +<pid> +12 +hello, sonde$/m],
});

toolTest({
  tool: 'gethostlatency',
  title: 'a name that is looked up',
  args: ['-p', 'PID'],
  workload: `exec python3 -Sc 'import socket; socket.getaddrinfo("localhost", 80)'`,
  expect: [/^\d\d:\d\d:\d\d +<pid> +python3 +\d+\.\d{3} localhost$/m],
});

/** The third connection finds the queue full: its first packet is thrown away, and sent again after a second. */
const full = (port: number): string => `exec python3 -Sc '
import socket, threading, time
s = socket.socket(); s.setsockopt(1, 2, 1); s.bind(("127.0.0.1", ${port})); s.listen(0)
a = socket.create_connection(("127.0.0.1", ${port}))
threading.Timer(0.5, s.accept).start()
b = socket.create_connection(("127.0.0.1", ${port}), 4)
time.sleep(0.2)'`;

toolTest({
  tool: 'tcpretrans',
  title: 'a first packet that is sent again',
  workload: full(15116),
  expect: [/^\d\d:\d\d:\d\d \d+ +127\.0\.0\.1:\d+ +R> +127\.0\.0\.1:15116 SYN_SENT$/m],
});

toolTest({
  tool: 'tcpretrans',
  title: 'counts',
  args: ['-c'],
  workload: full(15117),
  atEnd: true,
  expect: [/^@retransmits\[127\.0\.0\.1, \d+, 127\.0\.0\.1, 15117\]: 1$/m],
});

toolTest({
  tool: 'tcpcong',
  title: 'a connection that began with a loss',
  args: ['-R', '15118'],
  workload: full(15118),
  atEnd: true,
  expect: [/^@us\[127\.0\.0\.1, 15118, loss\]: \d+$/m],
});

toolTest({
  tool: 'netqtop',
  title: 'packets of a connection within this machine',
  args: ['-n', 'lo', '1'],
  workload: talk(15119),
  expect: [/^@sent\[lo, 0\]: \{ \.count = \d+, /m, /^@received\[lo, \d+\]: \{ \.count = \d+, /m],
});

toolTest({
  tool: 'tcpsubnet',
  title: 'bytes of a connection within this machine',
  args: ['-p', 'PID', '10.0.0.0/8', '127.0.0.0/8'],
  workload: talk(15120),
  expect: [/^@bytes\[127\.0\.0\.0\/8\]: 6144$/m],
  never: [/@bytes\[10/],
});

toolTest({
  tool: 'tcppktlat',
  title: 'data that waits until a process takes it',
  args: ['-p', 'PID', '50000'],
  workload: `exec python3 -Sc '
import socket, time
s = socket.create_server(("127.0.0.1", 15131)); c = socket.create_connection(("127.0.0.1", 15131)); a = s.accept()[0]
c.sendall(b"hello"); time.sleep(0.2); a.recv(99); c.sendall(b"again"); a.recv(99)'`,
  expect: [
    /^PID +COMM +LADDR +LPORT +RADDR +RPORT +US$/m,
    /^<pid> +python3 +127\.0\.0\.1 +15131 +127\.0\.0\.1 +\d+ +[23]\d{5}$/m,
  ],
  check: (output) => assert.equal(output.match(/15131/g)?.length, 1),
});

toolTest({
  tool: 'sofdsnoop',
  title: 'a descriptor that goes through a pair of sockets',
  args: ['-p', 'PID'],
  workload: `exec python3 -Sc '
import os, socket
a, b = socket.socketpair(); f = os.open("/etc/hostname", 0)
socket.send_fds(a, [b"x"], [f, 1]); socket.recv_fds(b, 9, 4)'`,
  expect: [
    /^ACTION +TID +COMM +SOCK_FD +FD +NAME$/m,
    /^SEND +<pid> +python3 +\d+ +\d+ +hostname$/m,
    /^SEND +<pid> +python3 +\d+ +1 +null$/m,
    /^RECV +<pid> +python3 +\d+ +\d+ +hostname$/m,
  ],
});

toolTest({
  tool: 'rdmaucma',
  title: 'a program that asks for the way to an address over RDMA',
  needs: 'kprobes',
  setup: `modprobe rdma_ucm; modprobe rdma_rxe; modprobe dummy; ip link add sonde-rdma type dummy
ip addr add 10.99.0.1/24 dev sonde-rdma; ip link set sonde-rdma up; rdma link add sonde type rxe netdev sonde-rdma
gcc -O1 -o resolve ${workloadSource('resolve.c')}`,
  workload: './resolve 10.99.0.1',
  // The answer comes by a work queue.
  expect: [/^TIME +COMM +PID +EVENT +STATUS$/m, /^\d\d:\d\d:\d\d +\S+ +\d+ +ADDR_RESOLVED +0$/m],
});
