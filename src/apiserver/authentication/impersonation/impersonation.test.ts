import assert from "node:assert/strict"
import { test } from "node:test"
import { StatusError } from "../../../machinery/status/status-error.ts"
import type { Authorizer, RequestInfo, UserInfo } from "../../call.ts"
import { parseRequestInfo } from "../../request/request-info.ts"
import type { Exchange } from "../../transport/exchange.ts"
import { createImpersonation } from "./impersonation.ts"

type Headers = Readonly<Record<string, string | readonly string[]>>

/** Rights as text: verb, then group/resource/subresource, namespace and name, where they are set. */
function textOf({ isResource, path, verb, group, resource, subresource, namespace, name }: RequestInfo): string {
  if (!isResource) return `${verb} ${path}`
  return [verb, [group, resource, subresource].filter(Boolean).join("/"), namespace, name].filter(Boolean).join(" ")
}

const LIST_PODS = "GET /api/v1/namespaces/shop/pods"
const BOT = "system:serviceaccount:shop:bot"

/** As whom the one who asks may act, with these rights. */
async function actAs(headers: Headers, rights: readonly string[], from: Partial<UserInfo> = {}, request = LIST_PODS) {
  const authorizer: Authorizer = { authorize: (_, info) => ({ allowed: rights.includes(textOf(info)) }) }
  const requestor = { name: "ann", groups: ["system:authenticated"], extra: new Map<string, string[]>(), ...from }
  const exchange = {
    headers,
    valuesOf: (name: string) => [headers[name] ?? []].flat(),
  } as unknown as Exchange
  const [method = "", path = ""] = request.split(" ")
  const info = parseRequestInfo(method, path, new URLSearchParams())
  return createImpersonation(authorizer)(exchange, requestor, info)
}

const ON_LIST = (mode: string) => `impersonate-on:${mode}:list pods shop`
const AUTH = "authentication.k8s.io"

const allowed: readonly {
  readonly name: string
  readonly headers: Headers
  readonly rights: readonly string[]
  readonly from?: Partial<UserInfo>
  readonly constraint: string
  readonly groups: readonly string[]
}[] = [
  {
    name: "a user, by the old verb",
    headers: { "impersonate-user": "eve", "impersonate-group": ["g"] },
    rights: ["impersonate users eve", "impersonate groups g"],
    constraint: "",
    groups: ["g", "system:authenticated"],
  },
  {
    name: "a user, for this request only",
    headers: { "impersonate-user": "eve", "impersonate-uid": "7", "impersonate-extra-acme.io%2fteam": "x" },
    rights: [
      ON_LIST("user-info"),
      `impersonate:user-info ${AUTH}/users eve`,
      `impersonate:user-info ${AUTH}/uids 7`,
      `impersonate:user-info ${AUTH}/userextras/acme.io/team x`,
    ],
    constraint: "impersonate:user-info",
    groups: ["system:authenticated"],
  },
  {
    name: "many groups by one right",
    headers: { "impersonate-user": "eve", "impersonate-group": ["a", "b", "c", "d"] },
    rights: [ON_LIST("user-info"), `impersonate:user-info ${AUTH}/users eve`, `impersonate:user-info ${AUTH}/groups *`],
    constraint: "impersonate:user-info",
    groups: ["a", "b", "c", "d", "system:authenticated"],
  },
  {
    name: "a service account",
    headers: { "impersonate-user": BOT },
    rights: [ON_LIST("serviceaccount"), `impersonate:serviceaccount ${AUTH}/serviceaccounts shop bot`],
    constraint: "impersonate:serviceaccount",
    groups: ["system:serviceaccounts", "system:serviceaccounts:shop", "system:authenticated"],
  },
  {
    name: "any node",
    headers: { "impersonate-user": "system:node:n1" },
    rights: [ON_LIST("arbitrary-node"), `impersonate:arbitrary-node ${AUTH}/nodes n1`],
    constraint: "impersonate:arbitrary-node",
    groups: ["system:nodes", "system:authenticated"],
  },
  {
    name: "the node where one runs",
    headers: { "impersonate-user": "system:node:n1" },
    from: { name: BOT, extra: new Map([["authentication.kubernetes.io/node-name", ["n1"]]]) },
    rights: [ON_LIST("associated-node"), `impersonate:associated-node ${AUTH}/nodes *`],
    constraint: "impersonate:associated-node",
    groups: ["system:nodes", "system:authenticated"],
  },
  {
    name: "nobody",
    headers: { "impersonate-user": "system:anonymous" },
    rights: ["impersonate users system:anonymous"],
    constraint: "",
    groups: ["system:unauthenticated"],
  },
]
for (const { name, headers, rights, from, constraint, groups } of allowed) {
  test(`one may act as ${name}`, async () => {
    const acting = await actAs(headers, rights, from)
    assert.equal(acting?.user.name, headers["impersonate-user"])
    assert.deepEqual([acting?.constraint, acting?.user.groups], [constraint, groups])
    // Each of the rights is needed.
    for (const right of rights) {
      const fewer = rights.filter((each) => each !== right)
      await assert.rejects(actAs(headers, fewer, from), (error) => error instanceof StatusError && error.code === 403)
    }
  })
}

const refused: readonly {
  readonly name: string
  readonly headers: Headers
  readonly rights?: readonly string[]
  readonly from?: Partial<UserInfo>
  readonly request?: string
  readonly message: string
}[] = [
  {
    name: "who has no right at all hears of the narrowest",
    headers: { "impersonate-user": "eve" },
    message:
      'pods is forbidden: User "ann" cannot impersonate-on:user-info:list resource "pods" in API group "" in the namespace "shop"',
  },
  {
    name: "paths",
    headers: { "impersonate-user": "eve" },
    request: "GET /healthz",
    message: 'forbidden: User "ann" cannot impersonate-on:user-info:get path "/healthz"',
  },
  {
    name: "system:masters is for the old verb only",
    headers: { "impersonate-user": "eve", "impersonate-group": ["system:masters"] },
    rights: [ON_LIST("user-info"), `impersonate:user-info ${AUTH}/users eve`],
    message: `groups.${AUTH} "system:masters" is forbidden: User "ann" cannot impersonate:user-info resource "groups" in API group "${AUTH}" at the cluster scope: impersonating the system:masters group is not allowed`,
  },
  {
    name: "keys of extra have a domain",
    headers: { "impersonate-user": "eve", "impersonate-extra-team": "x" },
    rights: [ON_LIST("user-info"), `impersonate:user-info ${AUTH}/users eve`],
    message: `userextras.${AUTH} is forbidden: User "ann" cannot impersonate:user-info resource "userextras" in API group "${AUTH}" at the cluster scope: impersonating an invalid key in extra is not allowed: extra.key: Invalid value: "team": must be a domain-prefixed path (such as "acme.io/foo")`,
  },
  {
    name: "a node elsewhere is no node of one's own",
    headers: { "impersonate-user": "system:node:n2" },
    from: { name: BOT, extra: new Map([["authentication.kubernetes.io/node-name", ["n1"]]]) },
    rights: [ON_LIST("associated-node"), `impersonate:associated-node ${AUTH}/nodes *`],
    message: `pods is forbidden: User "${BOT}" cannot impersonate-on:arbitrary-node:list resource "pods" in API group "" in the namespace "shop"`,
  },
  {
    name: "headers without a user",
    headers: { "impersonate-group": ["g"] },
    message:
      'requested &user.DefaultInfo{Name:"", UID:"", Groups:[]string{"g"}, Extra:map[string][]string(nil)} without impersonating a user name',
  },
]
for (const { name, headers, rights = [], from, request, message } of refused) {
  test(`refused: ${name}`, async () => {
    await assert.rejects(async () => actAs(headers, rights, from, request), { message })
  })
}

test("without headers nobody acts as anybody", async () => {
  assert.equal(await actAs({}, []), undefined)
})
