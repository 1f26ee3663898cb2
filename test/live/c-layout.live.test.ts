/** Layouts of random records, and constants of real headers, beside what the C compiler makes of them. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { sonde } from '../sonde.ts';
import { folder, live } from './support.ts';

/** What a C program prints. */
function runC(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(`${path}.c`, text);
  execFileSync('gcc', ['-w', '-Wno-packed-bitfield-compat', '-o', path, `${path}.c`]);
  return execFileSync(path, { encoding: 'utf8' });
}

/** What a script's `begin` prints. */
async function runScript(text: string): Promise<string> {
  const { stdout, stderr, status } = await sonde(['-q', '-e', text]);
  assert.deepEqual({ stderr, status }, { stderr: '', status: 0 });
  return stdout.trimEnd();
}

const widths = { char: 8, short: 16, 'unsigned int': 32, int: 32, long: 64, _Bool: 1, 'enum e': 32 };
const attributes = ['', '', ' __attribute__((packed))', ' __attribute__((aligned(16)))'];

/** The same numbers on every run. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1103515245 + 12345) & 0x7fffffff;
    return (state >> 8) % below;
  };
}

function record(name: string, below: (limit: number) => number): { text: string; type: string; members: string[] } {
  const members: string[] = [];
  let body = '';
  for (let count = 1 + below(7); count > 0; count--) {
    const [type, width] = Object.entries(widths)[below(7)]!;
    const member = `m${count}`;
    const bits = 1 + below(width);
    const form = below(6);
    if (form < 2) body += `${type} ${member} : ${bits}; `;
    else if (form === 2) body += `${type} : ${below(2) * bits}; `;
    else body += `${type} ${member}${form === 3 ? `[${1 + below(3)}]` : ''}${attributes[below(4)]}; `;
    if (form > 2) members.push(member);
  }
  const type = `${below(5) === 0 ? 'union' : 'struct'} ${name}`;
  return { text: `${type} { ${body}}${attributes[below(4)]};`, type, members };
}

describe('C beside a C compiler', live, () => {
  test('G-04 T-44 sizes and offsets of random structs and unions', async () => {
    const below = random(20260808);
    const records = Array.from({ length: 60 }, (_, index) => record(`s${index}`, below));
    const declarations = `enum e { A, B };\n${records.map(({ text }) => text).join('\n')}\n`;
    const measures = records.map(({ type, members }) => [
      `sizeof(${type})`,
      ...members.map((member) => `offsetof(${type}, ${member})`),
    ]);
    const c = measures.map(
      (each) => `printf("${each.map(() => '%d').join(' ')}\\n", ${each.map((one) => `(int)${one}`).join(', ')});`,
    );
    const script = measures.map((each) => `printf("${each.map(() => '%d').join(' ')}\\n", ${each.join(', ')});`);
    const expected = runC(
      'layout',
      `#include <stddef.h>\n#include <stdio.h>\n${declarations}int main(void) { ${c.join('\n')} }`,
    );
    assert.equal(await runScript(`${declarations}begin { ${script.join('\n')} }`), expected.trimEnd(), declarations);
  });

  test('G-04 G-05 G-06 types and constants of system headers', async () => {
    const includes = [
      'linux/types.h',
      'sys/socket.h',
      'netinet/in.h',
      'netinet/tcp.h',
      'linux/if.h',
      'sys/stat.h',
      'fcntl.h',
      'sys/epoll.h',
      'signal.h',
      'linux/perf_event.h',
    ]
      .map((name) => `#include <${name}>\n`)
      .join('');
    const values = [
      'AF_INET6',
      'SOCK_STREAM',
      'IPPROTO_UDP',
      'TCP_NODELAY',
      'IFF_UP',
      'S_IFMT',
      'O_CREAT | O_EXCL',
      'EPOLLET',
      'SIGUSR2',
      'PERF_TYPE_TRACEPOINT',
      'INADDR_LOOPBACK',
      'S_IRWXU',
    ].concat(
      [
        'struct sockaddr_storage',
        'struct sockaddr_in6',
        'struct tcp_info',
        'struct ifreq',
        'struct stat',
        'struct epoll_event',
        'siginfo_t',
        'struct perf_event_attr',
        '__be32',
        'sa_family_t',
      ].map((type) => `sizeof(${type})`),
      [
        'struct sockaddr_in, sin_addr',
        'struct stat, st_mtim',
        'struct epoll_event, data',
        'struct tcp_info, tcpi_rtt',
      ].map((place) => `offsetof(${place})`),
    );
    const c = values.map((value) => `printf("%lld\\n", (long long)(${value}));`).join('\n');
    const expected = runC('constants', `${includes}#include <stddef.h>\n#include <stdio.h>\nint main(void) { ${c} }`);
    const script = values.map((value) => `printf("%lld\\n", (int64)(${value}));`).join('\n');
    assert.equal(await runScript(`${includes}begin { ${script} }`), expected.trimEnd());
  });
});
