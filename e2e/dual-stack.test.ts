import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import type { Node } from "../src/api/core/v1/node.ts"
import type { Pod } from "../src/api/core/v1/pod.ts"
import type { Service } from "../src/api/core/v1/service.ts"
import { startTestCluster, type TestCluster } from "./cluster.ts"
import { until } from "./command.ts"

/** Three real nodes with addresses of both IP families. */

let cluster: TestCluster
before(async () => {
  cluster = await startTestCluster({ name: "dual", nodes: 3, options: ["--ip-families", "IPv4,IPv6"] })
})
after(() => cluster?.down())

const IMAGE = "gantry.test/busybox:1"
const serving = "mkdir /w; hostname > /w/index.html; exec httpd -f -p 8080 -h /w"
const podOn = (name: string, nodeName: string) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, labels: { app: "web" } },
  spec: {
    nodeName,
    terminationGracePeriodSeconds: 0,
    containers: [{ name: "web", image: IMAGE, imagePullPolicy: "Never", command: ["sh", "-c", serving] }],
  },
})
const service = (name: string, spec: object) => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name },
  spec: { selector: { app: "web" }, ports: [{ port: 80, targetPort: 8080 }], ...spec },
})
const isIPv6 = (text: string | undefined) => text?.includes(":") === true
const bracketed = (address: string) => (isIPv6(address) ? `[${address}]` : address)

const fetchFrom = (pod: string, address: string, port = 80) =>
  cluster.tryKubectl(`exec ${pod} -- wget -qO- http://${bracketed(address)}:${port}/`)

const saidBy = async (pod: string, address: string, port?: number) =>
  (await fetchFrom(pod, address, port)).stdout.trim()

let pods: readonly Pod[] = []
const ipsOf = ({ status }: Pod): readonly string[] => (status.podIPs ?? []).flatMap(({ ip }) => ip ?? [])

test("nodes and pods have an address of each family", async () => {
  const { items: nodes } = await cluster.get<{ items: Node[] }>("nodes")
  for (const { spec, status } of nodes) {
    assert.deepEqual(spec.podCIDRs?.map(isIPv6), [false, true])
    const own = (status.addresses ?? []).flatMap(({ type, address }) => (type === "InternalIP" ? [address] : []))
    assert.deepEqual(own.map(isIPv6), [false, true])
  }
  const names = nodes.map(({ metadata }, index) => ({ pod: `web-${index}`, node: metadata.name }))
  await cluster.apply(...names.map(({ pod, node }) => podOn(pod, node)))
  await cluster.kubectl("wait --for=condition=Ready pod -l app=web --timeout=60s")
  ;({ items: pods } = await cluster.get<{ items: Pod[] }>("pods -l app=web"))
  for (const pod of pods) {
    assert.deepEqual(ipsOf(pod).map(isIPv6), [false, true])
    assert.deepEqual(
      pod.status.hostIPs?.map(({ ip }) => isIPv6(ip)),
      [false, true],
    )
    const hosts = await cluster.kubectl(`exec ${pod.metadata.name} -- cat /etc/hosts`)
    for (const ip of ipsOf(pod)) assert.match(hosts, new RegExp(`^${ip}\\s+${pod.metadata.name}$`, "m"))
  }
})

test("pods of all nodes reach each other by both families", async () => {
  for (const from of pods) {
    for (const to of pods) {
      for (const ip of ipsOf(to)) assert.equal(await saidBy(from.metadata.name, ip, 8080), to.metadata.name)
    }
  }
})

test("services are reached at their addresses, their node ports and by name", async () => {
  const names = pods.map(({ metadata }) => metadata.name)
  const both = { ipFamilyPolicy: "RequireDualStack" }
  await cluster.apply(
    service("web", { ...both, type: "NodePort" }),
    service("six", { ipFamilies: ["IPv6"] }),
    service("each", { ...both, clusterIP: "None" }),
  )
  const web = await cluster.get<Service>("service web")
  const six = await cluster.get<Service>("service six")
  assert.deepEqual(web.spec.clusterIPs?.map(isIPv6), [false, true])
  assert.deepEqual(six.spec.clusterIPs?.map(isIPv6), [true])
  const port = web.spec.ports?.[0]?.nodePort ?? 0
  const addresses = [...(web.spec.clusterIPs ?? []), ...(six.spec.clusterIPs ?? []), "web", "six"]
  for (const from of names) {
    for (const address of addresses) {
      await until(`${from} reaches ${address}`, async () => names.includes(await saidBy(from, address)))
    }
    const looked = await cluster.tryKubectl(`exec ${from} -- nslookup each.default.svc.cluster.local`)
    for (const ip of pods.flatMap(ipsOf)) assert.ok(looked.stdout.includes(ip), `${ip} in ${looked.stdout}`)
  }
  for (const { status } of pods) {
    for (const { ip = "" } of status.hostIPs ?? []) {
      const answer = (await (await fetch(`http://${bracketed(ip)}:${port}`)).text()).trim()
      assert.ok(names.includes(answer), `${ip} says ${answer}`)
    }
  }
})

test("policies hold for both families", async () => {
  const [first, second] = pods
  assert.ok(first && second)
  const spec = { podSelector: {}, policyTypes: ["Ingress"] }
  const policy = { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", metadata: { name: "deny" }, spec }
  await cluster.apply(policy)
  for (const ip of ipsOf(first)) {
    const isRefused = async () => (await fetchFrom(second.metadata.name, ip, 8080)).code !== 0
    await until(`${second.metadata.name} is kept from ${ip}`, isRefused)
  }
  await cluster.kubectl("delete networkpolicy deny")
  for (const ip of ipsOf(first)) {
    const isLetIn = async () => (await saidBy(second.metadata.name, ip, 8080)) === first.metadata.name
    await until(`${second.metadata.name} reaches ${ip}`, isLetIn)
  }
})

test("a cluster of IPv6 alone", async () => {
  const six = await startTestCluster({ name: "six", nodes: 2, options: ["--ip-families", "IPv6"] })
  try {
    const { items: nodes } = await six.get<{ items: Node[] }>("nodes")
    const names = nodes.map(({ metadata }) => metadata.name)
    await six.apply(...names.map((node, index) => podOn(`web-${index}`, node)), service("web", {}))
    await six.kubectl("wait --for=condition=Ready pod -l app=web --timeout=60s")
    const { items } = await six.get<{ items: Pod[] }>("pods -l app=web")
    for (const from of items) {
      assert.deepEqual(ipsOf(from).map(isIPv6), [true])
      for (const to of items) {
        const [ip = ""] = ipsOf(to)
        const said = await six.kubectl(`exec ${from.metadata.name} -- wget -qO- http://[${ip}]:8080/`)
        assert.equal(said.trim(), to.metadata.name)
      }
      const isServed = async () =>
        (await six.tryKubectl(`exec ${from.metadata.name} -- wget -qO- http://web/`)).code === 0
      await until(`${from.metadata.name} finds the service`, isServed)
    }
  } finally {
    await six.down()
  }
})
