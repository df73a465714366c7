import assert from "node:assert/strict"
import { test } from "node:test"
import type { NetworkPolicy } from "../../api/networking/v1/network-policy.ts"
import { cannotRun } from "../testing/namespaces.ts"
import { NAMESPACES, nodesWithPods, PORTS } from "./node-with-pods.ts"
import { isAllowed, policy, type World } from "./testing.ts"

const selecting = (name: string) => ({ matchLabels: { pod: name } })
const team = (name: string) => ({ matchLabels: { team: name } })
const [TCP, UDP] = ["TCP", "UDP"]

const worlds: readonly { readonly name: string; readonly policies: readonly NetworkPolicy[] }[] = [
  { name: "no policy", policies: [] },
  { name: "deny all ingress", policies: [policy("x", "p", {})] },
  { name: "deny all egress", policies: [policy("x", "p", { policyTypes: ["Egress"] })] },
  {
    name: "deny everything to one pod",
    policies: [policy("x", "p", { podSelector: selecting("a"), policyTypes: ["Ingress", "Egress"] })],
  },
  { name: "allow all beside deny all", policies: [policy("x", "deny", {}), policy("x", "allow", { ingress: [{}] })] },
  {
    name: "pods of the same namespace",
    policies: [policy("x", "p", { ingress: [{ from: [{ podSelector: selecting("b") }] }] })],
  },
  {
    name: "pods of other namespaces",
    policies: [policy("x", "p", { ingress: [{ from: [{ namespaceSelector: team("y") }] }] })],
  },
  {
    name: "pods and namespaces at once, or one of two",
    policies: [
      policy("x", "and", {
        podSelector: selecting("a"),
        ingress: [{ from: [{ podSelector: selecting("b"), namespaceSelector: team("y") }] }],
      }),
      policy("x", "or", {
        podSelector: selecting("b"),
        ingress: [{ from: [{ podSelector: selecting("a") }, { namespaceSelector: team("z") }] }],
      }),
    ],
  },
  {
    name: "selectors with expressions",
    policies: [
      policy("x", "p", {
        podSelector: { matchExpressions: [{ key: "pod", operator: "In", values: ["a", "c"] }] },
        ingress: [{ from: [{ namespaceSelector: { matchExpressions: [{ key: "kind", operator: "DoesNotExist" }] } }] }],
      }),
    ],
  },
  {
    name: "blocks with exceptions, one of which another rule allows",
    policies: [
      policy("x", "p", {
        ingress: [
          { from: [{ ipBlock: { cidr: "10.244.0.0/29", except: ["10.244.0.4/31", "10.244.0.2/32"] } }] },
          { from: [{ ipBlock: { cidr: "10.244.0.5/32" } }], ports: [{ protocol: TCP, port: 81 }] },
        ],
      }),
    ],
  },
  {
    name: "a block of the other family lets nobody in",
    policies: [policy("x", "p", { ingress: [{ from: [{ ipBlock: { cidr: "::/0" } }] }] })],
  },
  {
    name: "numbers of ports",
    policies: [
      policy("x", "p", {
        ingress: [
          {
            ports: [
              { protocol: TCP, port: 80 },
              { protocol: UDP, port: 81 },
            ],
          },
        ],
      }),
    ],
  },
  { name: "a protocol", policies: [policy("x", "p", { ingress: [{ ports: [{ protocol: UDP }] }] })] },
  { name: "SCTP only", policies: [policy("x", "p", { ingress: [{ ports: [{ protocol: "SCTP", port: 80 }] }] })] },
  {
    name: "a range of ports",
    policies: [
      policy("x", "p", {
        ingress: [
          {
            ports: [
              { protocol: TCP, port: 79, endPort: 80 },
              { protocol: UDP, port: 80, endPort: 90 },
            ],
          },
        ],
      }),
    ],
  },
  {
    name: "names of ports",
    policies: [
      policy("x", "p", {
        ingress: [
          {
            ports: [
              { protocol: TCP, port: "web" },
              { protocol: UDP, port: "web" },
            ],
          },
        ],
      }),
    ],
  },
  {
    name: "a name that no port has",
    policies: [policy("x", "p", { ingress: [{ ports: [{ protocol: TCP, port: "nobody" }] }] })],
  },
  {
    name: "egress by name of port and namespace",
    policies: [
      policy("x", "p", {
        policyTypes: ["Egress"],
        egress: [{ to: [{ namespaceSelector: team("z") }], ports: [{ protocol: TCP, port: "web" }] }],
      }),
    ],
  },
  {
    name: "egress and ingress must both allow",
    policies: [
      policy("x", "out", {
        policyTypes: ["Egress"],
        egress: [{ to: [{ namespaceSelector: {} }], ports: [{ protocol: TCP, port: 80 }] }],
      }),
      policy("y", "in", { ingress: [{ from: [{ namespaceSelector: team("x"), podSelector: selecting("a") }] }] }),
    ],
  },
  {
    name: "egress by blocks with exceptions, and a range of ports",
    policies: [
      policy("x", "p", {
        egress: [
          {
            to: [{ ipBlock: { cidr: "10.244.0.0/29", except: ["10.244.0.4/31"] } }],
            ports: [
              { protocol: TCP, port: 80, endPort: 81 },
              { protocol: UDP, port: 81, endPort: 90 },
            ],
          },
          { to: [{ ipBlock: { cidr: "10.244.1.0/24" } }], ports: [{ protocol: UDP }] },
        ],
      }),
    ],
  },
  {
    name: "pods of the own namespace both ways, which rules of several policies add to",
    policies: [
      policy("x", "own", {
        policyTypes: ["Ingress", "Egress"],
        ingress: [{ from: [{ podSelector: {} }] }],
        egress: [{ to: [{ podSelector: {} }] }],
      }),
      policy("x", "in", {
        podSelector: selecting("b"),
        ingress: [{ from: [{ namespaceSelector: team("y") }], ports: [{ protocol: TCP, port: 81 }] }],
      }),
      policy("x", "out", {
        podSelector: selecting("a"),
        policyTypes: ["Egress"],
        egress: [
          { to: [{ namespaceSelector: {}, podSelector: selecting("b") }], ports: [{ protocol: UDP, port: "web" }] },
        ],
      }),
    ],
  },
  {
    name: "rules for what is not restricted have no effect",
    policies: [
      policy("x", "p", {
        policyTypes: ["Ingress"],
        ingress: [{}],
        egress: [{ to: [{ podSelector: selecting("a") }] }],
      }),
    ],
  },
  { name: "nobody is selected", policies: [policy("x", "p", { podSelector: selecting("c") })] },
]

const CASES = [
  { families: ["IPv4"], nodes: 1, name: "IPv4" },
  { families: ["IPv4", "IPv6"], nodes: 1, name: "IPv6, on a node of both families" },
  { families: ["IPv4"], nodes: 2, name: "IPv4, on two nodes" },
  { families: ["IPv4", "IPv6"], nodes: 2, name: "IPv6, on two nodes of both families" },
] as const

/** The same block of the other family: pods have the same places in their ranges, but for one. */
function blockOf6(cidr: string): string {
  const [, place, bits] = /^10\.244\.(\d+\.\d+)\/(\d+)$/.exec(cidr) ?? []
  if (place === undefined) return cidr.includes(":") ? "0.0.0.0/0" : "::/0"
  const [node, host] = place.split(".").map(Number)
  return `fd00:10:244:${node}::${(host ?? 0).toString(16)}/${Number(bits) + 96}`
}

const inFamily6 = (one: NetworkPolicy): NetworkPolicy =>
  JSON.parse(JSON.stringify(one), (_key, value) =>
    typeof value === "string" && /^[0-9a-f.:]+\/\d+$/.test(value) ? blockOf6(value) : value,
  ) as NetworkPolicy

for (const { families, nodes: count, name: title } of CASES) {
  test(`who may reach whom, by every connection there is (${title})`, { skip: cannotRun }, async (t) => {
    const { bed, nodes, pods } = await nodesWithPods(t, families, count)
    const probes = pods.flatMap((from) =>
      pods.flatMap((to) => PORTS.flatMap((number) => [TCP, UDP].map((protocol) => ({ from, to, number, protocol })))),
    )
    let before: readonly NetworkPolicy[] = []
    for (const { name, policies: inFamily4 } of worlds) {
      const wanted = families.length === 1 ? inFamily4 : inFamily4.map(inFamily6)
      for (const { policies } of nodes) {
        for (const { metadata } of before) policies.removePolicy(`${metadata.namespace}/${metadata.name}`)
        for (const each of wanted) policies.setPolicy(each)
        await policies.settled()
      }
      before = wanted
      const world: World = { namespaces: NAMESPACES, policies: wanted }
      const wrong: string[] = []
      await Promise.all(
        probes.map(async ({ from, to, number, protocol }) => {
          const ask = protocol === TCP ? bed.ask : bed.askUdp
          const isAnswered = (await ask(from.netns, to.ip, number)).startsWith(protocol.toLowerCase())
          if (isAnswered === isAllowed(world, from, to, protocol, number)) return
          wrong.push(
            `${from.namespace}/${from.name} -> ${to.namespace}/${to.name} ${protocol} ${number}: ${isAnswered}`,
          )
        }),
      )
      assert.deepEqual(wrong, [], name)
      for (const { ip, node } of pods) assert.equal(await bed.ask(node.netns, ip, 80), `tcp ${node.nodeIp}`, name)
    }
  })
}
