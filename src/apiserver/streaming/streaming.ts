import { text } from "node:stream/consumers"
import { Node } from "../../api/core/v1/node.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import { Service } from "../../api/core/v1/service.ts"
import { hostPort } from "../../machinery/net/host-port.ts"
import type { AnyResource } from "../../machinery/schema/resource.ts"
import { badRequest, internalError } from "../../machinery/status/errors.ts"
import { StatusError } from "../../machinery/status/status-error.ts"
import type { Clock } from "../../platform/clock.ts"
import type { Random } from "../../platform/random.ts"
import { askedBy } from "../admission/asked-by.ts"
import type { AdmissionChain } from "../admission/chain.ts"
import type { AdmissionRequest, ObjectReader } from "../admission/plugin.ts"
import type { ApiCall, ApiResult, CallHandler } from "../call.ts"
import { connectOptions } from "./connect-options.ts"
import { forward, passThrough } from "./forward.ts"
import { kubeletAddress, kubeletLocation } from "./kubelet-location.ts"
import { sendAsMessages, wantsWebSocket } from "./log-socket.ts"
import type { ProxiedPlace } from "./proxied-url.ts"
import { type ProxyLocation, parseProxyTarget, podLocation, serviceLocation } from "./proxy-location.ts"
import { forwardedHeaders, rewriteLinks } from "./rewrite-links.ts"
import type { Backend } from "./send.ts"

/**
 * Subresources that lead away from this server: a pod's log, exec, attach and portforward go to the kubelet of its node,
 * proxy to the pod, service or node itself. Upgraded connections pass as they are; see docs/adr/0005.
 */
export interface StreamingOptions {
  readonly reader: ObjectReader
  /** Asked before a connection is made. Absent: nobody is. */
  readonly admission?: AdmissionChain
  readonly random: Pick<Random, "int">
  readonly clock: Pick<Clock, "after">
  /** The CA of kubelets, and the certificate that this server shows them; PEM. Asked for each connection. */
  readonly kubelet: () => { readonly ca: string; readonly cert: string; readonly key: string }
}

export function createStreamingHandler(options: StreamingOptions): CallHandler {
  return async (call) => {
    const { resource, subresource, verb } = call.info
    await admitConnection(call, options)
    if (subresource === "proxy" || verb === "proxy") return proxy(call, resource, options)
    return subresource === "log" ? log(call, options) : connect(call, options)
  }
}

async function admitConnection(call: ApiCall, { admission }: StreamingOptions): Promise<void> {
  const { info } = call
  const connect = connectOptions(call)
  const resource = CONNECTED.get(info.resource)
  if (admission === undefined || connect === undefined || resource === undefined) return
  const request: AdmissionRequest = {
    operation: "CONNECT",
    resource,
    subresource: info.subresource,
    namespace: info.namespace,
    name: info.name,
    dryRun: false,
    ...connect,
    old: undefined,
    ...askedBy(call),
  }
  await admission.mutate(request)
  await admission.validate(request)
}

const CONNECTED: ReadonlyMap<string, AnyResource> = new Map([Pod, Service, Node].map((each) => [each.plural, each]))

async function log(call: ApiCall, { reader, kubelet, clock }: StreamingOptions): Promise<ApiResult> {
  if (call.info.verb !== "get") throw methodNotAllowed()
  const location = await kubeletLocation(call.info, call.query, reader)
  // A pod without a node has written nothing yet.
  if (location === undefined) return { type: "raw", code: 204, headers: {}, body: new Uint8Array(0) }
  const insecure = call.query.get("insecureSkipTLSVerifyBackend") === "true"
  const tls = insecure ? { insecure } : kubelet()
  const exchange = exchangeOf(call)
  const result = await forward(exchange, { scheme: "https", ...location, tls, isPlain: true }, clock)
  if (result.type === "taken") return result
  const { response } = result
  const { statusCode: code = 502 } = response
  if (code === 200) {
    if (wantsWebSocket(exchange)) {
      await sendAsMessages(exchange, response)
      return { type: "taken" }
    }
    return { type: "raw", code, headers: { "content-type": "text/plain" }, body: response }
  }
  throw refusalOf(code, await text(response), call)
}

async function connect(call: ApiCall, { reader, kubelet, clock }: StreamingOptions): Promise<ApiResult> {
  if (call.info.verb !== "get" && call.info.verb !== "create") throw methodNotAllowed()
  const exchange = exchangeOf(call)
  const location = await kubeletLocation(call.info, call.query, reader)
  if (location === undefined) throw badRequest(`pod ${call.info.name} does not have a host assigned`)
  if (exchange.upgrade === undefined) throw badRequest("Upgrade request required")
  const result = await forward(exchange, { scheme: "https", ...location, tls: kubelet() }, clock)
  // A refusal passes as it is: clients show the kubelet's own words.
  return result.type === "taken" ? result : passThrough(result.response)
}

async function proxy(call: ApiCall, resource: string, options: StreamingOptions): Promise<ApiResult> {
  const exchange = exchangeOf(call)
  const { target } = exchange
  const mark = target.indexOf("?")
  const query = mark < 0 ? "" : target.slice(mark)
  const own = mark < 0 ? target : target.slice(0, mark)
  const { rest } = call.info
  if (rest === "" && !own.endsWith("/") && (exchange.method === "GET" || exchange.method === "HEAD")) {
    // Relative links of the page would otherwise lead beside it.
    return { type: "raw", code: 301, headers: { location: `${own}/${query}` }, body: new Uint8Array(0) }
  }
  const path = rest === "" ? "/" : encodePath(rest)
  const known = backendOf(call, resource, options)
  const requestHost = String(exchange.headers[":authority"] ?? exchange.headers.host ?? "")
  const place: ProxiedPlace = {
    scheme: "",
    host: "",
    prefix: prefixOf(call.info),
    backendHost: hostPort(known),
    requestHost,
  }
  const headers = {
    ...forwardedHeaders(place, path),
    // A kubelet is told apart from others by its address alone.
    ...(known.tls?.insecure && requestHost !== "" && { host: requestHost }),
  }
  const result = await forward(exchange, { ...known, target: path + query, headers }, options.clock)
  return result.type === "taken" ? result : rewriteLinks(passThrough(result.response), place)
}

/** The path that leads to the root of the server behind. */
function prefixOf({ path, rest }: ApiCall["info"]): string {
  const own = rest === "" ? path.replace(/\/+$/, "") : path.slice(0, path.length - rest.length)
  return encodePath(own)
}

/** What would end a path is part of it here: it has been decoded. */
const encodePath = (path: string): string =>
  encodeURI(path).replace(/[?#&]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)

function backendOf(
  call: ApiCall,
  resource: string,
  { reader, random, kubelet }: StreamingOptions,
): Omit<Backend, "target"> {
  const plain = (location: ProxyLocation) => ({ ...location, tls: { insecure: true, servername: "" } })
  switch (resource) {
    case "pods":
      return plain(podLocation(call.info, reader))
    case "services":
      return plain(serviceLocation(call.info, reader, random))
    default: {
      const target = parseProxyTarget(call.info.name)
      if (target === undefined) throw badRequest(`invalid node request ${JSON.stringify(call.info.name)}`)
      const address = kubeletAddress(target.name, reader)
      if (target.port === "" || Number(target.port) === address.port)
        return { scheme: "https", ...address, tls: kubelet() }
      return plain({ scheme: target.scheme, host: address.host, port: Number(target.port) })
    }
  }
}

/** A kubelet's refusal in the API's form, with the words that kube-apiserver gives it. */
function refusalOf(code: number, body: string, { info }: ApiCall): StatusError {
  const about = `${info.resource}/${info.subresource}`
  if (code === 400) return badRequest(body)
  if (code === 500) return internalError(new Error(body))
  if (code === 404) {
    const message = `the server could not find the requested resource ( ${about} ${info.name})`
    const causes = [{ reason: "UnexpectedServerResponse", message: body }]
    return new StatusError("NotFound", 404, message, { name: info.name, kind: about, causes })
  }
  return new StatusError(code === 403 ? "Forbidden" : code === 503 ? "ServiceUnavailable" : "", code, body)
}

function exchangeOf(call: ApiCall) {
  const exchange = call.connection?.exchange
  if (exchange === undefined) throw badRequest("this subresource needs a connection")
  return exchange
}

function methodNotAllowed(): StatusError {
  return new StatusError("MethodNotAllowed", 405, "the server does not allow this method on the requested resource", {})
}
