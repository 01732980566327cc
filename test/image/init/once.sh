# Mounted into /docker-entrypoint-initdb.d by a check.
echo the script ran
