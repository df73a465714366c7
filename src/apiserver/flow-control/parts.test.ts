import assert from "node:assert/strict"
import { test } from "node:test"
import type { FlowSchema } from "../../api/flowcontrol/v1/flow-schema.ts"
import type { RequestInfo, UserInfo } from "../call.ts"
import { distinguisher, matchesSchema } from "./classify.ts"
import { dealHand } from "./deal.ts"
import { RetryAfter } from "./retry-after.ts"
import { Demand, shareSeats } from "./share-seats.ts"
import { estimateWork } from "./work.ts"

const user = (name: string, ...groups: string[]): UserInfo => ({ name, groups, extra: new Map() })
const request = (more: Partial<RequestInfo> = {}): RequestInfo => ({
  isResource: true,
  path: "/api/v1/namespaces/n/pods",
  verb: "create",
  group: "",
  version: "v1",
  namespace: "n",
  resource: "pods",
  subresource: "",
  name: "",
  rest: "",
  ...more,
})
const schema = (subject: object, rule: object, method?: string) =>
  ({
    metadata: { name: "s" },
    spec: {
      rules: [{ subjects: [subject], ...rule }],
      ...(method !== undefined && { distinguisherMethod: { type: method } }),
    },
  }) as unknown as FlowSchema
const pods = (more: object = {}) => ({
  resourceRules: [{ verbs: ["*"], apiGroups: [""], resources: ["pods"], namespaces: ["n"], ...more }],
})
const anybody = { kind: "User", user: { name: "*" } }
const path = (...nonResourceURLs: string[]) => ({ nonResourceRules: [{ verbs: ["get"], nonResourceURLs }] })
const atPath = (text: string) => request({ isResource: false, verb: "get", path: text })
const account = (name: string) => ({ kind: "ServiceAccount", serviceAccount: { namespace: "n", name } })

const MATCHES: readonly (readonly [string, FlowSchema, UserInfo, RequestInfo, boolean])[] = [
  ["a user", schema({ kind: "User", user: { name: "u" } }, pods()), user("u"), request(), true],
  ["another user", schema({ kind: "User", user: { name: "u" } }, pods()), user("v"), request(), false],
  ["a group", schema({ kind: "Group", group: { name: "g" } }, pods()), user("u", "f", "g"), request(), true],
  ["an account", schema(account("a"), pods()), user("system:serviceaccount:n:a"), request(), true],
  ["all accounts", schema(account("*"), pods()), user("system:serviceaccount:n:b"), request(), true],
  ["accounts elsewhere", schema(account("*"), pods()), user("system:serviceaccount:nn:b"), request(), false],
  ["another namespace", schema(anybody, pods()), user("u"), request({ namespace: "m" }), false],
  ["a subresource", schema(anybody, pods()), user("u"), request({ subresource: "status" }), false],
  ["all namespaces", schema(anybody, pods({ namespaces: ["*"] })), user("u"), request({ namespace: "" }), false],
  [
    "the cluster",
    schema(anybody, pods({ clusterScope: true, namespaces: [] })),
    user("u"),
    request({ namespace: "" }),
    true,
  ],
  ["a path", schema(anybody, path("/healthz")), user("u"), atPath("/healthz"), true],
  ["paths below", schema(anybody, path("/apis/*")), user("u"), atPath("/apis/apps"), true],
  ["a longer word", schema(anybody, path("/healthz")), user("u"), atPath("/healthzz"), false],
  ["a resource is no path", schema(anybody, path("*")), user("u"), request(), false],
]
for (const [name, one, who, info, expected] of MATCHES) {
  test(`matching: ${name}`, () => assert.equal(matchesSchema(one, who, info), expected))
}

test("flows are told apart by user, by namespace or not at all", () => {
  const flow = (method?: string) => distinguisher(schema(anybody, pods(), method), user("u"), request())
  assert.deepEqual([flow("ByUser"), flow("ByNamespace"), flow()], ["u", "n", ""])
})

test("a hand has different queues, always the same for a flow, and all are used", () => {
  const used = new Set<number>()
  for (let index = 0; index < 500; index++) {
    const hand = dealHand("s", `flow${index}`, 16, 4)
    assert.equal(new Set(hand).size, 4)
    assert.deepEqual(dealHand("s", `flow${index}`, 16, 4), hand)
    for (const queue of hand) used.add(queue)
  }
  assert.deepEqual(
    [...used].sort((a, b) => a - b),
    Array.from({ length: 16 }, (_, index) => index),
  )
})

test("seats are shared in proportion, within bounds, to the last one", () => {
  const claim = (target: number, lowest = 0, highest = 100) => ({ target, lowest, highest })
  const round = (seats: readonly number[]) => seats.map((each) => Math.round(each * 1000) / 1000)
  assert.deepEqual(round(shareSeats(30, [claim(1), claim(2)])), [10, 20])
  assert.deepEqual(round(shareSeats(30, [claim(1, 15), claim(2)])), [15, 15])
  assert.deepEqual(round(shareSeats(30, [claim(1), claim(2, 0, 12)])), [18, 12])
  assert.deepEqual(round(shareSeats(300, [claim(1), claim(2)])), [100, 100])
  assert.deepEqual(round(shareSeats(0, [claim(1), claim(2)])), [0, 0])
})

test("demand rises at once and falls slowly", () => {
  const demand = new Demand(0)
  demand.set(10, 0)
  assert.deepEqual(demand.close(1000, 0.5), { max: 10, smoothed: 10 })
  demand.set(0, 1000)
  assert.deepEqual(demand.close(2000, 0.5), { max: 10, smoothed: 5 })
  assert.deepEqual(demand.close(3000, 0.5), { max: 0, smoothed: 2.5 })
})

test("the more are refused the longer they are asked to stay away", () => {
  const retry = new RetryAfter()
  const refuse = (count: number, second: number) => {
    for (let index = 0; index < count; index++) retry.refused(second * 1000)
    return retry.seconds
  }
  assert.deepEqual([refuse(3, 10), refuse(6, 11), refuse(6, 12), refuse(12, 13)], [1, 2, 2, 4])
  assert.deepEqual([refuse(1, 40), refuse(1, 60), refuse(1, 80)], [3, 2, 1])
})

test("lists cost what they read, changes what they make others read", () => {
  const load = { objects: 950, watchers: 45 }
  const work = (more: Partial<RequestInfo>, query = "", seatsMax = 10) =>
    estimateWork(request(more), new URLSearchParams(query), seatsMax, () => load)
  assert.equal(work({ verb: "list" }).seats, 10)
  assert.equal(work({ verb: "list" }, "", 4).seats, 4)
  assert.equal(work({ verb: "list", name: "one" }).seats, 1)
  assert.equal(work({ verb: "watch" }, "resourceVersion=7").seats, 1)
  assert.equal(work({ verb: "watch" }, "resourceVersion=0").seats, 10)
  assert.deepEqual(work({ verb: "update" }), { seats: 1, finalSeats: 5, finalMs: 5 })
  assert.deepEqual(work({ verb: "update" }, "", 2), { seats: 1, finalSeats: 2, finalMs: 12.5 })
  assert.deepEqual(work({ verb: "get" }), { seats: 1, finalSeats: 0, finalMs: 0 })
  assert.equal(work({ verb: "create", resource: "serviceaccounts", subresource: "token" }).finalSeats, 0)
})
