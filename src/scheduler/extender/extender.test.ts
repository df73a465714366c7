import assert from "node:assert/strict"
import type { IncomingMessage, ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { text } from "node:stream/consumers"
import { type TestContext, test } from "node:test"
import { createNodePlatform } from "../../platform/node/platform.ts"
import { http } from "../../platform/on-first-use.ts"
import { completeExtenders } from "../config/extender-config.ts"
import { cluster, node, pod } from "../testing.ts"
import { Refusals } from "../verdicts.ts"
import { Extender } from "./extender.ts"
import { Extenders } from "./extenders.ts"

const platform = createNodePlatform({ logLevel: "error" })
type Answer = (path: string, body: Record<string, unknown>) => unknown

/** A real extender on a port of its own. `undefined` is answered with 500. */
async function start(t: TestContext, answer: Answer): Promise<string> {
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const body = JSON.parse(await text(request)) as Record<string, unknown>
    const answered = answer(request.url ?? "", body)
    response.statusCode = answered === undefined ? 500 : 200
    response.end(JSON.stringify(answered ?? null))
  }
  const server = http().createServer((request, response) => void serve(request, response))
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  t.after(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/ext/`
}

function extenders(config: Parameters<typeof completeExtenders>[0]): Extenders {
  return new Extenders(
    completeExtenders(config).map((one) => new Extender(one, platform.clock)),
    platform.log,
  )
}

const state = cluster([node("n1"), node("n2"), node("n3")], [pod("low", { nodeName: "n1" })])
const nodes = [...state.nodes.values()]

test("nodes are filtered by name, and refused ones remembered with their reasons", async (t) => {
  const asked: unknown[] = []
  const urlPrefix = await start(t, (path, { NodeNames, Nodes }) => {
    asked.push([path, NodeNames, Nodes])
    return { NodeNames: ["n2"], FailedNodes: { n1: "no" }, FailedAndUnresolvableNodes: { n3: "never" } }
  })
  const verdicts = new Refusals()
  const left = await extenders([{ urlPrefix, filterVerb: "filter", nodeCacheCapable: true }]).filtered(
    pod("a"),
    nodes,
    verdicts,
  )
  assert.deepEqual(asked, [["/ext/filter", ["n1", "n2", "n3"], null]])
  assert.deepEqual(
    left.map(({ name }) => name),
    ["n2"],
  )
  assert.deepEqual(
    [...verdicts].map(([, { rejection }]) => [rejection.reasons, rejection.unresolvable]),
    [
      [["no"], false],
      [["never"], true],
    ],
  )
})

test("an extender without a cache gets whole nodes", async (t) => {
  const urlPrefix = await start(t, (_, { Nodes }) => {
    const { items } = Nodes as { items: unknown[] }
    return { Nodes: { items: items.slice(1) } }
  })
  const left = await extenders([{ urlPrefix, filterVerb: "filter" }]).filtered(pod("a"), nodes, new Refusals())
  assert.deepEqual(
    left.map(({ name }) => name),
    ["n2", "n3"],
  )
})

test("an extender that fails stops the cycle, unless it may be ignored", async (t) => {
  const urlPrefix = await start(t, () => undefined)
  const ask = (ignorable: boolean) =>
    extenders([{ urlPrefix, filterVerb: "filter", ignorable }]).filtered(pod("a"), nodes, new Refusals())
  await assert.rejects(ask(false), { message: `failed filter with extender at URL ${urlPrefix}filter, code 500` })
  assert.equal((await ask(true)).length, 3)
})

test("scores of extenders are added by their weight", async (t) => {
  const urlPrefix = await start(t, () => [{ Host: "n2", Score: 5 }])
  const totals = [1, 2, 3]
  await extenders([{ urlPrefix, prioritizeVerb: "prioritize", weight: 2 }]).score(pod("a"), nodes, totals)
  assert.deepEqual(totals, [1, 102, 3])
})

test("only pods with its resources concern an extender, and it binds them", async (t) => {
  const bound: unknown[] = []
  const urlPrefix = await start(t, (path, body) => {
    bound.push([path, body])
    return {}
  })
  const all = extenders([{ urlPrefix, bindVerb: "bind", managedResources: [{ name: "example.com/foo" }] }])
  assert.equal(await all.bound(pod("plain"), "n1"), false)
  assert.equal(await all.bound(pod("special", { requests: { "example.com/foo": "1" } }), "n1"), true)
  const body = { PodName: "special", PodNamespace: "default", PodUID: "uid-special", Node: "n1" }
  assert.deepEqual(bound, [["/ext/bind", body]])
})

test("victims are named by uid, and must be there", async (t) => {
  const urlPrefix = await start(t, (_, { NodeNameToMetaVictims }) => ({ NodeNameToMetaVictims }))
  const all = extenders([{ urlPrefix, preemptVerb: "preempt", nodeCacheCapable: true }])
  const low = nodes[0]?.pods.get("default/low")?.pod ?? pod("low")
  const left = await all.preempted(pod("high"), [{ nodeName: "n1", victims: [low], budgetViolations: 0 }], state)
  assert.deepEqual(left, [{ nodeName: "n1", victims: [low], budgetViolations: 0 }])
  const gone = [{ nodeName: "n2", victims: [pod("gone")] as const, budgetViolations: 0 }]
  await assert.rejects(all.preempted(pod("high"), gone, state), /the pod is not found on that node/)
})
