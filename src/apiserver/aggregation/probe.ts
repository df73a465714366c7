import type { APIService } from "../../api/apiregistration/v1/api-service.ts"
import { hostPort } from "../../machinery/net/host-port.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import type { Clock } from "../../platform/clock.ts"
import type { UserInfo } from "../call.ts"
import type { ExtensionServer } from "./extension-server.ts"

/** It may always ask. */
export const AGGREGATOR: UserInfo = {
  name: "system:kube-aggregator",
  groups: ["system:masters"],
  extra: new Map(),
}

/** Several at once, since each may reach another endpoint. The figures are Kubernetes'. */
const ATTEMPTS = 5
const TIMEOUT_MS = 5000

/** Asks a server for what every server must have. Undefined when one of several attempts succeeded; otherwise why not. */
export async function probe(
  { metadata, spec }: Pick<APIService, "metadata" | "spec">,
  server: ExtensionServer,
  clock: Clock,
): Promise<string | undefined> {
  const { group = "", version = "" } = spec
  const path = metadata.name === "v1." ? `/api/${version}` : `/apis/${group}/${version}`
  const attempts = Array.from({ length: ATTEMPTS }, () => attempt(path, server, clock))
  try {
    await Promise.any(attempts)
    return undefined
  } catch (error) {
    const [first] = error instanceof AggregateError ? (error.errors as unknown[]) : [error]
    return messageOf(first)
  }
}

async function attempt(path: string, server: ExtensionServer, clock: Clock): Promise<void> {
  const url = `https://${hostPort(server.address())}${path}`
  const abort = new AbortController()
  const timer = clock.after(TIMEOUT_MS, () => abort.abort(new Error(TIMED_OUT)))
  try {
    const outgoing = { method: "GET", headers: {}, signal: abort.signal }
    const reply = await server.request(path, AGGREGATOR, outgoing)
    const { statusCode: code = 0 } = reply.response
    if (reply.type === "switched") reply.socket.destroy()
    else reply.response.resume()
    if (code < 200 || code > 299) throw new BadStatus(`bad status from ${url}: ${code}`)
  } catch (error) {
    const text = messageOf(error)
    const why = error instanceof BadStatus ? text : `Get "${url}": ${text}`
    throw new Error(`failing or missing response from ${url}: ${why}`, { cause: error })
  } finally {
    timer.cancel()
  }
}

const TIMED_OUT = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"

class BadStatus extends Error {}
