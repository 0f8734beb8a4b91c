#!/bin/sh
# Gets libsinsp, the engine that Falco embeds, out of Debian's package sysdig.
#
#     fetch.sh [FOLDER]        FOLDER is build/engine of this repository when it is not given
#
# Afterwards FOLDER/sysdig runs it. Needs Debian's apt and dpkg, no root, and
# changes nothing outside FOLDER (and FOLDER.lock beside it): apt works with
# lists, a cache and a status file of its own, and dpkg only unpacks.
#
# sysdig of the sid suite is new enough for today's plugin API, that of a stable
# Debian is not. It brings its C library with it and is started through that
# library's own loader, so the machine's Debian may be older.
set -eu
export LC_ALL=C

say() { printf 'engine: %s\n' "$*" >&2; }

fail() {
	say "$*"
	say 'Or install Falco 0.41 or newer and put it on PATH: the tests then need no other engine.'
	exit 1
}

# The staging folder lies beside the final one, so that one rename completes it.
prepare() {
	mkdir -p "$(dirname "$folder")" || fail "Cannot create the folder of $folder. Choose one that you can write to: $0 FOLDER"
	folder=$(cd "$(dirname "$folder")" && pwd)/$(basename "$folder")
	exec 9>"$folder.lock" || fail "Cannot write $folder.lock. Choose a folder that you can write to: $0 FOLDER"
	flock -n 9 || { say "Another fetch into $folder is under way; waiting for it."; flock 9; }
}

require() {
	for tool in "$@"; do
		command -v "$tool" >/dev/null || fail "This needs $tool, which is not on PATH: the engine comes as Debian packages, so it can be fetched on Debian only."
	done
}

# The machine's own apt.conf still applies (proxies, certificates, credentials);
# this file is read after it and moves everything that apt reads and writes.
# The hooks of the machine would run against the machine's own cache.
configure() {
	mkdir -p "$work/state/lists/partial" "$work/cache/archives/partial" "$work/debs"
	: >"$work/state/status"
	cat >"$work/apt.conf" <<-END
		Dir::State "$work/state";
		Dir::State::status "$work/state/status";
		Dir::Cache "$work/cache";
		Dir::Etc::sourcelist "$work/sources.list";
		Dir::Etc::sourceparts "/dev/null";
		Dir::Etc::preferences "/dev/null";
		Dir::Etc::preferencesparts "/dev/null";
		APT::Sandbox::User "";
		APT::Install-Recommends "false";
		APT::Update::Error-Mode "any";
		Acquire::Retries "2";
		#clear APT::Update::Pre-Invoke;
		#clear APT::Update::Post-Invoke;
		#clear APT::Update::Post-Invoke-Success;
	END
}

# apt itself reads the machine's sources, in both of their formats. --no-release-info
# lists them even where "apt-get update" never ran.
mirrors() {
	apt-get indextargets --no-release-info --format '$(CREATED_BY) $(COMPONENT) $(RELEASE) $(REPO_URI)' |
		awk '$1 == "Packages" && $2 == "main" && $3 !~ /-security|\// && !seen[$4]++ { print $4 }'
}

# Only Debian's own signature makes a mirror's sid suite count.
update() {
	keyring=/usr/share/keyrings/debian-archive-keyring.gpg
	[ -r "$keyring" ] || fail "$keyring is missing: install the package debian-archive-keyring. Elsewhere than on Debian the engine cannot be fetched."
	for mirror in $(mirrors); do
		printf 'deb [signed-by=%s target=Packages] %s sid main\n' "$keyring" "$mirror" >"$work/sources.list"
		apt-get -c "$work/apt.conf" update >>"$work/log" 2>&1 && return
	done
	[ ! -s "$work/log" ] || tail -n 5 "$work/log" >&2
	fail "No Debian mirror among this machine's apt sources gave its sid suite. Check the network, the proxy in apt's configuration, and that the machine is a Debian with a mirror in its apt sources."
}

# An empty status file makes apt name every package, the C library included.
download() {
	apt-get -c "$work/apt.conf" install --simulate sysdig >"$work/plan" 2>>"$work/log" ||
		fail "Debian has no sysdig that can be installed for $(dpkg --print-architecture): $(tail -n 3 "$work/log")"
	awk '$1 == "Inst" { gsub(/[(]/, "", $3); print $2, $3 }' "$work/plan" | sort >"$work/tree/packages"
	say "Downloading $(wc -l <"$work/tree/packages") Debian packages (sid) to be unpacked into $folder; nothing else on this machine changes:"
	sed 's/^/engine:   /' "$work/tree/packages" >&2
	(cd "$work/debs" && cut -d ' ' -f 1 "$work/tree/packages" | xargs apt-get -c "$work/apt.conf" download) >>"$work/log" 2>&1 ||
		fail "The download broke off. Try again. $(tail -n 3 "$work/log")"
}

unpack() {
	for deb in "$work"/debs/*.deb; do
		dpkg -x "$deb" "$work/tree/root" || fail "Cannot unpack $(basename "$deb"): is the disk full?"
	done
	loader=$(cd "$work/tree" && find root/usr/lib -name 'ld-linux*.so.*' -type f | head -n 1)
	cat >"$work/tree/sysdig" <<-END
		#!/bin/sh
		here=\$(dirname "\$0")
		exec "\$here/$loader" --library-path "\$here/$(dirname "$loader")" "\$here/root/usr/bin/sysdig" "\$@"
	END
	chmod +x "$work/tree/sysdig"
	version=$("$work/tree/sysdig" --version) || fail "The sysdig that was fetched does not start on this machine ($(uname -srm))."
}

folder=${1:-$(dirname "$0")/../../build/engine}
require flock
prepare
if [ -e "$folder/sysdig" ]; then
	say "$("$folder/sysdig" --version) is in $folder."
	exit
fi
require apt-get dpkg awk xargs
[ ! -d "$folder" ] || rmdir "$folder" 2>/dev/null || fail "$folder holds something else than an engine. Remove it, or choose another folder: $0 FOLDER"
work=$folder.part
rm -rf "$work"
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
mkdir -p "$work/tree"
configure
update
download
unpack
mv "$work/tree" "$folder"
say "$version is in $folder ($(du -sh "$folder" | cut -f 1))."
