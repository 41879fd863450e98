# shellcheck shell=bash
# The version, everywhere it is said, and the source as it is handed out. Comes after lib.sh.
: "${tree:?lib.sh comes first}"

# What project() says in CMakeLists.txt.
project_version() { sed -n 's/^project(.* VERSION \([0-9.]*\).*/\1/p' "$tree/CMakeLists.txt"; }

# What the newest entry of debian/changelog says.
packaged_version() { sed -n '1s/^[^ ]* (\([^)]*\)).*/\1/p' "$tree/packaging/debian/changelog"; }

# When that entry was made, as it stands there: "Mon, 03 Feb 2031 10:00:00 +0000".
packaged_time() { sed -n '/^ -- /{s/.*>  //p;q}' "$tree/packaging/debian/changelog"; }

# git, in a tree that may be another user's: sudo packaging/deb is to work, too.
tree_git() { git -c safe.directory='*' -C "$tree" "$@"; }

# Files that git knows or would add and that differ from the last commit.
uncommitted() { tree_git status --porcelain; }

# Writes the last commit, packed. The same commit gives the same bytes: git takes the commit's time and no user's name, and
# gzip is told to keep no time of its own.
source_archive() {
  tree_git archive --format=tar --prefix="ck-wireshark-$(project_version)/" HEAD | gzip -9n
}
