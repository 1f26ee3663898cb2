#!/bin/sh
# Everything that has to hold, in one run of Node's test runner, whose summary comes last.
# Arguments go to the runner: `npm test -- --test-name-pattern=hist`.
set -eu
cd "$(dirname "$0")/.."
PATH=$PWD/node_modules/.bin:$PATH
export PATH

[ "$(id -u)" = 0 ] || echo "Not root: the live tests are skipped. Run \`sudo npm test\` for all of them." >&2
# The end-to-end suites run the bundle, see test/runtime/case.ts.
node scripts/build.ts
SONDE_TEST_BUNDLE=1
export SONDE_TEST_BUNDLE
exec node --test --test-reporter=spec --test-concurrency=2 --test-timeout=600000 "$@" \
	'src/**/*.test.ts' 'tools/**/*.test.ts' 'gen/**/*.test.ts' 'test/*/*.test.ts'
