# shellcheck shell=bash
# What the scripts of this folder share: where the tree is, saying things, running as root, installing packages.

# Tools' messages are read by the scripts, so they must not be translated.
export LC_ALL=C.UTF-8
tree=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)

if [[ -t 1 ]]; then bold=$'\e[1m' plain=$'\e[0m'; else bold='' plain=''; fi

say() { printf '%s==> %s%s\n' "$bold" "$*" "$plain"; }
note() { printf '    %s\n' "$@"; }
warn() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() {
  warn "$@"
  exit 1
}

# How many compilers at once: one a processor, but a C++ compiler takes up to 1 GiB.
jobs_that_fit() {
  local processors gibibytes
  processors=$(nproc)
  gibibytes=$(awk '/^MemAvailable:/ { print int($2 / 1048576) }' /proc/meminfo)
  if ((gibibytes < 1)); then gibibytes=1; fi
  echo $((processors < gibibytes ? processors : gibibytes))
}

# How this user becomes root: "" as root, "sudo" where sudo may be asked, fails where there is no way.
# Without a terminal nobody can type a password, so sudo counts only if it needs none.
way_to_root() {
  if [[ $(id -u) -eq 0 ]]; then
    echo ""
  elif command -v sudo >/dev/null && { [[ -t 0 ]] || sudo -n true 2>/dev/null; }; then
    echo "sudo"
  else
    return 1
  fi
}

as_root() {
  local way
  way=$(way_to_root) || return 1
  if [[ -n $way ]]; then sudo -- "$@"; else "$@"; fi
}

# Whose Wireshark this is about: theirs who called sudo, else ours.
wireshark_user() {
  if [[ $(id -u) -eq 0 && -n ${SUDO_USER:-} ]]; then echo "$SUDO_USER"; else id -un; fi
}

# Runs a command as that user, at home.
as_wireshark_user() {
  local user home
  user=$(wireshark_user)
  if [[ $user = "$(id -un)" ]]; then
    "$@"
  else
    home=$(getent passwd "$user" | cut -d : -f 6)
    runuser -u "$user" -- env -u XDG_CONFIG_HOME HOME="$home" "$@"
  fi
}

# The packages of the lists named (build, test, check) that are not installed, one a line.
missing_packages() {
  local list package
  for list in "$@"; do
    while read -r package; do
      if [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) != installed ]]; then echo "$package"; fi
    done < <(sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$tree/packaging/packages/$list.txt")
  done
}

# Installs what the lists named lack; asks the mirror nothing when nothing is lacking.
install_packages() {
  local missing
  if ! command -v apt-get dpkg-query >/dev/null; then
    die "this system has no apt-get: install what packaging/packages/ lists by your own means, then pass --no-install-packages"
  fi
  mapfile -t missing < <(missing_packages "$@")
  if ((${#missing[@]} == 0)); then
    note "all packages are installed"
    return
  fi
  way_to_root >/dev/null || die "packages are missing and you are neither root nor allowed to use sudo. Have an administrator run:
    apt-get install --no-install-recommends ${missing[*]}"
  note "installing: ${missing[*]}"
  quietly as_root apt-get update -q
  # wireshark-common would ask who may capture; nobody is there to answer.
  quietly as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"
}

# Runs a command whose output matters only if it fails.
quietly() {
  local log status=0
  log=$(mktemp)
  "$@" >"$log" 2>&1 </dev/null || status=$?
  if ((status != 0)); then
    cat "$log" >&2
    warn "failed with status $status: $*"
  fi
  rm -f "$log"
  return "$status"
}
