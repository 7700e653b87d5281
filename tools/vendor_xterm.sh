#!/bin/sh
# Fetches xterm.js, which the console's page shows a terminal with, into the package: run it to take a new version.
set -eu

XTERM=6.0.0
FIT=0.11.0

page=$(cd "$(dirname "$0")/../iochan/chardev/page" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm pack --silent "@xterm/xterm@$XTERM" "@xterm/addon-fit@$FIT" >/dev/null
for part in "xterm-xterm-$XTERM" "xterm-addon-fit-$FIT"; do
    mkdir "$part" && tar -xzf "$part.tgz" -C "$part" --strip-components=1
done
# The maps to their sources are not shipped.
sed '/sourceMappingURL/d' "xterm-xterm-$XTERM/lib/xterm.mjs" > "$page/xterm.mjs"
sed '/sourceMappingURL/d' "xterm-addon-fit-$FIT/lib/addon-fit.mjs" > "$page/addon-fit.mjs"
cp "xterm-xterm-$XTERM/css/xterm.css" "$page/xterm.css"
cp "xterm-xterm-$XTERM/LICENSE" "$page/LICENSE.xterm.txt"
