import assert from "node:assert/strict"
import { test } from "node:test"
import { parseManifest } from "./manifest.ts"

const where = { file: "/etc/manifests/web.yaml", nodeName: "node-1", seen: "2026-01-01T00:00:00.000Z" }
const web = `apiVersion: v1
kind: Pod
metadata:
  name: web
  labels: {app: web}
spec:
  containers:
  - name: web
    image: app:1
`

test("a manifest becomes the pod that this node runs", () => {
  const { metadata, spec, status } = parseManifest(web, where)
  assert.equal(metadata.name, "web-node-1")
  assert.equal(metadata.namespace, "default")
  assert.match(metadata.uid, /^[0-9a-f]{32}$/)
  assert.deepEqual(metadata.annotations, {
    "kubernetes.io/config.hash": metadata.uid,
    "kubernetes.io/config.seen": where.seen,
    "kubernetes.io/config.source": "file",
  })
  assert.equal(spec.nodeName, "node-1")
  assert.equal(spec.restartPolicy, "Always")
  assert.deepEqual(spec.tolerations, [{ operator: "Exists", effect: "NoExecute" }])
  assert.equal(status.phase, "Pending")
})

test("the uid tells manifests apart, by what they say, where they stand and who runs them", () => {
  const uidOf = (text: string, more: Partial<typeof where> = {}) =>
    parseManifest(text, { ...where, ...more }).metadata.uid
  const before = uidOf(web)
  assert.equal(uidOf(web, { seen: "2027-01-01T00:00:00.000Z" }), before)
  assert.equal(uidOf(JSON.stringify(JSON.parse(json))), uidOf(json))
  const others = [uidOf(web.replace("app:1", "app:2")), uidOf(web, { file: "/x" }), uidOf(web, { nodeName: "b" })]
  assert.equal(new Set([before, ...others]).size, 4)
  assert.equal(uidOf(web.replace("name: web", "name: web\n  uid: chosen")), "chosen")
})

const json = `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":{"containers":[{"name":"a","image":"b"}]}}`

const volume = (text: string) => `${web}  volumes:\n  - name: v\n    ${text}\n`
const refused = [
  { name: "nothing", text: "", says: /couldn't parse as pod\(the file is empty\), please check config file$/ },
  { name: "no object", text: "a: [", says: /^\/etc\/manifests\/web.yaml: couldn't parse as pod\(yaml: / },
  { name: "another kind", text: web.replace("Pod", "Service"), says: /found "Service" of "v1", expected Pod of v1/ },
  { name: "no kind", text: "{}", says: /Object 'Kind' is missing in '\{\}'/ },
  { name: "two pods", text: `${web}---\n${web}`, says: /found several documents/ },
  { name: "an unknown field", text: web.replace("image:", "imag:"), says: /unknown field "spec.containers\[0\].imag"/ },
  {
    name: "a field twice",
    text: web.replace("  labels", "  name: b\n  labels"),
    says: /key "name" already set in map/,
  },
  { name: "no name", text: web.replace("  name: web\n  labels", "  labels"), says: /^invalid pod: name is needed/ },
  {
    name: "an invalid pod",
    text: web.replace("name: web\n    image", "name: W\n    image"),
    says: /^invalid pod: \[spec.containers\[0\].name: Invalid value: "W": a lowercase RFC 1123 label/,
  },
  {
    name: "a service account",
    text: web.replace("spec:", "spec:\n  serviceAccountName: a"),
    says: /^static pods may not reference serviceaccounts$/,
  },
  {
    name: "a secret",
    text: volume("secret: {secretName: s}"),
    says: /^static pods may not reference secrets$/,
  },
  {
    name: "a claim",
    text: volume("persistentVolumeClaim: {claimName: c}"),
    says: /^static pods may not reference persistentvolumeclaims$/,
  },
]
for (const { name, text, says } of refused) {
  test(`a manifest is refused: ${name}`, () => {
    assert.throws(() => parseManifest(text, where), { message: says })
  })
}
