# A server that lets in only users over TLS, and a gateway through which a viewer without either sees it.
iochan creds init pki >/dev/null
iochan vnc testcard --size 320x240 --listen unix:server --user joe=word --tls-creds tls \
  --object tls-creds-x509,id=tls,endpoint=server,dir=pki,verify-peer=off \
  --object secret,id=word,data=sesame 2>server.log &
server=$!
iochan vnc gateway --listen unix:viewers --target unix:server --record tapes \
  --target-user joe --target-password-secret word --target-tls-creds tls --target-hostname localhost \
  --object tls-creds-x509,id=tls,endpoint=client,dir=pki --object secret,id=word,data=sesame 2>gateway.log &
gateway=$!
until grep -q listening server.log && grep -q listening gateway.log; do sleep 0.05; done
iochan vnc screenshot unix:viewers -o card.png
kill $server $gateway
wait
iochan vnc replay tapes/000001.tape --at-once --listen unix:again 2>replay.log &
again=$!
until grep -q listening replay.log; do sleep 0.05; done
iochan vnc screenshot unix:again -o again.png
kill $again
wait
cmp card.png again.png && echo "the tape shows the same"
