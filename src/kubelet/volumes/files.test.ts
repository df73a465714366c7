import assert from "node:assert/strict"
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs"
import { join } from "node:path"
import { after, test } from "node:test"
import { podOf, skip, VolumeStage } from "./testing.ts"

const stage = new VolumeStage()
after(() => stage.remove())

test("a configMap volume follows its object all at once, through ..data", { skip }, async () => {
  stage.setConfigMap("settings", { a: "1", b: "2" }, { raw: Buffer.from([0, 255]).toString("base64") })
  const volumes = stage.open("cm")
  await volumes.setUp(podOf("cm", [{ name: "v", configMap: { name: "settings", defaultMode: 0o640 } }]))
  const folder = stage.pathOf("cm", "configmap", "v")
  assert.equal(readFileSync(join(folder, "a"), "utf8"), "1")
  assert.deepEqual(readFileSync(join(folder, "raw")), Buffer.from([0, 255]))
  assert.equal(readlinkSync(join(folder, "a")), "..data/a")
  assert.equal(statSync(join(folder, "a")).mode & 0o777, 0o640)
  const first = readlinkSync(join(folder, "..data"))
  assert.match(first, /^\.\.2026_11_21_10_00_00\.\d+$/)

  await volumes.objectChanged("ConfigMap", "default", "settings")
  assert.equal(readlinkSync(join(folder, "..data")), first, "what did not change is not written again")

  stage.setConfigMap("settings", { a: "one", c: "3" })
  await volumes.objectChanged("ConfigMap", "default", "settings")
  assert.equal(readFileSync(join(folder, "a"), "utf8"), "one")
  assert.deepEqual(
    readdirSync(folder).filter((name) => !name.startsWith("..")),
    ["a", "c"],
  )
  assert.equal(existsSync(join(folder, first)), false)
})

test("items choose keys, paths and modes", { skip }, async () => {
  stage.setConfigMap("keys", { x: "X", y: "Y" })
  const volumes = stage.open("items")
  const items = [{ key: "x", path: "deep/er/x.txt", mode: 0o400 }]
  await volumes.setUp(podOf("items", [{ name: "v", configMap: { name: "keys", items } }]))
  const folder = stage.pathOf("items", "configmap", "v")
  assert.equal(readFileSync(join(folder, "deep/er/x.txt"), "utf8"), "X")
  assert.equal(statSync(join(folder, "deep/er/x.txt")).mode & 0o777, 0o400)
  assert.equal(readlinkSync(join(folder, "deep")), "..data/deep")
  assert.equal(existsSync(join(folder, "y")), false)
})

test("what is optional may be missing", { skip }, async () => {
  stage.setConfigMap("some", { k: "v" })
  const volumes = stage.open("optional")
  const items = [
    { key: "nope", path: "p" },
    { key: "k", path: "k" },
  ]
  await volumes.setUp(
    podOf("optional", [
      { name: "none", secret: { secretName: "none", optional: true } },
      { name: "part", configMap: { name: "some", items, optional: true } },
    ]),
  )
  assert.deepEqual(readdirSync(join(stage.pathOf("optional", "secret", "none"), "..data")), [])
  assert.deepEqual(readdirSync(join(stage.pathOf("optional", "configmap", "part"), "..data")), ["k"])
})

test("the API access volume: token, root CA, namespace; the token is renewed after 80% of its life", {
  skip,
}, async () => {
  stage.setConfigMap("kube-root-ca.crt", { "ca.crt": "PEM" })
  const volumes = stage.open("api")
  const sources = [
    { serviceAccountToken: { path: "token", expirationSeconds: 3607, audience: "aud" } },
    { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
    {
      downwardAPI: { items: [{ path: "namespace", fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" } }] },
    },
  ]
  const securityContext = { runAsUser: 1234, fsGroup: 77 }
  const pod = podOf("api", [{ name: "v", projected: { sources } }], { serviceAccountName: "robot", securityContext })
  await volumes.setUp(pod)
  const folder = stage.pathOf("api", "projected", "v")
  const token = readFileSync(join(folder, "token"), "utf8")
  assert.equal(token, `robot-${stage.tokenRequests.length}`)
  const boundObjectRef = { apiVersion: "v1", kind: "Pod", name: "web", uid: "api" }
  assert.deepEqual(stage.tokenRequests.at(-1), { audiences: ["aud"], expirationSeconds: 3607, boundObjectRef })
  assert.equal(readFileSync(join(folder, "ca.crt"), "utf8"), "PEM")
  assert.equal(readFileSync(join(folder, "namespace"), "utf8"), "default")
  const file = statSync(join(folder, "token"))
  assert.deepEqual([file.uid, file.gid, file.mode & 0o777], [1234, 77, 0o640])

  stage.nowMs += 3607_000 * 0.8 - 11_000
  await volumes.setUp(pod)
  assert.equal(readFileSync(join(folder, "token"), "utf8"), token)
  stage.nowMs += 11_000
  await volumes.setUp(pod)
  assert.notEqual(readFileSync(join(folder, "token"), "utf8"), token)
})

test("downward API files hold fields and resources", { skip }, async () => {
  const field = (path: string, fieldPath: string) => ({ path, fieldRef: { apiVersion: "v1", fieldPath } })
  const resource = (path: string, name: string, divisor: string) => ({
    path,
    resourceFieldRef: { containerName: "c", resource: name, divisor },
  })
  const items = [
    field("labels", "metadata.labels"),
    field("app", "metadata.labels['app']"),
    resource("memory", "limits.memory", "1Mi"),
    resource("cpu", "limits.cpu", "1m"),
    resource("requests", "requests.cpu", "0"),
  ]
  const volumes = stage.open("down")
  await volumes.setUp(podOf("down", [{ name: "v", downwardAPI: { items } }]))
  const read = (name: string) => readFileSync(join(stage.pathOf("down", "downward-api", "v"), name), "utf8")
  assert.equal(read("labels"), 'app="web"\ntier="a\\"b"')
  assert.equal(read("app"), "web")
  assert.deepEqual([read("memory"), read("cpu"), read("requests")], ["4096", "2000", "0"])
})
