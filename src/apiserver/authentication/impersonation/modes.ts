import { domainPrefixedPath } from "../../../api/networking/v1/validation/ingress-class.ts"
import { aggregateMessages, formatFieldError } from "../../../machinery/field/error.ts"
import { FieldPath } from "../../../machinery/field/path.ts"
import { notAuthorized } from "../../../machinery/status/errors.ts"
import type { Authorizer, RequestInfo, UserInfo } from "../../call.ts"
import { nodeOf, serviceAccountOf } from "./wanted-user.ts"

/**
 * The ways in which one may act as somebody else. Constrained ones (KEP 5284) need two rights: `impersonate:<mode>` on
 * whom, and `impersonate-on:<mode>:<verb>` on what is done then. The old verb `impersonate` gives everything at once.
 * https://kubernetes.io/docs/reference/access-authn-authz/user-impersonation/
 */
export interface Mode {
  readonly name: string
  /** Whether this mode is about such a user at all. */
  applies(wanted: UserInfo, requestor: UserInfo): boolean
  /** As whom the authorizer sees the one who asks. */
  seenAs?(requestor: UserInfo): UserInfo
  /** The right must reach every node, whichever is asked for. */
  readonly everyNode?: true
}

const NODE_NAME_KEY = "authentication.kubernetes.io/node-name"

/** In the order in which they are tried. */
export const CONSTRAINED_MODES: readonly Mode[] = [
  {
    // The node on which the pod of a service account's token runs.
    name: "associated-node",
    applies(wanted, requestor) {
      const node = nodeOf(wanted.name)
      const [own, ...more] = requestor.extra.get(NODE_NAME_KEY) ?? []
      if (!hasOnlyName(wanted) || node === undefined || serviceAccountOf(requestor.name) === undefined) return false
      return more.length === 0 && own === node
    },
    // An answer holds for the service account on every node, so it must not depend on which node this is.
    seenAs(requestor) {
      const keys = [...requestor.extra.keys()].toSorted()
      return { ...requestor, extra: new Map([["authentication.kubernetes.io/associated-node-keys", keys]]) }
    },
    everyNode: true,
  },
  { name: "arbitrary-node", applies: (wanted) => hasOnlyName(wanted) && nodeOf(wanted.name) !== undefined },
  { name: "serviceaccount", applies: (wanted) => hasOnlyName(wanted) && serviceAccountOf(wanted.name) !== undefined },
  {
    name: "user-info",
    applies: ({ name }) => nodeOf(name) === undefined && serviceAccountOf(name) === undefined,
  },
]

function hasOnlyName({ uid = "", groups, extra }: UserInfo): boolean {
  return uid === "" && groups.length === 0 && extra.size === 0
}

/** Throws a 403 unless the requestor may make this request as the wanted user in this mode. */
export async function checkConstrained(
  authorizer: Authorizer,
  mode: Mode,
  { requestor, wanted, info }: { requestor: UserInfo; wanted: UserInfo; info: RequestInfo },
): Promise<void> {
  const asker = mode.seenAs?.(requestor) ?? requestor
  await check(authorizer, asker, { ...info, verb: `impersonate-on:${mode.name}:${info.verb}` })
  const verb = `impersonate:${mode.name}`
  const { name, uid = "", groups, extra } = wanted
  const node = nodeOf(name)
  const account = serviceAccountOf(name)
  if (node !== undefined) {
    await check(authorizer, asker, right(verb, "nodes", mode.everyNode ? "*" : node))
  } else if (account !== undefined) {
    await check(authorizer, asker, { ...right(verb, "serviceaccounts", account.name), namespace: account.namespace })
  } else {
    await check(authorizer, asker, right(verb, "users", name))
  }
  if (uid !== "") await check(authorizer, asker, right(verb, "uids", uid))
  await checkGroups(authorizer, asker, verb, groups)
  await checkExtra(authorizer, asker, verb, extra)
}

/** From so many on, one right to all of them is looked for first. */
const MANY = 4

async function checkGroups(authorizer: Authorizer, asker: UserInfo, verb: string, groups: readonly string[]) {
  if (groups.includes("")) {
    throw refused(asker, right(verb, "groups", ""), "impersonating the empty string group is not allowed")
  }
  if (groups.includes("system:masters")) {
    const reason = "impersonating the system:masters group is not allowed"
    throw refused(asker, right(verb, "groups", "system:masters"), reason)
  }
  if (groups.length >= MANY && (await may(authorizer, asker, right(verb, "groups", "*")))) return
  for (const group of groups) await check(authorizer, asker, right(verb, "groups", group))
}

async function checkExtra(authorizer: Authorizer, asker: UserInfo, verb: string, extra: UserInfo["extra"]) {
  const problem = problemOfExtra(extra)
  if (problem !== undefined) throw refused(asker, right(verb, "userextras", ""), problem)
  const count = [...extra.values()].reduce((sum, { length }) => sum + length, 0)
  const all = { ...right(verb, "userextras", "*"), subresource: "*" }
  if (Math.max(count, extra.size) >= MANY && (await may(authorizer, asker, all))) return
  for (const [subresource, values] of extra) {
    for (const value of values) await check(authorizer, asker, { ...right(verb, "userextras", value), subresource })
  }
}

function problemOfExtra(extra: UserInfo["extra"]): string | undefined {
  for (const [key, values] of extra) {
    if (key === "") return "impersonating the empty string key in extra is not allowed"
    const errors = domainPrefixedPath(key, FieldPath.root("extra").child("key")).map(formatFieldError)
    if (errors.length > 0) return `impersonating an invalid key in extra is not allowed: ${aggregateMessages(errors)}`
    if (key !== key.toLowerCase()) {
      return `impersonating a non-lowercase key in extra is not allowed: ${JSON.stringify(key)}`
    }
    if (values.length === 0) return "impersonating empty values in extra is not allowed"
    if (values.includes("")) return "impersonating the empty string value in extra is not allowed"
  }
  return undefined
}

/** Throws a 403 unless the requestor has the old, unconstrained right to everything that the wanted user is. */
export async function checkLegacy(authorizer: Authorizer, requestor: UserInfo, wanted: UserInfo): Promise<void> {
  const { name, uid = "", groups, extra } = wanted
  const verb = "impersonate"
  const core = (resource: string, of: string) => ({ ...right(verb, resource, of), group: "" })
  const account = serviceAccountOf(name)
  const whom = account === undefined ? core("users", name) : { ...core("serviceaccounts", account.name), ...account }
  await check(authorizer, requestor, whom)
  if (uid !== "") await check(authorizer, requestor, right(verb, "uids", uid))
  for (const group of groups) await check(authorizer, requestor, core("groups", group))
  for (const [subresource, values] of extra) {
    for (const value of values) await check(authorizer, requestor, { ...right(verb, "userextras", value), subresource })
  }
}

function right(verb: string, resource: string, name: string): RequestInfo {
  const group = "authentication.k8s.io"
  return {
    isResource: true,
    path: "",
    verb,
    group,
    version: "v1",
    namespace: "",
    resource,
    subresource: "",
    name,
    rest: "",
  }
}

async function may(authorizer: Authorizer, user: UserInfo, info: RequestInfo): Promise<boolean> {
  return (await authorizer.authorize(user, info)).allowed
}

async function check(authorizer: Authorizer, user: UserInfo, info: RequestInfo): Promise<void> {
  const { allowed, reason = "", error } = await authorizer.authorize(user, info)
  if (allowed) return
  throw refused(user, info, error === undefined ? reason : reason === "" ? error : `${error}: ${reason}`)
}

function refused(user: UserInfo, info: RequestInfo, reason: string): Error {
  const { verb, path, group, resource, subresource, namespace, name, isResource } = info
  const target = isResource ? { group, resource, subresource, namespace, name } : { path }
  return notAuthorized({ user: user.name, verb, ...target }, reason)
}
