# A relay in front of a command: one client, a tape of what passed, then the end.
iochan relay --once --quiet --record talk.tape unix:door 'exec:tr a-z A-Z' &
until [ -S door ]; do sleep 0.05; done
echo "through the relay" | iochan cat unix:door
wait
test -s talk.tape && echo "and on tape"
