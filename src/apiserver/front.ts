import { internalError, notAuthorized, unsupportedMediaType } from "../machinery/status/errors.ts"
import { StatusError } from "../machinery/status/status-error.ts"
import type { Platform } from "../platform/platform.ts"
import type { Audit } from "./audit/audit.ts"
import { audited } from "./audit/audit-call.ts"
import { auditExchange, describe } from "./audit/audit-exchange.ts"
import type { AuditRecord } from "./audit/record.ts"
import { ANONYMOUS } from "./authentication/authenticator.ts"
import type { Impersonate } from "./authentication/impersonation/impersonation.ts"
import type { ApiCall, Authorizer, CallBody, CallHandler, RequestInfo, UserInfo } from "./call.ts"
import type { FlowControl, FlowRequest, Passage } from "./flow-control/flow-control.ts"
import type { RequestMetrics } from "./metrics/request-metrics.ts"
import { CONTENT_TYPE, type Negotiated } from "./negotiation/accept.ts"
import { encodeValue, type ProtobufEncoder } from "./negotiation/encode.ts"
import { lenient, strict } from "./negotiation/form-of-answer.ts"
import { parseRequestInfo } from "./request/request-info.ts"
import { timeoutOf, within } from "./request/timeout.ts"
import { answer } from "./transport/answer.ts"
import { NetworkCall } from "./transport/call-state.ts"
import type { Exchange, ExchangeHandler, ResponseHeaders } from "./transport/exchange.ts"
import { baseHeaders, warningHeaders } from "./transport/headers.ts"

/**
 * A request's way through the server: limits → authentication → audit → impersonation → flow control → authorization →
 * negotiation → body → handler → answer. What is refused on the way becomes a Status in the encoding that the client
 * asked for.
 */
export interface FrontOptions {
  /** Who sent this. Throws a 401. */
  readonly authenticate: (exchange: Exchange) => UserInfo | Promise<UserInfo>
  readonly impersonate: Impersonate
  readonly authorizer: Authorizer
  /** Absent: nothing is recorded. */
  readonly audit?: Audit | undefined
  /** Absent: everything runs at once. */
  readonly flowControl?: FlowControl
  /** Answers resources and all other paths. */
  readonly handler: CallHandler
  /** What other servers answer, such as connections to pods: the body is not read, and passes with the headers. */
  readonly isConnection: (info: RequestInfo) => boolean
  readonly platform: Pick<Platform, "clock" | "random" | "log">
  readonly metrics?: RequestMetrics
  readonly protobuf?: ProtobufEncoder
}

/** As etcd's and Kubernetes' limit for one object. */
export const BODY_BYTES_MAX = 3 << 20

const PLAIN: Negotiated = { encoding: "json" }
const NO_BODY: CallBody = { type: "none" }

export function createFront(options: FrontOptions): ExchangeHandler {
  return (exchange) => {
    new Passing(exchange, options).serve().catch((error: unknown) => {
      options.platform.log.error("a request could not be refused", { error, target: exchange.target })
      exchange.destroy()
    })
  }
}

/** One request on its way. */
class Passing {
  readonly #exchange: Exchange
  readonly #options: FrontOptions
  readonly #auditId: string
  #negotiated = PLAIN
  #call: NetworkCall | undefined
  #record: AuditRecord | undefined
  #passage: Passage | undefined
  #hasLeft = false

  constructor(exchange: Exchange, options: FrontOptions) {
    this.#exchange = exchange
    this.#options = options
    this.#auditId = auditIdOf(exchange) ?? options.platform.random.uuid()
  }

  async serve(): Promise<void> {
    const { clock } = this.#options.platform
    const startedMs = clock.monotonicMs()
    const { target, method } = this.#exchange
    let info: RequestInfo | undefined
    let code = 0
    try {
      const mark = target.indexOf("?")
      const query = mark < 0 ? new URLSearchParams() : new URLSearchParams(target.slice(mark + 1))
      info = parseRequestInfo(method, mark < 0 ? target : target.slice(0, mark), query)
      this.#options.metrics?.began(info)
      this.#negotiated = lenient(this.#exchange, query)
      const user = await this.#authenticate(info)
      const isConnection = this.#options.isConnection(info)
      const timeoutMs = isConnection || info.verb === "watch" ? undefined : timeoutOf(query)
      const about = { user, info, query, timeoutMs, signal: () => this.#exchange.signal }
      // As in Kubernetes also for the client's own part: sending the body, and taking the answer.
      code = await within(timeoutMs, this.#pass(about, isConnection), clock)
    } catch (error) {
      if (!this.#exchange.signal.aborted) this.#record?.fails(error)
      code = await refuse(error, this.#exchange, this.#negotiated, this.#headers, this.#options)
    } finally {
      this.#leave()
      this.#record?.ends()
      if (info !== undefined) this.#finished(info, code, clock.monotonicMs() - startedMs)
    }
  }

  async #authenticate(info: RequestInfo): Promise<UserInfo> {
    const { authenticate, impersonate, audit } = this.#options
    const exchange = this.#exchange
    const about = { auditId: this.#auditId, info }
    let sender: UserInfo
    try {
      sender = await authenticate(exchange)
    } catch (error) {
      exchange.identified(false)
      audit?.unauthenticated({ ...about, ...describe(exchange) }, error)
      throw error
    }
    exchange.identified(sender !== ANONYMOUS)
    this.#record = audit && auditExchange(audit, exchange, { ...about, user: sender })
    const acting = await impersonate(exchange, sender, info)
    if (acting === undefined) return sender
    this.#record?.impersonates(acting)
    return acting.user
  }

  /** From the door to the end of the answer, whose code it is. */
  async #pass(about: FlowRequest, isConnection: boolean): Promise<number> {
    const { authorizer, flowControl, handler, platform, metrics, protobuf } = this.#options
    const { user, info, query } = about
    const exchange = this.#exchange
    // Connections stay open for as long as somebody talks over them; they take no places.
    const entering = isConnection ? undefined : flowControl?.enter(about)
    const passage = entering instanceof Promise ? await entering : entering
    this.#passage = passage
    // Its time may have passed on the way in.
    if (this.#hasLeft) passage?.leave?.()
    if (passage?.retryAfterSeconds !== undefined) return refuseCrowd(exchange, passage, this.#headers())
    await checkAuthorized(user, info, authorizer, this.#record)
    if (info.isResource && !isConnection) this.#negotiated = strict(exchange, info, query)
    const record = this.#record
    const sent = isConnection ? NO_BODY : await bodyOf(exchange, info)
    const body = record?.watch(sent, info) ?? sent
    const call = (this.#call = new NetworkCall(exchange, user, info, query, body, record?.annotations))
    const result = await handler(call)
    // After its time the client has been told otherwise.
    if (!this.#hasLeft) record?.answers(result)
    // What a watch costs is its beginning.
    if (result.type === "watch") this.#leave()
    return answer(result, {
      exchange,
      negotiated: this.#negotiated,
      query,
      headers: this.#headers,
      nowMs: platform.clock.nowMs,
      ...(protobuf && { protobuf }),
      ...(metrics && { watchEvents: metrics.watchEvents }),
    })
  }

  readonly #headers = (): ResponseHeaders => {
    const warnings = this.#call === undefined ? [] : warningHeaders(this.#call.warnings)
    return {
      ...baseHeaders(this.#auditId),
      ...passageHeaders(this.#passage),
      ...(warnings.length > 0 && { warning: warnings }),
    }
  }

  #leave(): void {
    if (!this.#hasLeft) this.#passage?.leave?.()
    this.#hasLeft = true
  }

  #finished(about: RequestInfo, code: number, tookMs: number): void {
    const { metrics, platform } = this.#options
    metrics?.ended(about, code, tookMs)
    const call = this.#call
    platform.log.debug("request", {
      verb: about.verb,
      path: this.#exchange.target,
      code,
      ...(call && { user: call.user.name }),
      ...(call && call.annotations.size > 0 && { annotations: Object.fromEntries(call.annotations) }),
    })
  }
}

/** Which rule of flow control a request fell under: by uid, since names would tell outsiders too much. */
function passageHeaders(passage: Passage | undefined): ResponseHeaders {
  if (passage === undefined) return {}
  return {
    "x-kubernetes-pf-flowschema-uid": passage.schemaUid,
    "x-kubernetes-pf-prioritylevel-uid": passage.levelUid,
  }
}

/** In plain text, as Kubernetes does: nothing more is spent on it. */
function refuseCrowd(exchange: Exchange, { retryAfterSeconds = 1 }: Passage, headers: ResponseHeaders): number {
  exchange.respond(
    429,
    {
      ...headers,
      "content-type": "text/plain; charset=utf-8",
      "x-content-type-options": "nosniff",
      "retry-after": String(retryAfterSeconds),
    },
    Buffer.from("Too many requests, please try again later.\n"),
  )
  return 429
}

/** The client's own id, when it is a plausible one. */
function auditIdOf(exchange: Exchange): string | undefined {
  const sent = exchange.headers["audit-id"]
  return typeof sent === "string" && /^[\w.:-]{1,64}$/.test(sent) ? sent : undefined
}

/** Throws Kubernetes' 403 unless the user may. */
async function checkAuthorized(
  user: UserInfo,
  info: RequestInfo,
  authorizer: Authorizer,
  record: AuditRecord | undefined,
): Promise<void> {
  const decision = await authorizer.authorize(user, info)
  record?.annotate("authorization.k8s.io/decision", decision.allowed ? "allow" : "forbid")
  record?.annotate("authorization.k8s.io/reason", decision.reason ?? "")
  if (decision.allowed) return
  if (decision.error) {
    throw internalError(new Error(`Internal Server Error: ${JSON.stringify(info.path)}: ${decision.error}`))
  }
  const { verb, path, group, resource, subresource, namespace, name } = info
  const target = info.isResource ? { group, resource, subresource, namespace, name } : { path }
  throw notAuthorized({ user: user.name, verb, ...target }, decision.reason)
}

const BODY_TYPES: readonly string[] = [CONTENT_TYPE.json, CONTENT_TYPE.yaml, CONTENT_TYPE.protobuf]

async function bodyOf(exchange: Exchange, info: RequestInfo): Promise<CallBody> {
  const { method } = exchange
  if (method === "GET" || method === "HEAD") return NO_BODY
  const bytes = await exchange.readBody(BODY_BYTES_MAX)
  const header = exchange.headers["content-type"] ?? ""
  const contentType = header === "" ? CONTENT_TYPE.json : (header.split(";", 1)[0] ?? "").trim().toLowerCase()
  if (bytes.length === 0 && method === "DELETE") return NO_BODY
  // Patches have media types of their own, which their handler knows.
  if (info.isResource && method !== "PATCH" && !BODY_TYPES.includes(contentType)) throw unsupportedMediaType(BODY_TYPES)
  return { type: "bytes", bytes, contentType }
}

async function refuse(
  error: unknown,
  exchange: Exchange,
  negotiated: Negotiated,
  headers: () => ResponseHeaders,
  { platform, protobuf }: FrontOptions,
): Promise<number> {
  const status = asStatusError(error)
  // Whatever breaks after the client went away is a consequence of that.
  const isOurs = !(error instanceof StatusError) && !exchange.signal.aborted
  if (isOurs) platform.log.error("a request failed", { error, target: exchange.target })
  if (exchange.answered) {
    // The answer has begun; only breaking it off tells the client that it is incomplete.
    exchange.destroy()
    return status.code
  }
  const { encoding, pretty } = negotiated
  const known = encoding === "protobuf" && protobuf === undefined ? "json" : encoding
  const body = await encodeValue(status.toStatus(), known, { ...(pretty && { pretty }), ...(protobuf && { protobuf }) })
  const retry = status.details?.retryAfterSeconds
  exchange.respond(
    status.code,
    { ...headers(), "content-type": CONTENT_TYPE[known], ...(retry ? { "retry-after": String(retry) } : {}) },
    body,
  )
  return status.code
}

function asStatusError(error: unknown): StatusError {
  if (error instanceof StatusError) return error
  return internalError(error)
}

/** The handler for callers that enter without a connection: what they may, and what is recorded, is the same. */
export function authorized({
  authorizer,
  audit,
  platform,
  handler,
}: Pick<FrontOptions, "authorizer" | "audit" | "platform" | "handler">): CallHandler {
  const check = async (call: ApiCall, record: AuditRecord | undefined) => {
    await checkAuthorized(call.user, call.info, authorizer, record)
    return handler(call)
  }
  return audit === undefined ? (call) => check(call, undefined) : audited(audit, platform.random, check)
}
