# A program that anybody may watch and one at a time may type to, recorded as it goes.
iochan chardev serve --listen unix:door \
  --chardev "pty,id=c0,record=talk.cast,command=sh -c 'stty raw -echo; echo ready; exec cat'" 2>server.log &
until grep -q ready talk.cast 2>/dev/null; do sleep 0.05; done
echo "typed by somebody" | iochan chardev connect unix:door
kill %1
wait %1
echo "and again, from the recording:"
iochan chardev replay --fast talk.cast
