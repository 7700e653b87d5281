# Several consoles from one file, which is read again at SIGHUP while clients stay.
cat > consoles.toml <<'TOML'
metrics = "unix:counters"
objects = ["authz-simple,id=staff,identity=uid=0"]

[console.router]
chardev = "pty,command=sh -c 'stty raw -echo; echo router; exec cat'"
listen = ["unix:router", { address = "unix:router-admin", admin = "staff", default = "observer" }]
TOML
iochan chardev serve --config consoles.toml 2>server.log &
until grep -q router-admin server.log; do sleep 0.05; done

cat >> consoles.toml <<'TOML'

[console.switch]
chardev = "null"
listen = "unix:switch"
TOML
kill -HUP %1
until [ -S switch ]; do sleep 0.05; done
iochan chardev list unix:counters | sed 's/ *$//'
kill %1
wait %1
