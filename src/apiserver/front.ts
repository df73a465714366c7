import { internalError, notAuthorized, unsupportedMediaType } from "../machinery/status/errors.ts"
import { StatusError } from "../machinery/status/status-error.ts"
import type { Platform } from "../platform/platform.ts"
import type { Audit } from "./audit/audit.ts"
import { audited } from "./audit/audit-call.ts"
import { auditExchange, describe } from "./audit/audit-exchange.ts"
import type { AuditRecord } from "./audit/record.ts"
import type { ApiCall, Authorizer, CallBody, CallHandler, RequestInfo, UserInfo } from "./call.ts"
import type { FlowControl, Passage } from "./flow-control/flow-control.ts"
import type { RequestMetrics } from "./metrics/request-metrics.ts"
import { CONTENT_TYPE, type Negotiated, negotiate, type Offer, wantsPretty } from "./negotiation/accept.ts"
import { encodeValue, type ProtobufEncoder } from "./negotiation/encode.ts"
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
  /** Whom the sender wants to act as; the sender itself without impersonation headers. Throws a 403. */
  readonly impersonate: (exchange: Exchange, user: UserInfo) => UserInfo | Promise<UserInfo>
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
    void serve(exchange, options)
  }
}

async function serve(exchange: Exchange, options: FrontOptions): Promise<void> {
  const { clock, random } = options.platform
  const { audit } = options
  const startedMs = clock.monotonicMs()
  const auditId = auditIdOf(exchange) ?? random.uuid()
  let negotiated = PLAIN
  let info: RequestInfo | undefined
  let call: NetworkCall | undefined
  let record: AuditRecord | undefined
  let isKnown = false
  let passage: Passage | undefined
  let code = 0
  const headers = () => {
    const warnings = call === undefined ? [] : warningHeaders(call.warnings)
    return { ...baseHeaders(auditId), ...passageHeaders(passage), ...(warnings.length > 0 && { warning: warnings }) }
  }
  let inside = true
  const leave = (): void => {
    if (inside) passage?.leave?.()
    inside = false
  }
  try {
    const { target } = exchange
    const mark = target.indexOf("?")
    const query = mark < 0 ? new URLSearchParams() : new URLSearchParams(target.slice(mark + 1))
    info = parseRequestInfo(exchange.method, mark < 0 ? target : target.slice(0, mark), query)
    options.metrics?.began(info)
    negotiated = lenient(exchange, query)
    const sender = await options.authenticate(exchange)
    isKnown = true
    record = audit && auditExchange(audit, exchange, { auditId, info, user: sender })
    const user = await options.impersonate(exchange, sender)
    if (user !== sender) record?.impersonates(user)
    const isConnection = options.isConnection(info)
    const timeoutMs = isConnection || info.verb === "watch" ? undefined : timeoutOf(query)
    // Connections stay open for as long as somebody talks over them; they take no places.
    const signal = () => exchange.signal
    const entering = isConnection ? undefined : options.flowControl?.enter({ user, info, query, timeoutMs, signal })
    passage = entering instanceof Promise ? await entering : entering
    if (passage?.retryAfterSeconds !== undefined) {
      code = refuseCrowd(exchange, passage, headers())
      return
    }
    await checkAuthorized(user, info, options.authorizer, record)
    if (info.isResource && !isConnection) negotiated = strict(exchange, info, query)
    const sent = isConnection ? NO_BODY : await bodyOf(exchange, info)
    const body = record?.watch(sent, info) ?? sent
    call = new NetworkCall(exchange, user, info, query, body, record?.annotations)
    const result = await within(timeoutMs, options.handler(call), clock)
    record?.answers(result)
    // What a watch costs is its beginning.
    if (result.type === "watch") leave()
    const { metrics, protobuf } = options
    code = await answer(result, {
      exchange,
      negotiated,
      query,
      headers,
      nowMs: clock.nowMs,
      ...(protobuf && { protobuf }),
      ...(metrics && { watchEvents: metrics.watchEvents }),
    })
  } catch (error) {
    if (info !== undefined && !isKnown) audit?.unauthenticated({ auditId, info, ...describe(exchange) }, error)
    if (record !== undefined && !exchange.signal.aborted) record.fails(error)
    code = await refuse(error, exchange, negotiated, headers, options)
  } finally {
    leave()
    record?.ends()
    if (info !== undefined) {
      options.metrics?.ended(info, code, clock.monotonicMs() - startedMs)
      report(exchange, info, code, call, options)
    }
  }
}

function report(
  { target: path }: Exchange,
  { verb }: RequestInfo,
  code: number,
  call: NetworkCall | undefined,
  { platform }: FrontOptions,
): void {
  platform.log.debug("request", {
    verb,
    path,
    code,
    ...(call && { user: call.user.name }),
    ...(call && call.annotations.size > 0 && { annotations: Object.fromEntries(call.annotations) }),
  })
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

const ANY_TRANSFORM: Offer = {
  transforms: ["Table", "PartialObjectMetadata", "PartialObjectMetadataList"],
  watch: false,
}
const LIST_OFFER: Offer = { transforms: ["Table", "PartialObjectMetadataList"], watch: false }
const WATCH_OFFER: Offer = { transforms: ["Table", "PartialObjectMetadata"], watch: true }
const OBJECT_OFFER: Offer = { transforms: ["Table", "PartialObjectMetadata"], watch: false }

/** The form for errors and documents: whatever the client accepts, JSON when that cannot be told. */
function lenient(exchange: Exchange, query: URLSearchParams): Negotiated {
  const pretty = wantsPretty(query, exchange.headers["user-agent"] ?? "") && { pretty: true }
  try {
    const { encoding, otherwise } = negotiate(exchange.headers.accept, ANY_TRANSFORM)
    return { encoding, ...(otherwise && { otherwise }), ...pretty }
  } catch (error) {
    if (error instanceof StatusError) return { ...PLAIN, ...pretty }
    throw error
  }
}

function strict(exchange: Exchange, info: RequestInfo, query: URLSearchParams): Negotiated {
  const offer = info.verb === "watch" ? WATCH_OFFER : info.verb === "list" ? LIST_OFFER : OBJECT_OFFER
  const negotiated = negotiate(exchange.headers.accept, offer)
  return wantsPretty(query, exchange.headers["user-agent"] ?? "") ? { ...negotiated, pretty: true } : negotiated
}

const BODY_TYPES: readonly string[] = [CONTENT_TYPE.json, CONTENT_TYPE.yaml, CONTENT_TYPE.protobuf]

async function bodyOf(exchange: Exchange, info: RequestInfo): Promise<CallBody> {
  const { method } = exchange
  if (method === "GET" || method === "HEAD") return NO_BODY
  const bytes = await exchange.readBody(BODY_BYTES_MAX)
  const sent = (exchange.headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? ""
  const contentType = sent === "" ? CONTENT_TYPE.json : sent
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
