import { dns1123Label, dns1123Subdomain } from "../../machinery/names/dns.ts"
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
    throw badRequest(
      `requested [${[...wantedRights({ name, groups, uid, extra })].map(shown).join(" ")}] without impersonating a user`,
    )
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

const AUTHENTICATION = "authentication.k8s.io"

function* wantedRights({ name, groups, uid = "", extra }: UserInfo): Iterable<Wanted> {
  const account = serviceAccountOf(name)
  if (account !== undefined) yield { group: "", resource: "serviceaccounts", ...account }
  else if (name !== "") yield { group: "", resource: "users", name }
  for (const group of groups) yield { group: "", resource: "groups", name: group }
  for (const [key, values] of extra) {
    for (const value of values) yield { group: AUTHENTICATION, resource: "userextras", subresource: key, name: value }
  }
  if (uid !== "") yield { group: AUTHENTICATION, resource: "uids", name: uid }
}

/** What only looks like the name of a service account is the name of a user. */
function serviceAccountOf(user: string): { readonly namespace: string; readonly name: string } | undefined {
  if (!user.startsWith(SERVICE_ACCOUNT_PREFIX)) return undefined
  const [namespace = "", name = "", ...rest] = user.slice(SERVICE_ACCOUNT_PREFIX.length).split(":")
  const isValid = rest.length === 0 && dns1123Label(namespace).length === 0 && dns1123Subdomain(name).length === 0
  return isValid ? { namespace, name } : undefined
}

const KINDS = new Map([
  ["groups", "Group"],
  ["userextras", "UserExtra"],
  ["uids", "UID"],
])

/** As Go prints an object reference: kind, namespace, name, uid, version, revision and field path. */
function shown({ group, resource, subresource = "", name }: Wanted): string {
  const version = group === "" ? "" : `${group}/v1`
  return `{${[KINDS.get(resource) ?? "", "", name, "", version, "", subresource].join(" ")}}`
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
  const account = serviceAccountOf(target.name)
  if (account !== undefined && target.groups.length === 0) {
    add("system:serviceaccounts")
    add(`system:serviceaccounts:${account.namespace}`)
  }
  if (!groups.includes("system:unauthenticated")) add("system:authenticated")
  return { ...target, groups }
}
