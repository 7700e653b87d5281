#!/bin/sh
# Fetches noVNC, which the viewer's page is made with, into the package: run it to take a new version.
set -eu

NOVNC=1.7.0
SHA256=32689f18d6abe96bc6530828a6bd0b9ae33bda07c083a6575ed255b5a8f2e903

page=$(cd "$(dirname "$0")/../iochan/vnc/page" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm pack --silent "@novnc/novnc@$NOVNC" >/dev/null
# A version can be published only once, but not every mirror of it has to be believed.
echo "$SHA256  novnc-novnc-$NOVNC.tgz" | sha256sum --check --quiet
tar -xzf "novnc-novnc-$NOVNC.tgz" --strip-components=1
rm -rf "$page/novnc"
mkdir -p "$page/novnc"
# What is not ours is kept apart and as it is, with all of its licences: MPL 2.0 asks for no more.
cp -r core vendor AUTHORS LICENSE.txt "$page/novnc/"
rm -f "$page/novnc/vendor/pako/README.md"
find docs -name 'LICENSE.*' -exec cp {} "$page/novnc/" \;
