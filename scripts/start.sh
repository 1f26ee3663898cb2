#!/bin/sh
# `npm start -- ARGS` is `sonde ARGS`; alone it is a ten-second look at this machine.
cd "$(dirname "$0")/.." || exit 1
[ $# -gt 0 ] || set -- -q tools/look.bt
exec bin/sonde "$@"
