# A password under a master key: only the master key's file has to be kept safe.
openssl rand -base64 32 > master.b64
sealed=$(printf %s 'my password' | iochan secret seal --key-file master.b64)
echo "$sealed" | grep -c password || true
echo "$sealed" | iochan secret open --key-file master.b64
