import { Endpoints } from "../../api/core/v1/endpoints.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import { Service } from "../../api/core/v1/service.ts"
import { badRequest, notFound } from "../../machinery/status/errors.ts"
import { StatusError } from "../../machinery/status/status-error.ts"
import type { Random } from "../../platform/random.ts"
import type { ObjectReader } from "../admission/plugin.ts"
import type { RequestInfo } from "../call.ts"

/** What stands in a proxy path: `name`, `name:port` or `scheme:name:port`. */
interface ProxyTarget {
  readonly scheme: "http" | "https"
  readonly name: string
  readonly port: string
}

export interface ProxyLocation {
  readonly scheme: "http" | "https"
  readonly host: string
  readonly port: number
}

/** Undefined when it is not one of the three forms. */
export function parseProxyTarget(text: string): ProxyTarget | undefined {
  const parts = text.split(":")
  const [first = "", second = "", third = ""] = parts
  if (parts.length === 1) return first === "" ? undefined : { scheme: "http", name: first, port: "" }
  if (parts.length === 2) return first === "" ? undefined : { scheme: "http", name: first, port: second }
  if (parts.length !== 3 || second === "" || (first !== "http" && first !== "https" && first !== "")) return undefined
  return { scheme: first === "https" ? "https" : "http", name: second, port: third }
}

export function podLocation({ namespace, name: text }: RequestInfo, reader: ObjectReader): ProxyLocation {
  const target = parseProxyTarget(text)
  if (target === undefined) throw badRequest(`invalid pod request ${JSON.stringify(text)}`)
  const pod = reader.get(Pod, namespace, target.name)
  if (pod === undefined) throw notFound({ group: "", resource: "pods" }, target.name)
  const declared = pod.spec.containers.flatMap(({ ports = [] }) => ports)[0]?.containerPort
  const host = pod.status.podIP ?? ""
  if (!isProxyable(host)) throw badRequest("address not allowed")
  const port = target.port === "" ? (declared ?? (target.scheme === "https" ? 443 : 80)) : Number(target.port)
  return { scheme: target.scheme, host, port }
}

export function serviceLocation(
  { namespace, name: text }: RequestInfo,
  reader: ObjectReader,
  random: Pick<Random, "int">,
): ProxyLocation {
  const target = parseProxyTarget(text)
  if (target === undefined) throw badRequest(`invalid service request ${JSON.stringify(text)}`)
  const { name } = target
  let portName = target.port
  if (/^\d+$/.test(portName)) {
    const service = reader.get(Service, namespace, name)
    if (service === undefined) throw notFound({ group: "", resource: "services" }, name)
    const found = service.spec.ports?.find(({ port }) => port === Number(portName))
    if (found === undefined) {
      throw unavailable(`no service port ${portName} found for service ${JSON.stringify(name)}`)
    }
    portName = found.name ?? ""
  }
  const endpoints = reader.get(Endpoints, namespace, name)
  if (endpoints === undefined) throw notFound({ group: "", resource: "services" }, name)
  if ((endpoints.subsets ?? []).length === 0) {
    throw unavailable(`no endpoints available for service ${JSON.stringify(name)}`)
  }
  const candidates = (endpoints.subsets ?? []).flatMap(({ addresses = [], ports = [] }) =>
    ports
      .filter((port) => (port.name ?? "") === portName)
      // Only pods: otherwise whoever may write endpoints could reach everything that this server can.
      .flatMap(({ port }) =>
        addresses.filter(({ targetRef }) => targetRef?.kind === "Pod").map(({ ip }) => ({ host: ip, port })),
      ),
  )
  const chosen = candidates[candidates.length === 0 ? 0 : random.int(candidates.length)]
  if (chosen === undefined || !isProxyable(chosen.host)) {
    throw unavailable(`no endpoints available for service ${JSON.stringify(text)}`)
  }
  return { scheme: target.scheme, ...chosen }
}

/** This machine's own and link-local addresses lead to what is not meant for users. */
export function isProxyable(address: string): boolean {
  return /^\d/.test(address)
    ? !/^(0|127|22[4-9]|23\d|2[45]\d)\.|^169\.254\./.test(address)
    : /^[23]|^f[cd]/i.test(address)
}

const unavailable = (message: string) => new StatusError("ServiceUnavailable", 503, message)
