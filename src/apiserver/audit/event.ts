import type { StatusDetails } from "../../machinery/status/status-error.ts"
import type { Acting } from "../authentication/impersonation/impersonation.ts"
import type { UserInfo } from "../call.ts"

/** What is recorded of requests. https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/#audit-k8s-io-v1-Event */

/** From nothing to everything. */
export const LEVELS = ["None", "Metadata", "Request", "RequestResponse"] as const
export type Level = (typeof LEVELS)[number]

export const STAGES = ["RequestReceived", "ResponseStarted", "ResponseComplete", "Panic"] as const
export type Stage = (typeof STAGES)[number]

export interface ObjectReference {
  resource: string
  namespace: string
  name: string
  uid: string
  apiGroup: string
  apiVersion: string
  resourceVersion: string
  subresource: string
}

export interface ResponseStatus {
  readonly status?: string
  readonly message?: string
  readonly reason?: string
  readonly details?: StatusDetails
  readonly code?: number
}

/** One stage of one request. */
export interface AuditEvent {
  readonly level: Level
  readonly auditId: string
  readonly stage: Stage
  readonly requestUri: string
  readonly verb: string
  /** Undefined: nobody knows. */
  readonly user: UserInfo | undefined
  /** As whom the user acts. */
  readonly acting: Acting | undefined
  readonly sourceIps: readonly string[]
  readonly userAgent: string
  readonly objectRef: ObjectReference | undefined
  readonly responseStatus: ResponseStatus | undefined
  /** JSON. */
  readonly requestObject: string | undefined
  /** JSON. */
  readonly responseObject: string | undefined
  /** RFC 3339 with microseconds. */
  readonly requestReceivedTimestamp: string
  readonly stageTimestamp: string
  readonly annotations: ReadonlyMap<string, string>
}

const TYPE = '"kind":"Event","apiVersion":"audit.k8s.io/v1",'

/** An event that stands alone, as JSON in one line. `item` is what `formatItem` has made. */
export const formatAlone = (item: string): string => `{${TYPE}${item.slice(1)}`

/** Events as an `EventList` in JSON. */
export const formatList = (items: readonly string[]): string =>
  `{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":[${items.join(",")}]}`

/** An event as it stands in a list: JSON in one line, in Kubernetes' order of fields. */
export function formatItem(event: AuditEvent): string {
  const { requestObject, responseObject, annotations, sourceIps, objectRef, acting, responseStatus } = event
  const parts = [
    field("level", event.level),
    field("auditID", event.auditId),
    field("stage", event.stage),
    field("requestURI", event.requestUri),
    field("verb", event.verb),
    field("user", userOf(event.user)),
    acting && field("impersonatedUser", userOf(acting.user)),
    acting &&
      acting.constraint !== "" &&
      field("authenticationMetadata", { impersonationConstraint: acting.constraint }),
    sourceIps.length > 0 && field("sourceIPs", sourceIps),
    event.userAgent !== "" && field("userAgent", event.userAgent),
    objectRef && field("objectRef", withoutEmpty(objectRef)),
    responseStatus && field("responseStatus", { metadata: {}, ...responseStatus }),
    requestObject !== undefined && `"requestObject":${requestObject}`,
    responseObject !== undefined && `"responseObject":${responseObject}`,
    field("requestReceivedTimestamp", event.requestReceivedTimestamp),
    field("stageTimestamp", event.stageTimestamp),
    annotations.size > 0 && field("annotations", Object.fromEntries([...annotations].toSorted())),
  ]
  return `{${parts.filter((part) => part !== false && part !== undefined).join(",")}}`
}

const field = (key: string, value: unknown): string => `"${key}":${JSON.stringify(value)}`

function userOf(user: UserInfo | undefined): object {
  if (user === undefined) return {}
  const { name, uid, groups, extra } = user
  return {
    ...(name !== "" && { username: name }),
    ...(uid !== undefined && uid !== "" && { uid }),
    ...(groups.length > 0 && { groups }),
    ...(extra.size > 0 && { extra: Object.fromEntries([...extra].toSorted()) }),
  }
}

const withoutEmpty = (reference: ObjectReference): object =>
  Object.fromEntries(Object.entries(reference).filter(([, value]) => value !== ""))
