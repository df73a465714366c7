import { Node } from "../../api/core/v1/node.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import { type FieldError, forbidden, invalid as invalidValue, notSupported } from "../../machinery/field/error.ts"
import { badRequest, invalid, notFound } from "../../machinery/status/errors.ts"
import type { ObjectReader } from "../admission/plugin.ts"
import type { RequestInfo } from "../call.ts"

/** Where a kubelet serves what was asked of a pod. */
export interface KubeletLocation {
  readonly host: string
  readonly port: number
  /** Path and query. */
  readonly target: string
}

const KUBELET_PORT_DEFAULT = 10_250

/**
 * Throws a 404 or 400 when there is no such pod, container or node, or the options are wrong. Undefined while the pod has
 * no node.
 */
export async function kubeletLocation(
  info: RequestInfo,
  query: URLSearchParams,
  reader: ObjectReader,
): Promise<KubeletLocation | undefined> {
  const { namespace, name, subresource } = info
  const options = subresource === "log" ? logQuery(name, query) : undefined
  const pod = await reader.getFresh(Pod, namespace, name)
  if (pod === undefined) throw notFound({ group: "", resource: "pods" }, name)
  const target = targetOf(pod, subresource, query, options)
  const { nodeName } = pod.spec
  return nodeName ? { ...kubeletAddress(nodeName, reader), target } : undefined
}

export function kubeletAddress(
  nodeName: string,
  reader: Pick<ObjectReader, "get">,
): { readonly host: string; readonly port: number } {
  const node = reader.get(Node, "", nodeName)
  if (node === undefined) throw notFound({ group: "", resource: "nodes" }, nodeName)
  const { addresses = [], daemonEndpoints } = node.status
  const preferred = ["InternalIP", "Hostname", "InternalDNS", "ExternalDNS", "ExternalIP"]
  const host = preferred.flatMap((type) => addresses.find((address) => address.type === type)?.address ?? [])[0]
  if (host === undefined) throw badRequest(`no preferred addresses found; known addresses: [] of node ${nodeName}`)
  return { host, port: daemonEndpoints?.kubeletEndpoint?.Port || KUBELET_PORT_DEFAULT }
}

function targetOf(pod: Pod, subresource: string, query: URLSearchParams, log = new URLSearchParams()): string {
  const { namespace, name } = pod.metadata
  const place = [namespace, name].map(encodeURIComponent).join("/")
  switch (subresource) {
    case "log":
      return `/containerLogs/${place}/${encodeURIComponent(containerOf(pod, query))}?${log}`
    case "exec":
    case "attach":
      return `/${subresource}/${place}/${encodeURIComponent(containerOf(pod, query))}?${streamQuery(subresource, query)}`
    default: {
      const ports = query.getAll("ports")
      return `/portForward/${place}${ports.length > 0 ? `?${new URLSearchParams({ port: ports.join(",") })}` : ""}`
    }
  }
}

/** The container that is meant. With several, the client has to say which. */
export function containerOf(pod: Pod, query: URLSearchParams): string {
  const { containers, initContainers = [], ephemeralContainers = [] } = pod.spec
  const { name } = pod.metadata
  const asked = query.get("container") ?? ""
  const all = [...initContainers, ...containers, ...ephemeralContainers].map((container) => container.name)
  if (asked !== "") {
    if (all.includes(asked)) return asked
    throw badRequest(`container ${asked} is not valid for pod ${name}`)
  }
  const [only, ...others] = containers
  if (only === undefined) throw badRequest(`a container name must be specified for pod ${name}`)
  if (others.length === 0) return only.name
  throw badRequest(`a container name must be specified for pod ${name}, choose one of: [${all.join(" ")}]`)
}

/** Query parameters are true unless they are absent, `false` or `0`. */
function isTrue(query: URLSearchParams, name: string): boolean {
  const value = query.get(name)
  return value === null ? false : value !== "0" && value.toLowerCase() !== "false"
}

function streamQuery(subresource: string, query: URLSearchParams): URLSearchParams {
  const target = new URLSearchParams()
  if (isTrue(query, "stdin")) target.set("input", "1")
  if (isTrue(query, "stdout")) target.set("output", "1")
  if (isTrue(query, "stderr")) target.set("error", "1")
  if (isTrue(query, "tty")) target.set("tty", "1")
  if (subresource === "exec") for (const part of query.getAll("command")) target.append("command", part)
  return target
}

const LOG_STREAMS = ["All", "Stderr", "Stdout"]

/** Checks and passes on the options of a log request. https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#get-read-log-of-the-specified-pod */
function logQuery(pod: string, query: URLSearchParams): URLSearchParams {
  const target = new URLSearchParams()
  const errors: FieldError[] = []
  for (const flag of ["follow", "previous", "timestamps"]) if (isTrue(query, flag)) target.set(flag, "true")
  const number = (name: string, least: number, wrong: string) => {
    const text = query.get(name)
    if (text === null || text === "") return
    if (!/^-?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`)
    if (Number(text) < least) errors.push(invalidValue(name, Number(text), wrong))
    target.set(name, text)
  }
  number("tailLines", 0, "must be greater than or equal to 0")
  number("limitBytes", 1, "must be greater than 0")
  const sinceTime = query.get("sinceTime") ?? ""
  if (sinceTime !== "" && query.has("sinceSeconds")) {
    errors.push(forbidden("", "at most one of `sinceTime` or `sinceSeconds` may be specified"))
  } else number("sinceSeconds", 1, "must be greater than 0")
  if (sinceTime !== "") target.set("sinceTime", sinceTime)
  const stream = query.get("stream") ?? ""
  if (stream !== "" && !LOG_STREAMS.includes(stream)) errors.push(notSupported("stream", stream, LOG_STREAMS))
  if (stream !== "" && stream !== "All" && target.has("tailLines")) {
    errors.push(forbidden("", "`tailLines` and specific `stream` are mutually exclusive for now"))
  }
  if (stream !== "") target.set("stream", stream)
  if (errors.length > 0) throw invalid({ group: "", kind: "PodLogOptions" }, pod, errors)
  return target
}
