import type { Service } from "../../api/core/v1/service.ts"
import { hostPort } from "../../machinery/net/host-port.ts"

/**
 * The variables by which a container finds the services of its namespace, and the API server.
 * https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
 */
export function serviceEnv(services: readonly Service[], namespace: string, links: boolean): Map<string, string> {
  const byName = new Map<string, Service>()
  for (const service of services) {
    const { name, namespace: of } = service.metadata
    const { clusterIP } = service.spec
    if (!clusterIP || clusterIP === "None") continue
    const isApi = of === "default" && name === "kubernetes"
    if (isApi ? !byName.has(name) : of === namespace && links) byName.set(name, service)
  }
  const env = new Map<string, string>()
  for (const service of byName.values()) addService(env, service)
  return env
}

function addService(env: Map<string, string>, service: Service): void {
  const prefix = variableName(service.metadata.name)
  const { clusterIP = "", ports = [] } = service.spec
  const [first] = ports
  if (first === undefined) return
  env.set(`${prefix}_SERVICE_HOST`, clusterIP)
  env.set(`${prefix}_SERVICE_PORT`, String(first.port))
  for (const { name, port } of ports) if (name) env.set(`${prefix}_SERVICE_PORT_${variableName(name)}`, String(port))
  for (const each of ports) {
    const protocol = (each.protocol ?? "TCP").toLowerCase()
    const url = `${protocol}://${hostPort({ host: clusterIP, port: each.port })}`
    const portPrefix = `${prefix}_PORT_${each.port}_${protocol.toUpperCase()}`
    if (each === first) env.set(`${prefix}_PORT`, url)
    env.set(portPrefix, url)
    env.set(`${portPrefix}_PROTO`, protocol)
    env.set(`${portPrefix}_PORT`, String(each.port))
    env.set(`${portPrefix}_ADDR`, clusterIP)
  }
}

function variableName(name: string): string {
  return name.replaceAll("-", "_").toUpperCase()
}
