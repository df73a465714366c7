import { type Agent, request as httpsRequest, type RequestOptions } from "node:https"
import { isIP } from "node:net"
import { decodeUtf8, parseJson } from "../../machinery/json/parse.ts"
import { JsonSyntaxError } from "../../machinery/json/syntax-error.ts"
import { wordsOf } from "../../machinery/net/connection-words.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import type { Clock } from "../../platform/clock.ts"
import { createVerifiedAgent } from "../transport/verified-agent.ts"
import { WebhookCallError } from "./call-error.ts"
import { type Reply, readReply } from "./reply.ts"
import { type Address, type Destination, destinationOf, type ServiceResolver, type WebhookTarget } from "./target.ts"

/** Calls webhooks: admission, conversion, token review, authorization. */
export interface WebhookClient {
  /**
   * Posts `body` as JSON and resolves with the JSON of the answer. Redirects are not followed. A server that asks for
   * it (`Retry-After` with 429 or 5xx) is called again while time remains. Throws `WebhookCallError`.
   */
  post(target: WebhookTarget, body: unknown, options: WebhookCallOptions): Promise<unknown>
  /** The same for those whose answer says nothing but that they have understood. `json` is the body. */
  tell(target: WebhookTarget, json: string, options: WebhookCallOptions): Promise<void>
  /** Ends all calls and connections. */
  close(): void
}

export interface WebhookCallOptions {
  /** For the call as a whole, connecting and retries included. The webhook is told, in full seconds. */
  readonly timeoutMs: number
  /** Aborts when nobody wants the answer any more. */
  readonly signal?: AbortSignal
  /** A larger answer is not read. Default: 16 MiB. */
  readonly responseBytesMax?: number
}

export interface WebhookClientOptions {
  readonly clock: Clock
  readonly resolve: ServiceResolver
  /** Default: what kube-apiserver calls itself towards admission webhooks. */
  readonly userAgent?: string
}

const RESPONSE_BYTES_MAX = 16 << 20
/** Configurations whose connections are kept, as kube-apiserver. */
const AGENTS_MAX = 200
/** As client-go: more often than this the server does not mean it. */
const RETRIES_MAX = 10

export function createWebhookClient(options: WebhookClientOptions): WebhookClient {
  const agents = new Map<string, Agent>()

  /** Connections are shared by calls that trust the same CA and show the same identity. */
  function agentOf(target: WebhookTarget): Agent {
    const { caBundle = "", identity = {}, insecure = false } = target
    const key = JSON.stringify([caBundle, identity.cert, identity.key, insecure])
    const known = agents.get(key)
    agents.delete(key)
    const agent = known ?? newAgent(target)
    agents.set(key, agent)
    for (const [oldest, idle] of agents) {
      if (agents.size <= AGENTS_MAX) break
      agents.delete(oldest)
      idle.destroy()
    }
    return agent
  }

  async function exchange(target: WebhookTarget, json: string, call: WebhookCallOptions): Promise<Reply> {
    const { clock } = options
    const destination = destinationOf(target)
    destination.url.searchParams.set("timeout", durationText(call.timeoutMs))
    const agent = agentOf(target)
    const payload = Buffer.from(json)
    const deadlineMs = clock.monotonicMs() + call.timeoutMs
    for (let attempt = 0; ; attempt++) {
      const address = await addressOf(destination, options.resolve)
      const leftMs = deadlineMs - clock.monotonicMs()
      const to = requestOptions(destination, address, agent, target, options.userAgent)
      const reply = await clock.outside(send(to, payload, { ...call, url: shown(destination), leftMs, clock }))
      const { retryAfterSeconds } = reply
      if (retryAfterSeconds === undefined || attempt >= RETRIES_MAX) return accepted(reply)
      await pause(retryAfterSeconds * 1000, deadlineMs, call.signal, clock, shown(destination))
    }
  }

  return {
    post: async (target, body, call) => valueOf(await exchange(target, JSON.stringify(body), call)),
    tell: async (target, json, call) => void (await exchange(target, json, call)),
    close: () => {
      for (const agent of agents.values()) agent.destroy()
      agents.clear()
    },
  }
}

function newAgent({ caBundle, identity, insecure }: WebhookTarget): Agent {
  try {
    return createVerifiedAgent({ caBundle, insecure, cert: identity?.cert, key: identity?.key })
  } catch (error) {
    throw new WebhookCallError(messageOf(error), {
      isConfiguration: true,
      cause: error,
    })
  }
}

/** As Go prints a duration of full seconds. */
function durationText(ms: number): string {
  const seconds = Math.ceil(ms / 1000)
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`
}

const shown = ({ url, authority }: Destination) => `https://${authority}${url.pathname}${url.search}`

async function addressOf(destination: Destination, resolve: ServiceResolver): Promise<Address> {
  const { url, service, host } = destination
  const port = url.port === "" ? 443 : Number(url.port)
  if (service === undefined) return { host, port }
  try {
    return await resolve(service.namespace, service.name, port)
  } catch (error) {
    throw new WebhookCallError(`Post ${JSON.stringify(shown(destination))}: ${wordsOf(error)}`, { cause: error })
  }
}

function requestOptions(
  { url, authority, serverName }: Destination,
  { host, port }: Address,
  agent: Agent,
  { identity }: WebhookTarget,
  userAgent = "kube-apiserver-admission",
): RequestOptions {
  return {
    agent,
    host,
    port,
    method: "POST",
    path: url.pathname + url.search,
    // An address is not allowed as a server name in TLS.
    servername: isIP(serverName) !== 0 ? "" : serverName,
    headers: {
      host: authority,
      accept: "application/json, */*",
      "content-type": "application/json",
      "user-agent": userAgent,
      ...(identity?.token !== undefined && { authorization: `Bearer ${identity.token}` }),
    },
  }
}

interface Sending extends WebhookCallOptions {
  readonly url: string
  readonly leftMs: number
  readonly clock: Clock
}

function send(options: RequestOptions, payload: Buffer, sending: Sending): Promise<Reply> {
  const { url, leftMs, clock, signal, responseBytesMax = RESPONSE_BYTES_MAX } = sending
  const failed = (why: string, more: { canceled?: boolean; cause?: unknown } = {}) =>
    new WebhookCallError(`Post ${JSON.stringify(url)}: ${why}`, more)
  return new Promise((resolve, reject) => {
    const startedMs = clock.monotonicMs()
    const outgoing = httpsRequest({ ...options, headers: { ...options.headers, "content-length": payload.length } })
    let given = false
    const give = (error: WebhookCallError) => {
      given = true
      reject(error)
      outgoing.destroy()
    }
    const cancel = () => give(failed("context canceled", { canceled: true }))
    const timer = clock.after(Math.max(0, leftMs), () => give(failed("context deadline exceeded")))
    outgoing.on("error", (error) => {
      // The server closed an idle connection just when it was used again: it has seen nothing of this.
      const unseen = outgoing.reusedSocket && (error as NodeJS.ErrnoException).code === "ECONNRESET" && !given
      if (!unseen) return reject(failed(wordsOf(error), { cause: error }))
      resolve(send(options, payload, { ...sending, leftMs: leftMs - (clock.monotonicMs() - startedMs) }))
    })
    outgoing.once("response", (response) => {
      readReply(response, responseBytesMax).then(
        // Only now the connection is free for the next call.
        (reply) => (outgoing.closed ? resolve(reply) : outgoing.once("close", () => resolve(reply))),
        (error: unknown) => {
          outgoing.destroy()
          reject(error instanceof WebhookCallError ? error : failed(wordsOf(error), { cause: error }))
        },
      )
    })
    outgoing.once("close", () => {
      timer.cancel()
      signal?.removeEventListener("abort", cancel)
    })
    if (signal?.aborted) return cancel()
    signal?.addEventListener("abort", cancel, { once: true })
    outgoing.end(payload)
  })
}

async function pause(ms: number, deadlineMs: number, signal: AbortSignal | undefined, clock: Clock, url: string) {
  const leftMs = deadlineMs - clock.monotonicMs()
  await clock.sleep(Math.min(ms, Math.max(0, leftMs)), signal).catch(() => undefined)
  const why = signal?.aborted
    ? "context canceled"
    : clock.monotonicMs() >= deadlineMs
      ? "context deadline exceeded"
      : ""
  if (why === "") return
  throw new WebhookCallError(`Post ${JSON.stringify(url)}: ${why}`, { canceled: signal?.aborted === true })
}

function accepted(reply: Reply): Reply {
  const { refusal } = reply
  if (refusal !== undefined) throw new WebhookCallError(refusal.message, { status: refusal })
  return reply
}

function valueOf({ code, contentType, body }: Reply): unknown {
  if (body.length === 0) {
    throw new WebhookCallError(`0-length response with status code: ${code} and content type: ${contentType}`)
  }
  try {
    return parseJson(decodeUtf8(body)).value
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error
    throw new WebhookCallError(`couldn't get version/kind; json parse error: ${error.message}`, { cause: error })
  }
}
