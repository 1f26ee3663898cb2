// Made by gen/stdlib.ts from sockets.bt.
import type { LibraryFile } from '../library-file.ts';

export const file: LibraryFile = {
  name: 'stdlib/sockets.bt',
  macros: {
    sock_local: [156],
    sock_remote: [370],
    sock_local_port: [578],
    sock_remote_port: [692],
    file_of: [843],
    sock_of: [1012],
  },
  text: `// Addresses of sockets of the internet families, and the socket behind a file descriptor.

// Address that a socket (a struct sock *) has on this machine.
macro sock_local(sk) {
  sk->__sk_common.skc_family == 2 ? ntop(sk->__sk_common.skc_rcv_saddr) : ntop(sk->__sk_common.skc_v6_rcv_saddr.in6_u.u6_addr8)
}

// Address that a socket (a struct sock *) is connected to.
macro sock_remote(sk) {
  sk->__sk_common.skc_family == 2 ? ntop(sk->__sk_common.skc_daddr) : ntop(sk->__sk_common.skc_v6_daddr.in6_u.u6_addr8)
}

// Port that a socket (a struct sock *) has on this machine.
macro sock_local_port(sk) {
  sk->__sk_common.skc_num
}

// Port that a socket (a struct sock *) is connected to.
macro sock_remote_port(sk) {
  bswap(sk->__sk_common.skc_dport)
}

// The open file (a struct file *) behind a file descriptor of the current process.
macro file_of(fd) {
  *(curtask->files->fdt->fd + fd)
}

// The socket (a struct sock *) behind a file descriptor of the current process, which must be one of a socket.
macro sock_of(fd) {
  ((struct socket *)file_of(fd)->private_data)->sk
}
`,
};
