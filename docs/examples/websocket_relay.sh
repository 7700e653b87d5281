# What websockify does: a web page and a WebSocket on one port, in front of a plain server.
mkdir page && echo '<title>a viewer</title>' > page/index.html
iochan relay --quiet unix:plain 'exec:tr a-z A-Z' & plain=$!
iochan relay --quiet 'ws+unix:door?ws.files=page' unix:plain & web=$!
until [ -S plain ] && [ -S door ]; do sleep 0.05; done
printf 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n' | iochan cat unix:door | tail -n 1
kill "$plain" "$web"
wait || true
