#!/bin/sh
# Everything that must hold, real containers included. `npm test -- FILE…` runs only those test files.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd -P)
# shellcheck source=tools/setup.sh
. "$root/tools/setup.sh"
[ "$(id -u)" = 0 ] || fail "the tests start real containers and need root: sudo npm test"
need_node dev
need_programs crun:crun runc:runc conmon:conmon nft:nftables ip:iproute2 conntrack:conntrack \
  busybox:busybox-static docker-registry:docker-registry kubectl:kubernetes-client iptables:iptables \
  /usr/lib/cni/bridge:containernetworking-plugins containerd:containerd
export PATH
cd "$root"
run_tests() { node --disable-warning=ExperimentalWarning --test --test-reporter=dot "$@"; }
if [ $# -gt 0 ]; then
  run_tests "$@"
  exit
fi
node tools/check.ts
say "unit and component tests"
run_tests 'src/**/*.test.ts' 'testing/**/*.test.ts' 'tools/**/*.test.ts' 'examples/**/*.test.ts'
say "end-to-end tests"
# Alone: it damages what every cluster of a machine reads.
run_tests e2e/command-line.test.ts
# Two at a time: each of these starts clusters of its own, and waits for them most of the time.
run_tests --test-concurrency=2 'e2e/!(command-line).test.ts'
