import assert from "node:assert/strict"
import { test } from "node:test"
import { parse } from "yaml"
import { mergeKubeconfig, removeFromKubeconfig, renewInKubeconfig } from "./kubeconfig.ts"

const entry = { name: "gantry", server: "https://127.0.0.1:6443", ca: "CA", cert: "CERT", key: "KEY" }

const other = `apiVersion: v1
kind: Config
# Production. Be careful.
clusters:
- name: prod
  cluster: {server: "https://prod"}
contexts:
- name: prod
  context: {cluster: prod, user: me}
users: []
current-context: prod
`

test("an empty file becomes a kubeconfig", () => {
  const config = parse(mergeKubeconfig("", entry))
  assert.equal(config.kind, "Config")
  assert.equal(config["current-context"], "gantry")
  assert.deepEqual(config.contexts, [{ name: "gantry", context: { cluster: "gantry", user: "gantry" } }])
  assert.equal(Buffer.from(config.users[0].user["client-key-data"], "base64").toString(), "KEY")
})

test("other entries and comments stay", () => {
  const merged = mergeKubeconfig(other, entry)
  assert.match(merged, /# Production\. Be careful\./)
  assert.deepEqual(
    parse(merged).clusters.map((cluster: { name: string }) => cluster.name),
    ["prod", "gantry"],
  )
})

test("merging twice replaces", () => {
  const moved = mergeKubeconfig(mergeKubeconfig(other, entry), { ...entry, server: "https://127.0.0.1:7443" })
  assert.deepEqual(
    parse(moved).clusters.map((cluster: { cluster: { server: string } }) => cluster.cluster.server),
    ["https://prod", "https://127.0.0.1:7443"],
  )
})

test("credentials are renewed only where they stand, and the current context stays", () => {
  const merged = mergeKubeconfig(other, entry).replace("current-context: gantry", "current-context: prod")
  const config = parse(renewInKubeconfig(merged, { ...entry, cert: "NEW" }))
  assert.equal(config.users[0].user["client-certificate-data"], Buffer.from("NEW").toString("base64"))
  assert.equal(config["current-context"], "prod")
  assert.equal(renewInKubeconfig(other, entry), other)
})

test("removing takes out only its own, and a current context that would point nowhere", () => {
  const config = parse(removeFromKubeconfig(mergeKubeconfig(other, entry), "gantry"))
  assert.deepEqual([config.clusters.length, config.contexts.length, config.users.length], [1, 1, 0])
  assert.equal(config["current-context"], "")
})

test("what is no mapping is refused", () => {
  assert.throws(() => mergeKubeconfig("[1, 2]", entry), /mapping/)
  assert.throws(() => mergeKubeconfig("a: [", entry))
})
