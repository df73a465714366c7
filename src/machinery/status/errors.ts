import { aggregateMessages, type FieldError, formatFieldError } from "../field/error.ts"
import { quote } from "../field/quote.ts"
import { messageOf } from "./message-of.ts"
import { type StatusCause, StatusError } from "./status-error.ts"

export interface GroupResource {
  readonly group: string
  readonly resource: string
}

export interface GroupKind {
  readonly group: string
  readonly kind: string
}

/** `deployments.apps`, or `pods` for the core group. */
export function formatGroupResource({ group, resource }: GroupResource): string {
  return group === "" ? resource : `${resource}.${group}`
}

export function formatGroupKind({ group, kind }: GroupKind): string {
  return group === "" ? kind : `${kind}.${group}`
}

const about = (of: GroupResource, name?: string) => ({ ...(name ? { name } : {}), group: of.group, kind: of.resource })

export function notFound(of: GroupResource, name: string): StatusError {
  return new StatusError("NotFound", 404, `${formatGroupResource(of)} ${quote(name)} not found`, about(of, name))
}

/** The path itself leads nowhere: no such resource. */
export function pathNotFound(): StatusError {
  return new StatusError("NotFound", 404, "the server could not find the requested resource", {})
}

export function alreadyExists(of: GroupResource, name: string): StatusError {
  const message = `${formatGroupResource(of)} ${quote(name)} already exists`
  return new StatusError("AlreadyExists", 409, message, about(of, name))
}

export function generateNameConflict(of: GroupResource, name: string, retryAfterSeconds: number): StatusError {
  const message = `${formatGroupResource(of)} ${quote(name)} already exists, the server was not able to generate a unique name for the object`
  return new StatusError("AlreadyExists", 409, message, { ...about(of, name), retryAfterSeconds })
}

export const OPTIMISTIC_LOCK_MESSAGE =
  "the object has been modified; please apply your changes to the latest version and try again"

export function conflict(of: GroupResource, name: string, why: string = OPTIMISTIC_LOCK_MESSAGE): StatusError {
  const message = `Operation cannot be fulfilled on ${formatGroupResource(of)} ${quote(name)}: ${why}`
  return new StatusError("Conflict", 409, message, about(of, name))
}

export function applyConflict(causes: readonly StatusCause[], message: string): StatusError {
  return new StatusError("Conflict", 409, message, { causes })
}

/** All that is wrong with one object. `name` may be empty when the object has none yet. */
export function invalid(of: GroupKind, name: string, errors: readonly FieldError[]): StatusError {
  const causes = errors.map(({ type, body, field }) => ({ reason: type, message: body, field }))
  const what = `${formatGroupKind(of)} ${quote(name)} is invalid`
  const message = errors.length === 0 ? what : `${what}: ${aggregateMessages(errors.map(formatFieldError))}`
  return new StatusError("Invalid", 422, message, { ...(name ? { name } : {}), ...of, causes })
}

export const badRequest = (message: string): StatusError => new StatusError("BadRequest", 400, message)
export const unauthorized = (message = "Unauthorized"): StatusError => new StatusError("Unauthorized", 401, message)

export function forbidden(of: GroupResource, name: string, why: string): StatusError {
  const resource = formatGroupResource(of)
  const subject = resource === "" ? "forbidden" : `${resource}${name === "" ? "" : ` ${quote(name)}`} is forbidden`
  return new StatusError("Forbidden", 403, `${subject}: ${why}`, about(of, name))
}

/** What somebody wanted to do; `path` set means it was no resource request. */
export interface DeniedRequest {
  readonly user: string
  readonly verb: string
  readonly path?: string
  readonly group?: string
  readonly resource?: string
  readonly subresource?: string
  readonly namespace?: string
  readonly name?: string
}

/** The authorizer said no. `reason` is its own explanation and may be empty. */
export function notAuthorized(request: DeniedRequest, reason = ""): StatusError {
  const { group = "", resource = "", name = "" } = request
  // The text may be shown by a browser.
  const text = deniedText(request).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;")
  return forbidden({ group, resource }, name, reason === "" ? text : `${text}: ${reason}`)
}

function deniedText(request: DeniedRequest): string {
  const { user, verb, path, group = "", resource = "", subresource = "", namespace = "" } = request
  if (path !== undefined) return `User ${quote(user)} cannot ${verb} path ${quote(path)}`
  const full = subresource === "" ? resource : `${resource}/${subresource}`
  const scope = namespace === "" ? "at the cluster scope" : `in the namespace ${quote(namespace)}`
  return `User ${quote(user)} cannot ${verb} resource ${quote(full)} in API group ${quote(group)} ${scope}`
}

export function methodNotSupported(of: GroupResource, action: string): StatusError {
  const message = `${action} is not supported on resources of kind ${quote(formatGroupResource(of))}`
  return new StatusError("MethodNotAllowed", 405, message, about(of))
}

export function notAcceptable(accepted: readonly string[], target?: string): StatusError {
  const when = target === undefined ? "" : ` when converting to ${target}`
  const message = `only the following media types are accepted${when}: ${accepted.join(", ")}`
  return new StatusError("NotAcceptable", 406, message)
}

/** No media type of the Accept header is known at all: Kubernetes' router refuses before anything looks closer. */
export function notRepresentable(available: readonly string[]): StatusError {
  const message = `406: Not Acceptable\n\nAvailable representations: ${available.join(", ")}`
  return new StatusError("NotAcceptable", 406, message, {})
}

/** The router knows no patch of this media type. */
export function unroutableMediaType(): StatusError {
  return new StatusError("UnsupportedMediaType", 415, "415: Unsupported Media Type", {})
}

export function unsupportedMediaType(accepted: readonly string[]): StatusError {
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(", ")}`
  return new StatusError("UnsupportedMediaType", 415, message)
}

export const gone = (message: string): StatusError => new StatusError("Gone", 410, message)
/** The resource version or the continue token is too old. */
export const expired = (message: string): StatusError => new StatusError("Expired", 410, message)

export function tooManyRequests(message: string, retryAfterSeconds: number): StatusError {
  return new StatusError("TooManyRequests", 429, message, { retryAfterSeconds })
}

export function timeout(message: string, retryAfterSeconds = 0): StatusError {
  return new StatusError("Timeout", 504, `Timeout: ${message}`, { retryAfterSeconds })
}

export function serverTimeout(of: GroupResource, operation: string, retryAfterSeconds: number): StatusError {
  const message = `The ${operation} operation against ${formatGroupResource(of)} could not be completed at this time, please try again.`
  return new StatusError("ServerTimeout", 500, message, { ...about(of, operation), retryAfterSeconds })
}

export function tooLargeResourceVersion(requested: string, current: string, retryAfterSeconds: number): StatusError {
  const message = "Too large resource version"
  return new StatusError("Timeout", 504, `Timeout: ${message}: ${requested}, current: ${current}`, {
    causes: [{ reason: "ResourceVersionTooLarge", message }],
    retryAfterSeconds,
  })
}

export function internalError(problem: unknown): StatusError {
  const text = messageOf(problem)
  const details = { causes: [{ message: text }] }
  return new StatusError("InternalError", 500, `Internal error occurred: ${text}`, details, problem)
}

export function requestEntityTooLarge(message: string): StatusError {
  return new StatusError("RequestEntityTooLarge", 413, `Request entity too large: ${message}`)
}

export const serviceUnavailable = (message: string): StatusError => new StatusError("ServiceUnavailable", 503, message)
