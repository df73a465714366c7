import assert from "node:assert/strict"
import { type TestContext, test } from "node:test"
import { Namespace } from "../../api/core/v1/namespace.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import { NetworkPolicy } from "../../api/networking/v1/network-policy.ts"
import { createPodPolicies } from "../policy/pod-policies.ts"
import { podObject, policy } from "../policy/testing.ts"
import { createApiStub } from "../testing/api.ts"
import { cannotRun, createTestBed, platform } from "../testing/namespaces.ts"
import { feedPolicies, NO_POLICIES, type PolicyFacts } from "./policy-feed.ts"

const here = { namespace: "x", name: "here", podUid: "x-here", labels: {}, sandboxId: "one", ips: ["10.244.0.2"] }
const later = { ...here, name: "later", podUid: "x-later", sandboxId: "two", ips: ["10.244.0.3"] }
const elsewhere = podObject({ namespace: "x", name: "elsewhere", labels: { app: "web" }, ip: "10.244.1.5" })
const friends = policy("x", "friends", { ingress: [{ from: [{ podSelector: { matchLabels: { app: "web" } } }] }] })
const namespace = (labels: object) =>
  ({ metadata: { name: "y", labels, resourceVersion: "1" } }) as unknown as Namespace
const team = namespace({ team: "a" })
const guest = podObject({ namespace: "y", name: "guest", labels: {}, ip: "10.244.1.6" })
const guests = policy("x", "guests", {
  ingress: [{ from: [{ namespaceSelector: { matchLabels: { team: "a" } } }] }],
})

function nodeOf(t: TestContext) {
  const bed = createTestBed(t)
  const netns = bed.namespace("node")
  const api = createApiStub()
  /** A new process of the node's. It waits for nobody. */
  const start = (restored: PolicyFacts) => {
    const controller = new AbortController()
    const impatient = { ...platform, clock: { ...platform.clock, sleep: async () => {} } }
    const policies = createPodPolicies({ name: "gtest0", podCidrs: ["10.244.0.0/24"], netns, platform: impatient })
    const { signal } = controller
    const feed = feedPolicies({ client: api.client, platform, signal, policies, onChange: () => undefined }, restored)
    const stop = () => {
      controller.abort()
      return policies.close()
    }
    bed.defer(stop)
    return { policies, feed, stop }
  }
  const elements = async (kind: string, name: RegExp) => {
    const table = await bed.run(netns, "nft", "list", "table", "ip", "gtest0-policies")
    const found = [...table.matchAll(/(map|set) (\S+) \{\s+type [^\n]*\n(?:\s+elements = \{ ([^}]*) \})?/g)]
    return found
      .flatMap(([, what, set = "", all = ""]) => (what === kind && name.test(set) ? all.split(/,\s+/) : []))
      .map((element) => element.replace(/ : goto .*/, ""))
      .filter((element) => element !== "")
      .sort()
  }
  return { api, start, restricted: () => elements("map", /^ingress$/), peers: () => elements("set", /^peers-/) }
}

test("policies, namespaces and pods follow the API", { skip: cannotRun }, async (t) => {
  const { api, start, restricted, peers } = nodeOf(t)
  const { policies, feed } = start(NO_POLICIES)
  policies.adopt(here)
  await feed.synced
  assert.deepEqual([await restricted(), feed.facts().pods], [[], []])
  await api.put(Pod, elsewhere)
  await api.put(Pod, guest)
  await api.put(Namespace, team)
  await api.put(NetworkPolicy, friends)
  await settled(policies, async () => (await peers()).length > 0)
  assert.deepEqual([await restricted(), await peers()], [["10.244.0.2"], ["10.244.1.5"]])
  await api.put(NetworkPolicy, guests)
  await settled(policies, async () => (await peers()).length > 1)
  assert.deepEqual(await peers(), ["10.244.1.5", "10.244.1.6"])
  await api.put(Namespace, namespace({}))
  await policies.settled()
  assert.deepEqual(await peers(), ["10.244.1.5"])
  await api.remove(Pod, elsewhere)
  await policies.settled()
  assert.deepEqual(await peers(), [])
  await api.remove(NetworkPolicy, friends)
  await api.remove(NetworkPolicy, guests)
  await policies.settled()
  assert.deepEqual(await restricted(), [])
})

test("while the API is away new pods are under the policies that were known last", { skip: cannotRun }, async (t) => {
  const { api, start, restricted, peers } = nodeOf(t)
  api.setAway(true)
  const known = { policies: [friends], namespaces: [team], pods: [elsewhere] }
  const { policies, feed } = start(known)
  assert.equal(feed.facts(), known)
  policies.adopt(here)
  await policies.admit(later)
  assert.deepEqual([await restricted(), await peers()], [["10.244.0.2", "10.244.0.3"], ["10.244.1.5"]])
  // What is gone since is forgotten.
  await api.put(NetworkPolicy, guests)
  await api.put(Pod, guest)
  await api.put(Namespace, team)
  api.setAway(false)
  await feed.synced
  await policies.settled()
  assert.deepEqual([await restricted(), await peers()], [["10.244.0.2", "10.244.0.3"], ["10.244.1.6"]])
  assert.deepEqual(
    feed.facts().policies.map(({ metadata }) => metadata.name),
    ["guests"],
  )
})

/** A new policy waits until the pods are known, which takes the informers some turns. */
async function settled(policies: { settled(): Promise<void> }, isDone: () => Promise<boolean>): Promise<void> {
  while (!(await isDone())) await policies.settled()
}
