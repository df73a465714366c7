import assert from "node:assert/strict"
import { test } from "node:test"
import { ValidatingWebhookConfiguration } from "../../../api/admissionregistration/v1/validating-webhook-configuration.ts"
import { Deployment } from "../../../api/apps/v1/deployment.ts"
import { ConfigMap } from "../../../api/core/v1/config-map.ts"
import { benchForTests, patch, refusal } from "./testing.ts"

/** What webhooks are asked and what they may answer: real ones, before a whole API server. */

const bench = benchForTests()

test("a review says everything about the request", async () => {
  bench.answers.set("see", () => ({ allowed: true }))
  await bench.validating("c", bench.webhook("see"))
  const object = bench.fresh()
  await bench.create(object)
  const [{ request, apiVersion } = assert.fail()] = bench.reviews
  const { uid, object: seen, ...rest } = request
  assert.equal(apiVersion, "admission.k8s.io/v1")
  assert.match(uid, /^[\da-f-]{36}$/)
  const kind = { group: "", version: "v1", kind: "ConfigMap" }
  const resource = { group: "", version: "v1", resource: "configmaps" }
  assert.deepEqual(rest, {
    kind,
    resource,
    requestKind: kind,
    requestResource: resource,
    name: object.metadata.name,
    namespace: "shop",
    operation: "CREATE",
    userInfo: { username: "ada", uid: "7", groups: ["system:masters"], extra: { team: ["blue"] } },
    oldObject: null,
    dryRun: false,
    options: { kind: "CreateOptions", apiVersion: "meta.k8s.io/v1", fieldManager: "tester" },
  })
  assert.deepEqual(seen["data"], { a: "1" })
  await bench.client.of(ConfigMap).delete(object.metadata)
  const deletion = bench.reviews[1]?.request ?? assert.fail()
  assert.equal(deletion["operation"], "DELETE")
  assert.equal(deletion.object, null)
  assert.deepEqual((deletion["oldObject"] as { data: unknown }).data, { a: "1" })
  assert.equal((deletion["options"] as { kind: string }).kind, "DeleteOptions")
})

test("a patch changes what is stored, and is read like anything a client sends", async () => {
  bench.answers.set("change", () => ({
    ...patch({ op: "add", path: "/data/b", value: "2" }, { op: "add", path: "/nonsense", value: 1 }),
    warnings: ["careful"],
  }))
  await bench.mutating("c", bench.webhook("change"))
  const made = await bench.create()
  assert.deepEqual({ ...made.data }, { a: "1", b: "2" })
  assert.equal("nonsense" in made, false)
  assert.deepEqual(bench.warnings, ["careful"])
})

test("generated names and uids are not known to mutating webhooks, but to validating ones", async () => {
  for (const path of ["change", "see"]) bench.answers.set(path, () => ({ allowed: true }))
  await bench.mutating("c", bench.webhook("change"))
  await bench.validating("c", bench.webhook("see"))
  const made = await bench.create({ metadata: { generateName: "made-", namespace: "shop" } })
  const [first, second] = bench.reviews.map(({ request }) => request)
  const meta = (review: typeof first) => review?.object["metadata"] as { name?: string; uid?: string }
  assert.deepEqual([first?.["name"], meta(first).name, meta(first).uid], [undefined, undefined, undefined])
  assert.deepEqual(
    [second?.["name"], meta(second).name, meta(second).uid],
    [undefined, made.metadata.name, made.metadata.uid],
  )
})

const denials: readonly { name: string; answer: object; code: number; reason: string; message: string }[] = [
  { name: "without words", answer: {}, code: 400, reason: "", message: " without explanation" },
  { name: "with a message", answer: { status: { message: "no" } }, code: 400, reason: "", message: ": no" },
  {
    name: "with code and reason",
    answer: { status: { code: 402, reason: "Poor" } },
    code: 402,
    reason: "Poor",
    message: ": Poor",
  },
  {
    name: "that looks like a success",
    answer: { status: { status: "Success", code: 200, message: "fine" } },
    code: 400,
    reason: "",
    message: ": fine",
  },
]
for (const { name, answer, code, reason, message } of denials) {
  test(`a denial ${name}`, async () => {
    bench.answers.set("deny", () => ({ allowed: false, ...answer }))
    await bench.validating("c", bench.webhook("deny"))
    const error = await refusal(bench.create())
    assert.equal(error.message, `admission webhook "deny.example.com" denied the request${message}`)
    assert.deepEqual([error.code, error.reason], [code, reason])
  })
}

const invalid: readonly { name: string; type: "mutating" | "validating"; answer: object; message: string }[] = [
  {
    name: "another uid",
    type: "validating",
    answer: { uid: "x", allowed: true },
    message: 'received invalid webhook response: expected response.uid="UID", got "x"',
  },
  {
    name: "a patch of a validating webhook",
    type: "validating",
    answer: patch({ op: "remove", path: "/data" }),
    message: "received invalid webhook response: validating webhook may not return response.patch",
  },
  {
    name: "a patch without type",
    type: "mutating",
    answer: { ...patch({ op: "remove", path: "/data" }), patchType: undefined },
    message: "received invalid webhook response: webhook returned response.patch but not response.patchType",
  },
  {
    name: "an unknown type of patch",
    type: "mutating",
    answer: { ...patch({ op: "remove", path: "/data" }), patchType: "Merge" },
    message: 'unsupported patch type "Merge"',
  },
]
for (const { name, type, answer, message } of invalid) {
  test(`an answer that breaks the protocol: ${name}`, async () => {
    bench.answers.set("odd", () => answer)
    await bench[type]("c", bench.webhook("odd"))
    const error = await refusal(bench.create())
    const expected = message.replace("UID", bench.reviews[0]?.request.uid ?? "")
    assert.equal(error.message, `Internal error occurred: failed calling webhook "odd.example.com": ${expected}`)
    assert.equal(error.code, 500)
  })
}

test("a webhook that fails refuses the request, unless its policy is to ignore that", async () => {
  await bench.validating("c", bench.webhook("broken"))
  assert.equal(
    (await refusal(bench.create())).message,
    'Internal error occurred: failed calling webhook "broken.example.com": failed to call webhook: an error on the server ("broken") has prevented the request from succeeding',
  )
  await bench.client.of(ValidatingWebhookConfiguration).delete({ name: "c" })
  await bench.validating("c", bench.webhook("broken", { failurePolicy: "Ignore" }))
  await bench.mutating("c", bench.webhook("broken", { failurePolicy: "Ignore" }))
  await bench.create()
})

test("dry runs call only webhooks without side effects", async () => {
  bench.answers.set("see", () => ({ allowed: true }))
  await bench.validating("c", bench.webhook("see", { sideEffects: "NoneOnDryRun" }))
  await bench.client.of(ConfigMap).create(bench.fresh() as never, { dryRun: true } as never)
  assert.equal(bench.reviews[0]?.request["dryRun"], true)
})

test("a webhook that changes a scale changes what is scaled", async () => {
  bench.answers.set("most", () => patch({ op: "replace", path: "/spec/replicas", value: 2 }))
  const rules = [{ operations: ["UPDATE"], apiGroups: ["apps"], apiVersions: ["v1"], resources: ["deployments/scale"] }]
  await bench.mutating("c", bench.webhook("most", { rules }))
  const template = { metadata: { labels: { app: "a" } }, spec: { containers: [{ name: "c", image: "i" }] } }
  const spec = { replicas: 1, selector: { matchLabels: { app: "a" } }, template }
  await bench.client.of(Deployment).create({ metadata: { name: "scaled", namespace: "shop" }, spec } as never)
  const path = "/apis/apps/v1/namespaces/shop/deployments/scaled/scale"
  const scale = (await bench.client.raw.get(path)) as { spec: object }
  const changed = (await bench.client.raw.put(path, { ...scale, spec: { replicas: 9 } })) as { spec: object }
  assert.deepEqual(changed.spec, { replicas: 2 })
  const { request } = bench.reviews[0] ?? assert.fail()
  assert.deepEqual(request["kind"], { group: "autoscaling", version: "v1", kind: "Scale" })
  assert.equal(request["subResource"], "scale")
  assert.deepEqual((request["oldObject"] as { spec: object }).spec, { replicas: 1 })
  assert.equal((await bench.client.of(Deployment).get({ name: "scaled", namespace: "shop" })).spec.replicas, 2)
})

test("what a webhook does to field owners must make sense", async () => {
  bench.answers.set("odd", () => patch({ op: "add", path: "/metadata/managedFields/0/operation", value: "Wish" }))
  await bench.mutating("c", bench.webhook("odd"))
  const made = await bench.create()
  assert.equal(made.metadata.managedFields?.[0]?.operation, "Update")
  assert.match(bench.warnings[0] ?? "", /^\.metadata\.managedFields was in an invalid state after admission; /)
})

test("a webhook of the old version is asked in its words, and need not repeat the uid", async () => {
  bench.answers.set("old", () => ({
    ...patch({ op: "add", path: "/data/b", value: "2" }),
    uid: "",
    patchType: undefined,
  }))
  await bench.mutating("c", bench.webhook("old", { admissionReviewVersions: ["v9", "v1beta1"] }))
  assert.deepEqual({ ...(await bench.create()).data }, { a: "1", b: "2" })
  assert.equal(bench.reviews[0]?.apiVersion, "admission.k8s.io/v1beta1")
})
