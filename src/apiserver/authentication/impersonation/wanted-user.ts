import { dns1123Label, dns1123Subdomain } from "../../../machinery/names/dns.ts"
import { badRequest } from "../../../machinery/status/errors.ts"
import type { UserInfo } from "../../call.ts"
import type { Exchange } from "../../transport/exchange.ts"

const EXTRA_PREFIX = "impersonate-extra-"
const NODE_PREFIX = "system:node:"
const SERVICE_ACCOUNT_PREFIX = "system:serviceaccount:"

/** Whom the headers name, as they are. Throws a 400 when other impersonation headers come without a user. */
export function wantedUser(exchange: Exchange): UserInfo | undefined {
  const name = exchange.valuesOf("impersonate-user")[0] ?? ""
  const groups = exchange.valuesOf("impersonate-group")
  const uid = exchange.valuesOf("impersonate-uid")[0] ?? ""
  const extra = new Map<string, readonly string[]>()
  for (const key of Object.keys(exchange.headers)) {
    if (!key.startsWith(EXTRA_PREFIX)) continue
    extra.set(decodeKey(key.slice(EXTRA_PREFIX.length)), exchange.valuesOf(key))
  }
  if (name !== "") return { name, ...(uid !== "" && { uid }), groups, extra }
  if (groups.length === 0 && uid === "" && extra.size === 0) return undefined
  throw badRequest(`requested ${shown({ name, uid, groups, extra })} without impersonating a user name`)
}

function decodeKey(key: string): string {
  try {
    return decodeURIComponent(key)
  } catch (error) {
    if (error instanceof URIError) return key
    throw error
  }
}

/** As Go prints the struct, which is what clients of Kubernetes read here. */
function shown({ name, uid = "", groups, extra }: UserInfo): string {
  const list = (values: readonly string[]) =>
    values.length === 0 ? "[]string(nil)" : `[]string{${values.map((value) => JSON.stringify(value)).join(", ")}}`
  const pairs = [...extra].toSorted().map(([key, values]) => `${JSON.stringify(key)}:${list(values)}`)
  const map = pairs.length === 0 ? "map[string][]string(nil)" : `map[string][]string{${pairs.join(", ")}}`
  return `&user.DefaultInfo{Name:${JSON.stringify(name)}, UID:${JSON.stringify(uid)}, Groups:${list(groups)}, Extra:${map}}`
}

export interface AccountName {
  readonly namespace: string
  readonly name: string
}

/** What only looks like the name of a service account is the name of a user. */
export function serviceAccountOf(user: string): AccountName | undefined {
  if (!user.startsWith(SERVICE_ACCOUNT_PREFIX)) return undefined
  const [namespace = "", name = "", ...rest] = user.slice(SERVICE_ACCOUNT_PREFIX.length).split(":")
  const isValid = rest.length === 0 && dns1123Label(namespace).length === 0 && dns1123Subdomain(name).length === 0
  return isValid ? { namespace, name } : undefined
}

/** The name of the node that a user name stands for. */
export function nodeOf(user: string): string | undefined {
  if (!user.startsWith(NODE_PREFIX)) return undefined
  const name = user.slice(NODE_PREFIX.length)
  return dns1123Subdomain(name).length === 0 ? name : undefined
}

/** As the server itself would give this user: with the groups that follow from the name. */
export function withImpliedGroups(wanted: UserInfo, isConstrained: boolean): UserInfo {
  const groups = [...wanted.groups]
  const add = (...more: readonly string[]) => groups.push(...more.filter((group) => !groups.includes(group)))
  const account = serviceAccountOf(wanted.name)
  if (isConstrained && nodeOf(wanted.name) !== undefined) add("system:nodes")
  if (account !== undefined && groups.length === 0) {
    add("system:serviceaccounts", `system:serviceaccounts:${account.namespace}`)
  }
  if (wanted.name === "system:anonymous") add("system:unauthenticated")
  else if (!groups.includes("system:unauthenticated")) add("system:authenticated")
  return { ...wanted, groups }
}
