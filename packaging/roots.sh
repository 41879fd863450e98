# shellcheck shell=bash
# Bare roots of Debian suites, in which packaging/versions tests and packaging/deb builds. A root is made once by
# debootstrap and kept packed in $roots. Comes after lib.sh; who sources it calls prepare_roots before anything else.

# What we promise, oldest first: Debian 12 (Wireshark 4.0), Debian 13 (4.4) and Debian testing (4.6). Beside them a root of
# noble can be made, Ubuntu 24.04, for Wireshark 4.2, which no Debian was released with.
# shellcheck disable=SC2034 # for those who source this
all_suites=(bookworm trixie forky)

roots=${XDG_CACHE_HOME:-$HOME/.cache}/ck-wireshark/roots
mirror=
ubuntu_mirror=http://archive.ubuntu.com/ubuntu
ubuntu_keys=/usr/share/keyrings/ubuntu-archive-keyring.gpg

# Stops unless roots can be made and entered here; finds a mirror where none was named.
prepare_roots() {
  roots=$(realpath -m -- "$roots")
  [[ $(id -u) -eq 0 ]] || die "only root can make and enter a root: sudo packaging/${0##*/}"
  if [[ -z $mirror ]]; then mirror=$(own_mirror); fi
  [[ -n $mirror ]] || die "apt knows no Debian mirror on this machine: run apt-get update first, or name a mirror with --mirror"
  command -v debootstrap >/dev/null || die "debootstrap is missing: apt-get install debootstrap"
  mkdir -p "$roots"
}

# The first of apt's sources that is Debian's main archive, at an address that debootstrap can read.
own_mirror() {
  # shellcheck disable=SC2016 # apt-get expands
  apt-get indextargets --format '$(LABEL) $(SITE)' 'Created-By: Packages' | awk '/^Debian (https?|file):/ && !seen++ { print $2 }'
}

# Two runs on one root would spoil each other. The lock ends with the shell that took it, however that ends.
lock_root() {
  local lock
  exec {lock}>"$roots/$1.lock"
  flock --nonblock "$lock" || die "another run is using the root of $1 in $roots: wait for its end, or give another folder with --roots"
}

# A bare root, made once and kept packed; what is unpacked from it may be spoilt.
bare_root() {
  local suite=$1 packed=$roots/$1.tar making=$roots/$1.making from=$mirror like=sid script=() options=()
  if [[ -f $packed ]]; then return; fi
  note "debootstrap of $suite"
  if [[ $suite = noble ]]; then
    [[ -f $ubuntu_keys ]] || die "the keys of Ubuntu's archive are missing: $ubuntu_keys, of Ubuntu's package ubuntu-keyring"
    from=$ubuntu_mirror like=gutsy options=(--keyring="$ubuntu_keys" "--components=main,universe")
  fi
  # A debootstrap older than the suite has no script for it; all newer suites are made like sid, and Ubuntu's like gutsy.
  if [[ ! -e /usr/share/debootstrap/scripts/$suite ]]; then script=("/usr/share/debootstrap/scripts/$like"); fi
  rm -rf "$making"
  mkdir -p "$making"
  quietly debootstrap --variant=minbase "${options[@]}" "$suite" "$making" "$from" "${script[@]}"
  # A mirror that is a snapshot has expired on purpose; fsync buys nothing in a throw-away root.
  echo 'Acquire::Check-Valid-Until "false";' >"$making/etc/apt/apt.conf.d/80ck"
  echo force-unsafe-io >"$making/etc/dpkg/dpkg.cfg.d/80ck"
  tar --numeric-owner -C "$making" -cf "$packed.part" .
  mv "$packed.part" "$packed"
  rm -rf "$making"
}

unpack_root() {
  mkdir -p "$2"
  tar --numeric-owner -C "$2" -xpf "$roots/$1.tar"
}

# Runs a script, given on standard input, inside a root. Mounts and processes are in namespaces of their own, so they
# are gone when the script ends, however it ends.
inside() {
  local root=$1
  shift
  cp -L /etc/resolv.conf "$root/etc/resolv.conf"
  cat >"$root/script"
  # shellcheck disable=SC2016 # the inner shell expands
  unshare --mount --pid --fork --kill-child bash -c '
    mount -t proc proc "$1/proc" && mount -t devpts -o newinstance,ptmxmode=0666 devpts "$1/dev/pts" && exec chroot "$@"' - "$root" \
    /usr/bin/env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@" bash -euo pipefail /script </dev/null
}
