import { internalError } from "../../machinery/status/errors.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import { StatusError, type StatusObject } from "../../machinery/status/status-error.ts"
import { formatMicroTime } from "../../machinery/time/timestamp.ts"
import type { Clock } from "../../platform/clock.ts"
import type { Acting } from "../authentication/impersonation/impersonation.ts"
import type { ApiResult, CallBody, RequestInfo, UserInfo } from "../call.ts"
import { CONTENT_TYPE } from "../negotiation/accept.ts"
import { formatItem, type ObjectReference, type ResponseStatus, type Stage } from "./event.ts"
import { isJson, jsonOf, listJson, objectJson, onOneLine } from "./object-json.ts"
import type { Verdict } from "./rules.ts"

/** What is known of a request when it begins. */
export interface AuditedRequest {
  readonly auditId: string
  /** Path and query as received. */
  readonly uri: string
  readonly info: RequestInfo
  /** Undefined: nobody knows. */
  readonly user: UserInfo | undefined
  readonly userAgent: string
  readonly sourceIps: () => readonly string[]
}

/** Takes events, each as JSON of a list's item. */
export type EmitEvent = (item: string) => void

const USER_AGENT_BYTES_MAX = 1024
const LONG_VERBS = new Set(["watch", "proxy"])
const LONG_SUBRESOURCES = new Set(["attach", "exec", "proxy", "log", "portforward"])

/**
 * One request on its way, of which something is recorded:
 *
 *     RequestReceived ──▶ (ResponseStarted, of long ones) ──▶ ResponseComplete, or Panic
 */
export class AuditRecord {
  /** Of the event, such as the reason of a decision. The first value of a key stays. */
  readonly annotations = new Map<string, string>()
  readonly #request: AuditedRequest
  readonly #verdict: Verdict
  readonly #emit: EmitEvent
  readonly #clock: Pick<Clock, "nowMs" | "monotonicMs">
  readonly #sourceIps: readonly string[]
  readonly #receivedMs: number
  readonly #startedMs: number
  readonly #objectRef: ObjectReference | undefined
  readonly isLong: boolean
  #acting: Acting | undefined
  #status: ResponseStatus | undefined
  #isAnswered = false
  #isPanic = false
  #requestObject: string | undefined
  #responseObject: string | undefined

  constructor(request: AuditedRequest, verdict: Verdict, emit: EmitEvent, clock: Pick<Clock, "nowMs" | "monotonicMs">) {
    const { info } = request
    this.#request = request
    this.#verdict = verdict
    this.#emit = emit
    this.#clock = clock
    this.#receivedMs = clock.nowMs()
    this.#startedMs = clock.monotonicMs()
    this.#sourceIps = request.sourceIps()
    this.#objectRef = referenceOf(info)
    this.isLong = info.isResource && (LONG_VERBS.has(info.verb) || LONG_SUBRESOURCES.has(info.subresource))
  }

  received(): void {
    this.#emitStage("RequestReceived", 0)
  }

  impersonates(acting: Acting): void {
    this.#acting = acting
  }

  readonly annotate = (key: string, value: string): void => {
    if (!this.annotations.has(key)) this.annotations.set(key, value)
  }

  /** The body, so that what is read of it becomes known here. */
  watch(body: CallBody, info: RequestInfo): CallBody {
    if (body.type === "none") return body
    if (info.verb !== "patch") return { ...body, seen: (value) => this.#requestObjectIs(value, body) }
    if (this.#records("Request")) {
      const text = body.type === "value" ? jsonOf(body.value, false) : Buffer.from(body.bytes).toString()
      this.#requestObject = isJson(text) ? onOneLine(text) : JSON.stringify(text)
    }
    return body
  }

  #requestObjectIs(value: unknown, body: CallBody): void {
    const { metadata } = (value ?? {}) as { readonly metadata?: Partial<Record<keyof ObjectReference, unknown>> }
    const reference = this.#objectRef
    if (reference !== undefined && typeof metadata === "object" && metadata !== null) {
      for (const key of ["namespace", "name", "uid", "resourceVersion"] as const) {
        const found = metadata[key]
        if (reference[key] === "" && typeof found === "string") reference[key] = found
      }
    }
    if (!this.#records("Request")) return
    const { omitManagedFields } = this.#verdict
    // As it was sent, where that is possible: decoding loses what nobody knows.
    const isOurForm = body.type === "bytes" && body.contentType === CONTENT_TYPE.json && !omitManagedFields
    this.#requestObject = isOurForm ? onOneLine(Buffer.from(body.bytes).toString()) : jsonOf(value, omitManagedFields)
  }

  /** The head of the answer is sent. */
  readonly answering = (code: number): void => {
    if (this.#isAnswered) return
    this.#isAnswered = true
    this.#status = { ...this.#status, code }
    if (this.isLong) this.#emitStage("ResponseStarted")
  }

  /** What is going to be answered. */
  answers(result: ApiResult): void {
    if (result.type === "value" && isStatus(result.value)) this.#statusIs(result.value)
    if (!this.#request.info.isResource || !this.#records("RequestResponse")) return
    const { omitManagedFields } = this.#verdict
    if (result.type === "object") this.#responseObject = objectJson(result.served, omitManagedFields)
    else if (result.type === "list") this.#responseObject = listJson(result, omitManagedFields)
    else if (result.type === "value") this.#responseObject = jsonOf(result.value, omitManagedFields)
  }

  /** Why it is refused. Whatever is no `StatusError` is a bug of ours. */
  fails(error: unknown): void {
    if (error instanceof StatusError) {
      const status = error.toStatus()
      this.#statusIs(status)
      if (this.#records("RequestResponse") && this.#request.info.isResource) {
        this.#responseObject = JSON.stringify(status)
      }
      return
    }
    this.#isPanic = true
    const { reason } = internalError(error)
    const message = `APIServer panic'd: ${messageOf(error)}`
    this.#status = { status: "Failure", message, reason, code: 500 }
  }

  /** Nothing more will be sent. */
  ends(): void {
    if (this.#isPanic) {
      this.#emitStage("Panic")
      return
    }
    if (this.#status === undefined) {
      this.#status = { status: "Success", message: "Connection closed early", code: 200 }
      if (this.isLong) this.#emitStage("ResponseStarted")
    }
    this.#emitStage("ResponseComplete")
  }

  /** Whoever cannot say who it is gets one event, with the answer. */
  unauthenticated(error: StatusError): void {
    this.#statusIs(error.toStatus())
    this.#emitStage("ResponseStarted")
  }

  #statusIs({ status, message, reason, details, code }: StatusObject): void {
    this.#status = {
      status,
      ...(message !== undefined && { message }),
      ...(reason !== undefined && { reason }),
      ...(details !== undefined && { details }),
      code,
    }
  }

  #records(level: "Request" | "RequestResponse"): boolean {
    return this.#verdict.level === "RequestResponse" || this.#verdict.level === level
  }

  #emitStage(stage: Stage, afterMs = this.#clock.monotonicMs() - this.#startedMs): void {
    if (this.#verdict.omitStages.has(stage)) return
    const { auditId, uri, info, user, userAgent } = this.#request
    this.#emit(
      formatItem({
        level: this.#verdict.level,
        auditId,
        stage,
        requestUri: uri,
        verb: info.verb,
        user,
        acting: this.#acting,
        sourceIps: this.#sourceIps,
        userAgent: shortened(userAgent),
        objectRef: this.#objectRef,
        responseStatus: this.#status,
        requestObject: this.#requestObject,
        responseObject: this.#responseObject,
        requestReceivedTimestamp: timestamp(this.#receivedMs),
        stageTimestamp: timestamp(this.#receivedMs + afterMs),
        annotations: this.annotations,
      }),
    )
  }
}

function referenceOf(info: RequestInfo): ObjectReference | undefined {
  if (!info.isResource) return undefined
  const { resource, namespace, name, group, version, subresource } = info
  return { resource, namespace, name, uid: "", apiGroup: group, apiVersion: version, resourceVersion: "", subresource }
}

function timestamp(ms: number): string {
  const micros = Math.round(ms * 1000)
  return formatMicroTime({ seconds: Math.floor(micros / 1e6), nanos: (micros % 1e6) * 1000 })
}

const shortened = (userAgent: string): string =>
  userAgent.length <= USER_AGENT_BYTES_MAX ? userAgent : `${userAgent.slice(0, USER_AGENT_BYTES_MAX)}...TRUNCATED`

function isStatus(value: unknown): value is StatusObject {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "Status" && "status" in value
}
