FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /out/gcbridge ./cmd/gcbridge

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /usr/local/go/lib/time/zoneinfo.zip /zoneinfo.zip
COPY --from=build /out/gcbridge /gcbridge
# GC_TIMEZONE names zones of this file.
ENV ZONEINFO=/zoneinfo.zip
USER 65532:65532
EXPOSE 8112
# A node whose broker or Finesse is away is not helped by a restart: only its own
# pulse is asked. docker-compose.yml asks for readiness.
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD ["/gcbridge", "healthcheck", "--live"]
ENTRYPOINT ["/gcbridge"]
CMD ["serve"]
