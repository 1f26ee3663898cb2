#!/bin/sh
# Makes the object that the reader of BPF objects is tested with, from the C beside it. The committed one is clang 14's.
set -eu
cd "$(dirname "$0")/../src/runtime/target/testdata"
clang -target bpf -g -O2 -mcpu=v3 -fdebug-compilation-dir=. -Qn -c helpers.bpf.c -o helpers.bpf.o
