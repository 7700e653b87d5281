# A program on a terminal for VNC viewers, with a plain way in beside them, and a log of it.
iochan vnc console --listen unix:viewers --also-listen unix:others \
  --chardev "pty,id=c0,logfile=c0.log,command=sh -c 'stty raw -echo; echo ready; exec cat'" 2>server.log &
until grep -q ready c0.log 2>/dev/null && grep -q viewers server.log; do sleep 0.05; done
iochan vnc screenshot unix:viewers -o screen.png
kill %1
wait %1
cat c0.log
