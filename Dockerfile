# The image: docker build -t ottla .   or   buildah bud --format docker -t ottla .   (OCI's format has no HEALTHCHECK)
#
#   --build-arg BASE=IMAGE         what it stands on, with Node and bash
#   --build-arg BUILD_BASE=IMAGE   where it is built, with Node and npm; BASE where it is not given
#   --secret id=npmrc,src=FILE     settings of npm for the build alone; id=authority for a certificate authority

ARG BASE=docker.io/library/node:24-slim
ARG BUILD_BASE=${BASE}

FROM ${BUILD_BASE} AS build
WORKDIR /build
COPY package.json package-lock.json LICENSE ./
COPY scripts scripts
RUN --mount=type=secret,id=npmrc,target=/run/npmrc --mount=type=secret,id=authority,target=/run/authority.pem \
  NPM_CONFIG_USERCONFIG=/run/npmrc NODE_EXTRA_CA_CERTS=/run/authority.pem npm ci --no-audit --no-fund --loglevel=error
COPY bin bin
COPY console console
COPY lib lib
COPY protocol protocol
COPY storage storage
RUN node scripts/run.mjs build
COPY image image
RUN bash image/assemble.sh /image

FROM ${BASE}
LABEL org.opencontainers.image.title="Ottla" \
  org.opencontainers.image.description="A Kafka broker in TypeScript that off-the-shelf Kafka clients talk to unchanged." \
  org.opencontainers.image.licenses="Apache-2.0"

COPY --from=build /image/usr/local/bin /usr/local/bin
COPY --from=build /image/opt/ottla /opt/ottla
COPY --from=build --chown=1000:0 /image/bitnami /bitnami
COPY --from=build --chown=1000:0 /image/docker-entrypoint-initdb.d /docker-entrypoint-initdb.d
COPY --from=build --chown=1000:0 /image/etc/confluent /etc/confluent
COPY --from=build --chown=1000:0 /image/etc/kafka /etc/kafka
COPY --from=build --chown=1000:0 /image/home/ottla /home/ottla
COPY --from=build --chown=1000:0 /image/mnt/shared /mnt/shared
COPY --from=build --chown=1000:0 /image/opt/bitnami /opt/bitnami
COPY --from=build --chown=1000:0 /image/opt/kafka /opt/kafka
COPY --from=build --chown=1000:0 /image/var/cache/ottla /var/cache/ottla
COPY --from=build --chown=1000:0 /image/var/lib/kafka /var/lib/kafka
COPY --from=build --chown=1000:0 /image/var/lib/zookeeper /var/lib/zookeeper

# By number, as Kubernetes refuses names where nobody may be root.
USER 1000:0
ENV HOME=/home/ottla
WORKDIR /home/ottla
# COPY makes the uppermost directory of each with its own mode.
RUN chmod g+w /bitnami /docker-entrypoint-initdb.d /etc/confluent /etc/kafka /home/ottla /mnt/shared /opt/bitnami /opt/kafka \
  /var/cache/ottla /var/lib/kafka /var/lib/zookeeper && /opt/ottla/bin/compile

# Without these a container with a read-only root could not keep anything.
VOLUME ["/var/lib/kafka/data", "/bitnami/kafka"]
EXPOSE 9092
HEALTHCHECK --start-interval=250ms --start-period=30s --interval=5s --timeout=5s --retries=3 CMD ["ottla", "health"]
ENTRYPOINT []
CMD ["/opt/ottla/bin/run"]
