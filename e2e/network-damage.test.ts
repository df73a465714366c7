import assert from "node:assert/strict"
import { readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { after, before, test } from "node:test"
import type { Event } from "../src/api/core/v1/event.ts"
import type { Pod } from "../src/api/core/v1/pod.ts"
import type { Service } from "../src/api/core/v1/service.ts"
import { netnsPathOf } from "../src/cmd/cluster/components.ts"
import { layoutOf } from "../src/cmd/cluster/layout.ts"
import { BUSYBOX } from "./busybox-image.ts"
import { startTestCluster, type TestCluster } from "./cluster.ts"
import { run, until } from "./command.ts"
import { webOnEachNode } from "./workload-objects.ts"

/** What people and programs do to the network of a machine, done to a cluster with two nodes and both families. */

let cluster: TestCluster
let [first, second, bridge] = ["", "", ""]
let pods: readonly Pod[] = []
let addresses: readonly string[] = []

before(async () => {
  cluster = await startTestCluster({ name: "damage", nodes: 2, options: ["--ip-families", "IPv4,IPv6"] })
  ;[first = "", second = ""] = cluster.record.nodes.map(({ name }) => name)
  bridge = layoutOf(cluster.record).node(first).bridge
  const ports = [{ port: 80, targetPort: 8080 }]
  const spec = { type: "NodePort", ipFamilyPolicy: "RequireDualStack", selector: { app: "web" }, ports }
  await cluster.apply(webOnEachNode("web"), { apiVersion: "v1", kind: "Service", metadata: { name: "web" }, spec })
  await cluster.kubectl("rollout status daemonset/web --timeout=60s")
  ;({ items: pods } = await cluster.get<{ items: Pod[] }>("pods -l app=web"))
  const { spec: service } = await cluster.get<Service>("service web")
  const podIps = pods.flatMap(({ status }) => (status.podIPs ?? []).flatMap(({ ip }) => (ip ? [`${ip} 8080`] : [])))
  addresses = [...podIps, ...(service.clusterIPs ?? []).map((ip) => `${ip} 80`)]
})
after(() => cluster?.down())

/** Whether all pods, and the machine, reach all pods and the service by both families, and names are answered. */
async function isWhole(): Promise<boolean> {
  const urls = addresses.map((address) => {
    const [ip = "", port] = address.split(" ")
    return `http://${ip.includes(":") ? `[${ip}]` : ip}:${port}/`
  })
  const script = [
    ...urls.map((url) => `timeout 2 wget -qO- ${url}`),
    "timeout 2 nslookup web.default.svc.cluster.local",
  ]
  const asked = [
    ...pods.map(({ metadata }) =>
      cluster.tryKubectl(["exec", metadata.name, "--request-timeout=15s", "--", "sh", "-c", script.join(" && ")]),
    ),
    ...urls.map((url) => run("curl", ["-gsm", "2", url])),
  ]
  return (await Promise.all(asked)).every(({ code }) => code === 0)
}

/** On a node, as root. */
async function edit(node: string, command: string): Promise<string> {
  const shell = ["sh", "-c", command]
  const { code, stderr, stdout } =
    node === first
      ? await run("sh", shell.slice(1))
      : await run("nsenter", [`--net=${netnsPathOf(cluster.record, node)}`, ...shell])
  assert.equal(code, 0, `${command}: ${stderr}`)
  return stdout
}

async function repairsOf(node: string): Promise<string> {
  const about = `involvedObject.kind=Node,involvedObject.name=${node},reason=NetworkRepaired`
  const { items } = await cluster.get<{ items: Event[] }>(`events --field-selector ${about}`)
  return items.map(({ message }) => message).join("\n")
}

const peerOf = (node: string) => layoutOf(cluster.record).node(node === first ? second : first)
const portOf = async (): Promise<string> =>
  /: (gv\S+?)@/.exec(await edit(first, `ip -o link show master ${bridge}`))?.[1] ?? ""

const sleeping = (name: string, nodeName: string, spec: object = {}) => {
  const container = { name: "c", image: BUSYBOX, imagePullPolicy: "Never", command: ["sleep", "600"] }
  const rest = { nodeName, terminationGracePeriodSeconds: 0, containers: [container] }
  return { apiVersion: "v1", kind: "Pod", metadata: { name }, spec: { ...rest, ...spec } }
}

const damages: readonly {
  readonly name: string
  readonly node: () => string
  readonly command: () => string | Promise<string>
  readonly told: RegExp
}[] = [
  {
    name: "the bridge of the pods is deleted",
    node: () => second,
    command: () => `ip link delete ${layoutOf(cluster.record).node(second).bridge}`,
    told: /the bridge \S+ was missing/,
  },
  {
    name: "a pod's interface is deleted",
    node: () => first,
    command: async () => `ip link delete ${await portOf()}`,
    told: /the interfaces of 1 pods were missing/,
  },
  {
    name: "a pod's interface is taken from the bridge",
    node: () => first,
    command: async () => `ip link set ${await portOf()} nomaster`,
    told: /the interfaces of 1 pods were not tied to the bridge/,
  },
  {
    name: "the tunnels' device is deleted",
    node: () => first,
    command: () => `ip link delete ${bridge}v`,
    told: /the tunnels' device \S+ was missing/,
  },
  {
    name: "routes to the other node are deleted",
    node: () => second,
    command: () =>
      peerOf(second)
        .podCidrs.map((cidr) => `ip route delete ${cidr}`)
        .join(" && "),
    told: /routes and neighbours of the other nodes were missing/,
  },
  {
    name: "routes to services are deleted",
    node: () => second,
    command: () =>
      layoutOf(cluster.record)
        .ranges.map(({ serviceCidr }) => `ip route delete ${serviceCidr}`)
        .join(" && "),
    told: /the route to \S+ was missing/,
  },
  {
    name: "the bridge between the nodes is deleted",
    node: () => first,
    command: () => `ip link delete ${layoutOf(cluster.record).devicePrefix}nodes`,
    told: /the bridge \S+ between the nodes was missing/,
  },
  {
    name: "forwarding is switched off",
    node: () => second,
    command: () => "sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0",
    told: /ip_forward was 0, expected 1.*forwarding was 0, expected 1/,
  },
  {
    name: "all rules are flushed",
    node: () => second,
    command: () => "nft flush ruleset",
    told: /the rules of the table ip \S+-services were not as written/,
  },
  {
    name: "a firewall begins that drops by its policy",
    node: () => second,
    command: () =>
      `nft 'table inet filter { ${["input", "forward"].map((hook) => `chain ${hook} { type filter hook ${hook} priority 0; policy drop; ct state established accept; icmpv6 type nd-neighbor-solicit accept; icmpv6 type nd-neighbor-advert accept; iifname { "lo", "eth0" } accept; };`).join(" ")} }'`,
    told: /the firewall inet filter forward dropped/,
  },
  {
    name: "a firewall begins that drops by its last rule",
    node: () => second,
    command: () =>
      "nft 'table inet firewalld { chain f { type filter hook forward priority 10; policy accept; ct state established accept; reject with icmpx type admin-prohibited; }; }'",
    told: /the firewall inet firewalld f dropped/,
  },
]

test("a cluster whose network nobody has touched is whole", async () => {
  assert.equal(await isWhole(), true)
})

for (const { name, node, command, told } of damages) {
  test(`${name}: noticed, told and made again`, async () => {
    await edit(node(), await command())
    await until("the node tells of it", async () => told.test(await repairsOf(node())))
    await until("all is reached again", isWhole)
  })
}

test("addresses whose files are damaged stay with their pods when the agent starts anew", async () => {
  await edit(second, "nft delete table inet filter && nft delete table inet firewalld")
  const folder = join(layoutOf(cluster.record).node(first).dataDir, "network", "addresses")
  const files = readdirSync(folder)
  assert.equal(files.length, 2)
  for (const file of files) writeFileSync(join(folder, file), "\0".repeat(20))
  await cluster.kill("agent")
  await cluster.up()
  await until("all is reached again", isWhole)
  await cluster.apply(sleeping("next", first))
  await cluster.kubectl("wait --for=condition=Ready pod/next --timeout=60s")
  const { items } = await cluster.get<{ items: Pod[] }>("pods")
  const ips = items.flatMap(({ status }) => (status.podIPs ?? []).map(({ ip }) => ip))
  assert.equal(new Set(ips).size, 6)
})

test("pods with the node's network have its name", async () => {
  await cluster.apply(...[first, second].map((node) => sleeping(`on-${node}`, node, { hostNetwork: true })))
  for (const node of [first, second]) {
    await cluster.kubectl(`wait --for=condition=Ready pod/on-${node} --timeout=60s`)
    assert.equal((await cluster.kubectl(`exec on-${node} -- hostname`)).trim(), node)
    assert.match(await cluster.kubectl(`exec on-${node} -- cat /etc/hosts`), new RegExp(`\\b${node}\\b`))
  }
})
