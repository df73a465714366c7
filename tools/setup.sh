# Read by ./gantry and tools/test.sh: finds Node 26 and installs what is missing, saying what it does.
# Expects `root` to be the repository's folder. POSIX sh: it runs before anything is installed.

say() { printf 'gantry: %s\n' "$*" >&2; }
fail() {
  say "$*"
  exit 1
}

# The version that package.json pins, without a JSON parser.
wanted_node() { sed -n 's/^ *"node": "\([0-9.]*\)".*/\1/p' "$root/package.json" | head -n 1; }

is_node_26() { [ -x "$1" ] && [ "$("$1" -p 'process.versions.node.split(".")[0]' 2>/dev/null)" -ge 26 ] 2>/dev/null; }

# Debian packages by the programs they bring: "program:package …". Installs those whose program is missing.
need_programs() {
  missing=""
  for pair in "$@"; do
    command -v "${pair%%:*}" >/dev/null 2>&1 || missing="$missing ${pair#*:}"
  done
  [ -z "$missing" ] && return 0
  command -v apt-get >/dev/null 2>&1 ||
    fail "these packages are missing and there is no apt-get to install them:$missing. Install them and run this again."
  [ "$(id -u)" = 0 ] || fail "these packages are missing:$missing. Run this as root, or install them: apt-get install$missing"
  say "installing$missing (apt-get install)"
  log=$(mktemp)
  # Without an index, or with one that is too old, the first try fails.
  # shellcheck disable=SC2086
  if ! DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing >"$log" 2>&1 </dev/null; then
    apt-get update >"$log" 2>&1 </dev/null || true
    if ! DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing >>"$log" 2>&1 </dev/null; then
      tail -n 20 "$log" >&2
      rm -f "$log"
      fail "apt-get could not install$missing; its last words are above."
    fi
  fi
  rm -f "$log"
}

# Whether the Node in node_modules is a Node 26 that runs. To ask it takes as long as all the rest of a short command, so
# the answer is noted until npm changes something.
installed_node_runs() {
  ran="$root/node_modules/.node-26-runs"
  [ -x "$1" ] || return 1
  [ "$ran" -nt "$root/node_modules/.package-lock.json" ] && return 0
  is_node_26 "$1" || return 1
  { true >"$ran"; } 2>/dev/null || true
}

# Leaves Node 26 first in PATH and node_modules filled. `need_node dev` also installs what the tests and checks need.
need_node() {
  bin="$root/node_modules/.bin"
  probe="$root/node_modules/yaml"
  [ "${1:-}" = dev ] && probe="$root/node_modules/typescript"
  if installed_node_runs "$bin/node" && [ -e "$probe" ] && [ ! "$root/package-lock.json" -nt "$root/node_modules/.package-lock.json" ]; then
    PATH="$bin:$PATH"
    return 0
  fi
  need_programs npm:npm
  # npm picks versions that suit the Node it runs under, so the right Node comes first, in a folder of its own.
  node_bin=$(dirname "$(command -v node || echo /usr/bin/node)")
  if ! is_node_26 "$node_bin/node"; then
    version=$(wanted_node)
    own="$root/.node"
    node_bin="$own/node_modules/node/bin"
    if ! is_node_26 "$node_bin/node"; then
      say "fetching Node $version from the npm registry into .node/"
      mkdir -p "$own"
      printf '{"private":true}\n' >"$own/package.json"
      npm install --prefix "$own" --no-audit --no-fund --loglevel=error "node@$version" >&2 || fail "npm could not fetch node@$version."
    fi
    is_node_26 "$node_bin/node" || fail "node@$version was fetched into .node/ but does not run; remove .node/ and try again."
  fi
  say "installing npm packages (npm install)"
  omit="--omit=dev"
  [ "${1:-}" = dev ] && omit=""
  # shellcheck disable=SC2086
  # Not npm ci: it refuses a lock file that lacks builds for other machines, which not every registry has.
  (cd "$root" && PATH="$node_bin:$PATH" npm install --no-save $omit --no-audit --no-fund --loglevel=error >&2) ||
    fail "npm install failed; its words are above."
  touch "$root/node_modules/.package-lock.json"
  is_node_26 "$bin/node" && PATH="$bin:$PATH" || PATH="$node_bin:$bin:$PATH"
}
