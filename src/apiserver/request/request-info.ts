import { badRequest } from "../../machinery/status/errors.ts"
import type { RequestInfo } from "../call.ts"

/**
 * What a method, path and query mean to authorization and routing.
 * https://kubernetes.io/docs/reference/access-authn-authz/authorization/#determine-whether-a-request-is-allowed-or-denied
 */

const VERB_OF_METHOD = new Map([
  ["GET", "get"],
  ["HEAD", "get"],
  ["POST", "create"],
  ["PUT", "update"],
  ["PATCH", "patch"],
  ["DELETE", "delete"],
])
/** These stand behind a namespace's name without being resources of their own. */
const NAMESPACE_SUBRESOURCES = new Set(["status", "finalize"])
const PATH_VERBS = new Set(["proxy", "watch"])

/** Throws a 400 when the path is not decodable, or names a path verb without a resource. */
export function parseRequestInfo(method: string, rawPath: string, query: URLSearchParams): RequestInfo {
  const path = decodePath(rawPath)
  const parts = path.split("/").filter((part) => part !== "")
  const prefix = parts[0]
  const skipped = prefix === "api" ? 1 : prefix === "apis" ? 2 : parts.length
  if (parts.length < skipped + 2) return nonResource(method, path)
  const group = prefix === "apis" ? (parts[1] ?? "") : ""
  const version = parts[skipped] ?? ""
  let rest = parts.slice(skipped + 1)
  let verb = VERB_OF_METHOD.get(method) ?? ""
  const pathVerb = rest[0] ?? ""
  if (PATH_VERBS.has(pathVerb)) {
    if (rest.length < 2) throw badRequest(`unable to determine kind and namespace from url, ${path}`)
    verb = pathVerb
    rest = rest.slice(1)
  }
  let namespace = ""
  if (rest[0] === "namespaces" && rest.length > 1) {
    namespace = rest[1] ?? ""
    if (rest.length > 2 && !NAMESPACE_SUBRESOURCES.has(rest[2] ?? "")) rest = rest.slice(2)
  }
  const [resource = "", pathName = "", third = ""] = rest
  const subresource = verb === "proxy" ? "" : third
  const tail = rest.slice(verb === "proxy" ? 2 : 3)
  // A proxied path keeps its last slash, which servers behind it tell apart.
  const slash = path.endsWith("/") && tail.length > 0 ? "/" : ""
  const info = {
    isResource: true,
    path,
    group,
    version,
    namespace,
    resource,
    subresource,
    rest: tail.length > 0 ? `/${tail.join("/")}${slash}` : "",
  }
  if (pathName === "" && verb === "get") {
    return { ...info, verb: wantsWatch(query) ? "watch" : "list", name: selectedName(query), ...selection(query) }
  }
  if (pathName === "" && verb === "delete") return { ...info, verb: "deletecollection", name: "", ...selection(query) }
  return { ...info, verb, name: pathName }
}

function selection(query: URLSearchParams): Pick<RequestInfo, "fieldSelector" | "labelSelector"> {
  const fieldSelector = query.get("fieldSelector")
  const labelSelector = query.get("labelSelector")
  return { ...(fieldSelector && { fieldSelector }), ...(labelSelector && { labelSelector }) }
}

function nonResource(method: string, path: string): RequestInfo {
  const none = { group: "", version: "", namespace: "", resource: "", subresource: "", name: "", rest: "" }
  return { isResource: false, path, verb: method.toLowerCase(), ...none }
}

function decodePath(rawPath: string): string {
  if (!rawPath.includes("%")) return rawPath
  try {
    return decodeURIComponent(rawPath)
  } catch (error) {
    throw badRequest(`the path ${rawPath} holds an invalid percent-encoding: ${String(error)}`)
  }
}

/** A boolean query parameter as Kubernetes reads it: anything but `false` and `0` is true, also nothing. */
export function queryFlag(query: URLSearchParams, name: string): boolean {
  const value = query.get(name)
  return value !== null && value.toLowerCase() !== "false" && value !== "0"
}

const wantsWatch = (query: URLSearchParams): boolean => queryFlag(query, "watch")

/** Watching or listing exactly one name counts as access to that name. */
function selectedName(query: URLSearchParams): string {
  const selector = query.get("fieldSelector")
  if (selector === null) return ""
  for (const term of selector.split(",")) {
    const match = /^metadata\.name={1,2}([^=!,\\]+)$/.exec(term.trim())
    const name = match?.[1]
    if (name !== undefined && !/[/%]/.test(name) && name !== "." && name !== "..") return name
  }
  return ""
}
