import assert from "node:assert/strict"
import { hostname as nodeHostname } from "node:os"
import { test } from "node:test"
import type { Service } from "../../api/core/v1/service.ts"
import { notFound } from "../../machinery/status/errors.ts"
import { containerResourceValue } from "../downward.ts"
import { containerOf, podOf } from "../testing/pods.ts"
import { podDns } from "./dns.ts"
import { containerEnv } from "./env.ts"
import { parseEnvFile } from "./env-file.ts"
import { podHostname } from "./hostname.ts"
import { hostsFile } from "./hosts-file.ts"
import { containerSecurity } from "./security.ts"
import { serviceEnv } from "./service-env.ts"

const node = { servers: ["9.9.9.9"], searches: ["example.org"], options: ["rotate"] }
const cluster = { servers: ["10.96.0.10"], domain: "cluster.local" }
const clusterSearches = ["default.svc.cluster.local", "svc.cluster.local", "cluster.local", "example.org"]

const dnsCases = [
  { spec: {}, want: { servers: ["10.96.0.10"], searches: clusterSearches, options: ["ndots:5"] } },
  { spec: { dnsPolicy: "Default" }, want: node },
  { spec: { hostNetwork: true, dnsPolicy: "ClusterFirst" }, want: node },
  {
    spec: { hostNetwork: true, dnsPolicy: "ClusterFirstWithHostNet" },
    want: { servers: ["10.96.0.10"], searches: clusterSearches, options: ["ndots:5"] },
  },
  {
    spec: {
      dnsPolicy: "None",
      dnsConfig: { nameservers: ["1.1.1.1"], searches: ["a.b"], options: [{ name: "ndots", value: "2" }] },
    },
    want: { servers: ["1.1.1.1"], searches: ["a.b"], options: ["ndots:2"] },
  },
  {
    spec: { dnsConfig: { options: [{ name: "ndots", value: "1" }, { name: "edns0" }] } },
    want: { servers: ["10.96.0.10"], searches: clusterSearches, options: ["ndots:1", "edns0"] },
  },
]
for (const { spec, want } of dnsCases) {
  test(`resolver of ${JSON.stringify(spec)}`, () => assert.deepEqual(podDns(podOf(spec), cluster, node), want))
}

const hostnameCases = [
  { spec: {}, want: ["p", ""] },
  { spec: { hostname: "h", subdomain: "sub" }, want: ["h", "sub.default.svc.cluster.local"] },
  {
    spec: { subdomain: "sub", setHostnameAsFQDN: true },
    want: ["p.sub.default.svc.cluster.local", "sub.default.svc.cluster.local"],
  },
  { spec: { hostnameOverride: "other.example" }, want: ["other.example", ""] },
  { spec: { hostname: `${"x".repeat(62)}-y` }, want: ["x".repeat(62), ""] },
]
for (const { spec, want } of hostnameCases) {
  test(`host name of ${JSON.stringify(spec)}`, () => {
    const { domain, kernel } = podHostname(podOf(spec), "cluster.local")
    assert.deepEqual([kernel, domain], want)
  })
}

test("the hosts file names the pod and its aliases", () => {
  const pod = podOf({ hostname: "h", subdomain: "sub", hostAliases: [{ ip: "1.2.3.4", hostnames: ["a", "b"] }] })
  const lines = hostsFile(pod, ["10.0.0.5"], podHostname(pod, "c.local")).split("\n")
  assert.deepEqual(lines.slice(0, 2), ["# Kubernetes-managed hosts file.", "127.0.0.1\tlocalhost"])
  assert.deepEqual(lines.slice(7), [
    "10.0.0.5\th.sub.default.svc.c.local\th",
    "",
    "# Entries added by HostAliases.",
    "1.2.3.4\ta\tb",
    "",
  ])
})

test("with the node's network the hosts file is the node's, and knows its name", () => {
  const pod = podOf({ hostNetwork: true })
  const words = hostsFile(pod, ["192.0.2.7"], podHostname(pod, "c.local")).split(/\s+/)
  assert.equal(words.filter((word) => word === nodeHostname()).length > 0, true)
  assert(!words.includes(pod.metadata.name))
})

const services = [
  ["default", "kubernetes", "10.96.0.1"],
  ["default", "my-db", "10.96.0.2"],
  ["other", "hidden", "10.96.0.3"],
  ["default", "headless", "None"],
].map(([namespace, name, clusterIP]) => ({
  metadata: { namespace, name },
  spec: { clusterIP, ports: [{ name: "main", port: 443, protocol: "TCP" }] },
})) as unknown as Service[]

test("services become variables", () => {
  const env = serviceEnv(services, "default", true)
  assert.deepEqual(
    [...env.keys()].filter((key) => key.startsWith("MY_DB")),
    [
      "MY_DB_SERVICE_HOST",
      "MY_DB_SERVICE_PORT",
      "MY_DB_SERVICE_PORT_MAIN",
      "MY_DB_PORT",
      "MY_DB_PORT_443_TCP",
      "MY_DB_PORT_443_TCP_PROTO",
      "MY_DB_PORT_443_TCP_PORT",
      "MY_DB_PORT_443_TCP_ADDR",
    ],
  )
  assert.equal(env.get("MY_DB_PORT"), "tcp://10.96.0.2:443")
  assert.ok(![...env.keys()].some((key) => /^(HIDDEN|HEADLESS)/.test(key)))
  assert.deepEqual(
    [...new Set([...serviceEnv(services, "default", false).keys()].map((key) => key.split("_")[0]))],
    ["KUBERNETES"],
  )
})

const sources = {
  getConfigMap: async (_: string, name: string) => {
    if (name !== "settings") throw notFound({ group: "", resource: "configmap" }, name)
    return { data: { mode: "fast" } } as never
  },
  getSecret: async () => ({ data: { key: Buffer.from("hush").toString("base64") } }) as never,
  fileValue: () => undefined,
  serviceEnv: new Map([["DB_HOST", "10.0.0.2"]]),
  nodeAllocatable: { cpu: "4", memory: "1Gi" },
}
const envOf = async (container: object) =>
  Object.fromEntries(
    (
      await containerEnv(
        podOf({}, { labels: { app: "x" } }, { podIP: "10.0.0.9" }),
        containerOf("c", container),
        sources,
      )
    ).map(({ name, value }) => [name, value]),
  )

test("variables come from everywhere, and refer to each other", async () => {
  const env = await envOf({
    envFrom: [
      { prefix: "CM_", configMapRef: { name: "settings" } },
      { configMapRef: { name: "none", optional: true } },
    ],
    env: [
      { name: "PLAIN", value: "v" },
      { name: "REF", value: "$(PLAIN)-$(CM_mode)-$(DB_HOST)-$$(PLAIN)-$(UNKNOWN)" },
      { name: "IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
      { name: "CPU", valueFrom: { resourceFieldRef: { resource: "limits.cpu" } } },
      { name: "SECRET", valueFrom: { secretKeyRef: { name: "s", key: "key" } } },
      { name: "ABSENT", valueFrom: { secretKeyRef: { name: "s", key: "nope", optional: true } } },
    ],
  })
  assert.deepEqual(env, {
    CM_mode: "fast",
    PLAIN: "v",
    REF: "v-fast-10.0.0.2-$(PLAIN)-$(UNKNOWN)",
    IP: "10.0.0.9",
    CPU: "4",
    SECRET: "hush",
    DB_HOST: "10.0.0.2",
  })
})

test("a missing key is named", async () => {
  const env = [{ name: "X", valueFrom: { configMapKeyRef: { name: "settings", key: "nope" } } }]
  await assert.rejects(envOf({ env }), { message: "couldn't find key nope in ConfigMap default/settings" })
})

test("env files take quoted values, comments and nothing else", () => {
  assert.deepEqual(
    [...parseEnvFile("# c\n\nA='1' # one\nB='x\ny'\nC= 'z'\n")],
    [
      ["A", "1"],
      ["B", "x\ny"],
      ["C", ""],
    ],
  )
  for (const bad of ["A=1", "A 'x'", "A = 'x'", "A='x' y", "A='x"]) assert.throws(() => parseEnvFile(bad), bad)
})

const root = { uid: 0, username: "" }
const security = (container: object, pod: object = {}, image: { uid: number | null; username: string } = root) =>
  containerSecurity(podOf({ securityContext: pod }), containerOf("c", { securityContext: container }), {
    image,
    seccompDir: "/profiles",
  })

test("a container's settings win over its pod's", () => {
  const { noNewPrivs, runAsGroup, runAsUser, seccomp, supplementalGroups } = security(
    { runAsUser: 5, allowPrivilegeEscalation: false },
    { runAsUser: 1, runAsGroup: 2, fsGroup: 3, supplementalGroups: [4] },
  )
  assert.deepEqual([runAsUser, runAsGroup, supplementalGroups, noNewPrivs], [5, 2, [3, 4], true])
  assert.deepEqual(seccomp, { type: "RuntimeDefault" })
  assert.deepEqual(security({ privileged: true }).seccomp, { type: "Unconfined" })
  assert.deepEqual(security({ seccompProfile: { type: "Localhost", localhostProfile: "a.json" } }).seccomp, {
    type: "Localhost",
    localhostRef: "/profiles/a.json",
  })
})

const nonRootCases = [
  {
    own: { runAsNonRoot: true, runAsUser: 0 },
    image: root,
    want: /^container's runAsUser breaks non-root policy \(pod: "p_default\(u\)", container: c\)$/,
  },
  { own: { runAsNonRoot: true }, image: root, want: /^container has runAsNonRoot and image will run as root/ },
  {
    own: { runAsNonRoot: true },
    image: { uid: null, username: "app" },
    want: /^container has runAsNonRoot and image has non-numeric user \(app\), cannot verify user is non-root/,
  },
]
for (const { image, own, want } of nonRootCases) {
  test(`refuses ${JSON.stringify(own)} for user ${image.username || image.uid}`, () => {
    assert.throws(() => security(own, {}, image), { message: want })
  })
}
test("accepts a user that is not root", () =>
  assert.equal(security({ runAsNonRoot: true }, {}, { uid: 7, username: "" }).runAsUser, 7))

test("a limit that a container lacks is its pod's, or the node's", () => {
  const pod = podOf({ containers: [], resources: { limits: { memory: "64Mi" } } })
  const node = { cpu: "2", memory: "8Gi" }
  const value = (resource: string, limits: object) =>
    containerResourceValue(pod, { resources: { limits } } as never, resource, undefined, node)
  assert.deepEqual(
    [value("limits.memory", { memory: "1Mi" }), value("limits.memory", {}), value("limits.cpu", {})],
    ["1048576", "67108864", "2"],
  )
})
