# TLS before a plain service, and a client that checks who answers.
iochan creds init pki > files
iochan relay --once --quiet 'tls+unix:door?tls.creds=s' exec:cat \
  --object tls-creds-x509,id=s,endpoint=server,dir=pki,verify-peer=off &
until [ -S door ]; do sleep 0.05; done
echo "seen by nobody on the way" | iochan cat 'tls+unix:door?tls.creds=c&tls.hostname=localhost' \
  --object tls-creds-x509,id=c,endpoint=client,dir=pki
wait
