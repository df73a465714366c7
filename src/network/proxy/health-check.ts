import type { Server } from "node:http"
import { messageOf } from "../../machinery/status/message-of.ts"
import { listenTcp } from "../../platform/linux/sockets.ts"
import type { Logger } from "../../platform/log.ts"
import { http } from "../../platform/on-first-use.ts"

export interface HealthCheck {
  readonly port: number
  readonly localEndpoints: number
}

/**
 * The servers at healthCheckNodePort: they tell a load balancer whether this node has endpoints of a service with
 * externalTrafficPolicy Local, so that it sends no traffic where it would be dropped.
 */
export interface HealthCheckServers {
  /** `key`: `namespace/name` of the service. Undefined closes its server. */
  set(key: string, check: HealthCheck | undefined): void
  /** Why it does not listen; undefined when it does, or need not. */
  failureOf(key: string): { readonly port: number; readonly reason: string } | undefined
  close(): void
}

/** `ipv6`: whether they are to be reached by IPv6 as well. */
export function openHealthCheckServers(netns: string | undefined, ipv6: boolean, log: Logger): HealthCheckServers {
  const everywhere = ipv6 ? { host: "::", bothFamilies: true } : { host: "0.0.0.0" }
  const open = new Map<string, { check: HealthCheck; readonly server: Server }>()

  const failures = new Map<string, { readonly port: number; readonly reason: string }>()

  function closeOne(key: string): void {
    const server = open.get(key)?.server
    failures.delete(key)
    open.delete(key)
    server?.close()
    server?.closeAllConnections()
  }

  function openOne(key: string, check: HealthCheck): void {
    const server = http().createServer((_request, response) => {
      const localEndpoints = open.get(key)?.check.localEndpoints ?? 0
      const body = renderHealth(key, localEndpoints)
      response.writeHead(localEndpoints > 0 ? 200 : 503, {
        "Content-Type": "application/json",
        "X-Content-Type-Options": "nosniff",
        "X-Load-Balancing-Endpoint-Weight": String(localEndpoints),
      })
      response.end(body)
    })
    server.on("error", (error) => log.error("a health check server failed", { service: key, port: check.port, error }))
    try {
      server.listen({ fd: listenTcp(netns, { ...everywhere, port: check.port }) })
      server.unref()
      open.set(key, { check, server })
    } catch (error) {
      failures.set(key, { port: check.port, reason: messageOf(error) })
      // Tried again when the service or its endpoints change.
      log.error("cannot listen for a service's health checks", { service: key, port: check.port, error })
    }
  }

  return {
    failureOf: (key) => failures.get(key),
    set(key, check) {
      const present = open.get(key)
      if (check && present?.check.port === check.port) {
        present.check = check
        return
      }
      closeOne(key)
      if (check) openOne(key, check)
    },
    close() {
      for (const key of open.keys()) closeOne(key)
    },
  }
}

function renderHealth(key: string, localEndpoints: number): string {
  const [namespace, name] = key.split("/")
  const answer = { service: { namespace, name }, localEndpoints, serviceProxyHealthy: true }
  return JSON.stringify(answer, undefined, "\t")
}
