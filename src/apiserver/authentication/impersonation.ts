import { badRequest, notAuthorized } from "../../machinery/status/errors.ts"
import type { Authorizer, RequestInfo, UserInfo } from "../call.ts"
import type { Exchange } from "../transport/exchange.ts"

/** Acting as somebody else. https://kubernetes.io/docs/reference/access-authn-authz/user-impersonation/ */

const EXTRA_PREFIX = "impersonate-extra-"
const SERVICE_ACCOUNT_PREFIX = "system:serviceaccount:"

interface Wanted {
  readonly group: string
  readonly resource: string
  readonly subresource?: string
  readonly namespace?: string
  readonly name: string
}

export function createImpersonation(authorizer: Authorizer) {
  return async (exchange: Exchange, user: UserInfo): Promise<UserInfo> => {
    const target = readHeaders(exchange)
    if (target === undefined) return user
    for (const wanted of wantedRights(target)) {
      const info = impersonateInfo(wanted)
      const decision = await authorizer.authorize(user, info)
      if (!decision.allowed) throw notAuthorized({ ...wanted, verb: info.verb, user: user.name }, decision.reason)
    }
    return withImpliedGroups(target)
  }
}

/** Throws a 400 when other impersonation headers come without a user. */
function readHeaders(exchange: Exchange): UserInfo | undefined {
  const { headers } = exchange
  const name = exchange.valuesOf("impersonate-user")[0] ?? ""
  const groups = exchange.valuesOf("impersonate-group")
  const uid = exchange.valuesOf("impersonate-uid")[0] ?? ""
  const extra = new Map<string, readonly string[]>()
  for (const key of Object.keys(headers)) {
    if (!key.startsWith(EXTRA_PREFIX)) continue
    extra.set(decodeKey(key.slice(EXTRA_PREFIX.length)), exchange.valuesOf(key))
  }
  if (name === "") {
    if (groups.length === 0 && uid === "" && extra.size === 0) return undefined
    throw badRequest("requested impersonation of groups, uid or extra without impersonating a user")
  }
  return { name, ...(uid !== "" && { uid }), groups, extra }
}

function decodeKey(key: string): string {
  try {
    return decodeURIComponent(key)
  } catch (error) {
    if (error instanceof URIError) return key
    throw error
  }
}

function* wantedRights(target: UserInfo): Iterable<Wanted> {
  const [namespace, account, ...rest] = target.name.startsWith(SERVICE_ACCOUNT_PREFIX)
    ? target.name.slice(SERVICE_ACCOUNT_PREFIX.length).split(":")
    : []
  if (namespace && account && rest.length === 0)
    yield { group: "", resource: "serviceaccounts", namespace, name: account }
  else yield { group: "", resource: "users", name: target.name }
  for (const name of target.groups) yield { group: "", resource: "groups", name }
  if (target.uid !== undefined) yield { group: "authentication.k8s.io", resource: "uids", name: target.uid }
  for (const [key, values] of target.extra) {
    for (const name of values) yield { group: "authentication.k8s.io", resource: "userextras", subresource: key, name }
  }
}

function impersonateInfo(wanted: Wanted): RequestInfo {
  const { group, resource, subresource = "", namespace = "", name } = wanted
  const target = { group, version: "v1", namespace, resource, subresource, name }
  return { isResource: true, path: "", verb: "impersonate", ...target, rest: "" }
}

function withImpliedGroups(target: UserInfo): UserInfo {
  const groups = [...target.groups]
  const add = (group: string) => {
    if (!groups.includes(group)) groups.push(group)
  }
  if (target.name === "system:anonymous") {
    add("system:unauthenticated")
    return { ...target, groups }
  }
  if (target.name.startsWith(SERVICE_ACCOUNT_PREFIX) && target.groups.length === 0) {
    const [namespace = ""] = target.name.slice(SERVICE_ACCOUNT_PREFIX.length).split(":")
    add("system:serviceaccounts")
    add(`system:serviceaccounts:${namespace}`)
  }
  if (!groups.includes("system:unauthenticated")) add("system:authenticated")
  return { ...target, groups }
}
