import { openFilesMax } from "../platform/linux/open-files.ts"
import { MetricsRegistry } from "../platform/metrics-registry.ts"
import type { Platform } from "../platform/platform.ts"
import { addProcessMetrics } from "../platform/process-metrics.ts"
import type { Audit } from "./audit/audit.ts"
import { createAuthenticator, isHealthPath, type TokenAuthenticator } from "./authentication/authenticator.ts"
import { createCertificateAuthenticator } from "./authentication/client-certificate.ts"
import { createImpersonation } from "./authentication/impersonation/impersonation.ts"
import { createRequestHeaderAuthenticator, type RequestHeaderOptions } from "./authentication/request-header.ts"
import type { Authorizer, CallHandler } from "./call.ts"
import type { FlowControl } from "./flow-control/flow-control.ts"
import { authorized, createFront } from "./front.ts"
import { createHealthHandler, type HealthCheck } from "./health/health.ts"
import { createRequestMetrics } from "./metrics/request-metrics.ts"
import type { ProtobufEncoder } from "./negotiation/encode.ts"
import { createRouter, type ForeignHandler, type PathHandlers } from "./request/router.ts"
import { isStreamingRequest } from "./streaming/is-streaming.ts"
import { createTlsServer } from "./transport/tls-server.ts"

/** The API server: the network side in front of a handler for resources. */
export interface ApiServer {
  /** Begins to accept connections. Rejects when the port is taken. */
  listen(port: number, host?: string): Promise<{ readonly host: string; readonly port: number }>
  /** Where in-process clients enter: with an identity of their own, past TLS and authentication, not past authorization. */
  readonly call: CallHandler
  readonly metrics: MetricsRegistry
  setCertificate(cert: string, key: string): void
  /** Ends watches, lets running requests finish for `graceMs`, then closes every connection. */
  close(graceMs?: number): Promise<void>
}

export interface ApiServerOptions {
  readonly platform: Platform
  /** Default: an own one. */
  readonly metrics?: MetricsRegistry
  /** PEM. */
  readonly serving: { readonly cert: string; readonly key: string }
  /** CAs of client certificates, PEM. */
  readonly clientCa: readonly string[]
  /** Proxies that may vouch for users. Absent: none. */
  readonly requestHeader?: RequestHeaderOptions
  readonly tokens: readonly TokenAuthenticator[]
  /** Whether a path needs no identity. Undefined, and absent: only those of health and version need none. */
  readonly isAnonymousPath?: ((path: string) => boolean | undefined) | undefined
  readonly authorizer: Authorizer
  /** Absent: no record is kept. */
  readonly audit?: Audit | undefined
  /** Absent: everything runs at once. */
  readonly flowControl?: FlowControl
  /** Answers all resources (the back). */
  readonly resources: CallHandler
  /** Stands between authorization and everything that answers, for connections and callers in the process alike. */
  readonly intercept?: ((handler: CallHandler) => CallHandler) | undefined
  /** Finds who answers instead of this server. */
  readonly foreign?: ForeignHandler
  /** Answers subresources that lead to a kubelet or a proxied server; see `streaming/`. */
  readonly streaming?: CallHandler
  /** Discovery, OpenAPI, version, key sets: exact paths, or prefixes ending in a slash. */
  readonly paths: PathHandlers
  readonly checks: readonly HealthCheck[]
  readonly protobuf?: ProtobufEncoder
  /** More connections than this are not accepted. Default: what the limit of open files leaves room for. */
  readonly connectionsMax?: number
}

// The rest is for the store, and for connections to kubelets, webhooks and extension servers.
const FILES_FOR_CONNECTIONS = 0.75

export function createApiServer(options: ApiServerOptions): ApiServer {
  const { platform, authorizer, audit, clientCa, requestHeader, foreign, metrics = new MetricsRegistry() } = options
  addProcessMetrics(metrics)
  let closing = false
  const health = createHealthHandler([
    ...options.checks,
    { name: "shutdown", kinds: ["readyz"], check: () => !closing },
  ])
  const router = (options.intercept ?? identity)(
    createRouter({
      foreign,
      resources: options.resources,
      ...(options.streaming && { streaming: options.streaming }),
      paths: new Map([
        ...options.paths,
        ...["/healthz", "/livez", "/readyz"].flatMap((path) => [
          [path, health] as const,
          [`${path}/`, health] as const,
        ]),
        ["/metrics", async () => metricsAnswer(metrics)],
      ]),
    }),
  )
  const front = createFront({
    authenticate: createAuthenticator({
      requestHeader: requestHeader && createRequestHeaderAuthenticator(requestHeader),
      certificate: createCertificateAuthenticator(clientCa, platform.clock),
      tokens: options.tokens,
      isOpenPath: (path) => options.isAnonymousPath?.(path) ?? isHealthPath(path),
    }),
    impersonate: createImpersonation(authorizer),
    authorizer,
    audit,
    ...(options.flowControl && { flowControl: options.flowControl }),
    handler: router,
    isConnection: (info) => isStreamingRequest(info) || foreign?.(info) !== undefined,
    platform,
    metrics: createRequestMetrics(metrics),
    ...(options.protobuf && { protobuf: options.protobuf }),
  })
  const server = createTlsServer({
    ...options.serving,
    clientCa: requestHeader === undefined ? clientCa : [...clientCa, requestHeader.ca],
    handler: front,
    connectionsMax: options.connectionsMax ?? Math.floor(openFilesMax() * FILES_FOR_CONNECTIONS),
    clock: platform.clock,
  })
  return {
    listen: server.listen,
    setCertificate: server.setCertificate,
    metrics,
    call: authorized({ authorizer, audit, platform, handler: router }),
    close: (graceMs) => {
      closing = true
      return server.close(graceMs)
    },
  }
}

const identity = (handler: CallHandler): CallHandler => handler

function metricsAnswer(metrics: MetricsRegistry) {
  const headers = { "content-type": "text/plain; version=0.0.4; charset=utf-8" }
  return { type: "raw", code: 200, headers, body: Buffer.from(metrics.render()) } as const
}
