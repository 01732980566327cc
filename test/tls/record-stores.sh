#!/usr/bin/env bash
# Records test/fixtures/key-stores.json: stores as keytool (Java 17) and openssl (3.0) make them. Their passwords are `changeit`, that of the key in
# key.jks `another`. Validity does not matter: they are only read.
set -euo pipefail
out=$(cd "$(dirname "$0")/../fixtures" && pwd)/key-stores.json
cd "$(mktemp -d)"
P=changeit
dn='CN=localhost, OU=Tests, O=Ottla, C=CZ'
ext='SAN=DNS:localhost,IP:127.0.0.1'
gen() { keytool -genkeypair -alias broker -keyalg EC -groupname secp256r1 -dname "$dn" -ext "$ext" -validity 3650 "$@" 2>/dev/null; }
gen -keystore key.p12 -storepass $P
keytool -exportcert -rfc -alias broker -keystore key.p12 -storepass $P > cert.pem 2>/dev/null
imp() { keytool -importcert -noprompt -alias ca -file cert.pem "$@" 2>/dev/null; }
imp -keystore trust.p12 -storepass $P
gen -keystore key.jks -storetype JKS -storepass $P -keypass another
imp -keystore trust.jks -storetype JKS -storepass $P
gen -J-Dkeystore.pkcs12.legacy -keystore legacy-key.p12 -storepass $P
imp -J-Dkeystore.pkcs12.legacy -keystore legacy-trust.p12 -storepass $P
gen -keystore key.jceks -storetype JCEKS -storepass $P
# an authority, one between, a leaf
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 3650 -subj '/CN=root' 2>/dev/null
openssl req -newkey rsa:2048 -nodes -keyout mid.key -out mid.csr -subj '/CN=between' 2>/dev/null
openssl x509 -req -in mid.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 3650 -out mid.pem -extfile <(echo basicConstraints=critical,CA:true) 2>/dev/null
openssl ecparam -name prime256v1 -genkey -noout -out leaf.key
openssl req -new -key leaf.key -out leaf.csr -subj '/CN=leaf' 2>/dev/null
openssl x509 -req -in leaf.csr -CA mid.pem -CAkey mid.key -CAcreateserial -days 3650 -out leaf.pem 2>/dev/null
cat mid.pem ca.pem > chain.pem
openssl pkcs12 -export -inkey leaf.key -in leaf.pem -certfile chain.pem -out openssl-key.p12 -passout pass:$P
openssl pkcs12 -export -legacy -inkey leaf.key -in leaf.pem -certfile chain.pem -out openssl-legacy.p12 -passout pass:$P
openssl pkcs12 -export -nokeys -in ca.pem -out openssl-trust.p12 -passout pass:$P
openssl pkcs12 -export -inkey leaf.key -in leaf.pem -out openssl-empty.p12 -passout pass:
openssl pkcs12 -export -nomac -inkey leaf.key -in leaf.pem -out openssl-nomac.p12 -passout pass:$P
openssl pkcs8 -topk8 -in leaf.key -passout pass:$P -out encrypted.key
openssl pkcs8 -topk8 -v1 PBE-SHA1-3DES -in leaf.key -passout pass:$P -out encrypted-3des.key
openssl ec -aes256 -in leaf.key -passout pass:$P -out traditional.key 2>/dev/null
cat leaf.pem mid.pem > bundle.pem
cat leaf.pem mid.pem leaf.key > all.pem
{ echo bag attributes; cat leaf.pem; } > talkative.pem
node -e '
  const fs = require("node:fs")
  const names = fs.readdirSync(".").filter(name => /\.(p12|jks|jceks|pem|key)$/.test(name) && !["ca.key", "mid.key", "chain.pem"].includes(name))
  const stores = Object.fromEntries(names.map(name => [name, fs.readFileSync(name, "base64")]))
  fs.writeFileSync(process.argv[1], `${JSON.stringify(stores, null, 2)}\n`)
' "$out"
