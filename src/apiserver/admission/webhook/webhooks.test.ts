import assert from "node:assert/strict"
import { after, afterEach, before, test } from "node:test"
import { MutatingWebhookConfiguration } from "../../../api/admissionregistration/v1/mutating-webhook-configuration.ts"
import { ValidatingWebhookConfiguration } from "../../../api/admissionregistration/v1/validating-webhook-configuration.ts"
import { Deployment } from "../../../api/apps/v1/deployment.ts"
import { HorizontalPodAutoscaler } from "../../../api/autoscaling/v2/horizontal-pod-autoscaler.ts"
import { ConfigMap } from "../../../api/core/v1/config-map.ts"
import { Namespace } from "../../../api/core/v1/namespace.ts"
import type { Client } from "../../../client/client.ts"
import { StatusError } from "../../../machinery/status/status-error.ts"
import { startTestWebhook, type TestWebhook } from "../../webhook/testing.ts"
import { startTestApi, type TestApi } from "../testing.ts"

/** Real webhooks over HTTPS before a whole API server. */

interface Review {
  readonly apiVersion: string
  readonly kind: string
  readonly request: Record<string, unknown> & { readonly uid: string; readonly object: Record<string, unknown> }
}
type Answer = (review: Review) => object | undefined

let api: TestApi
let client: Client
let warnings: string[]
let hook: TestWebhook
/** By path. */
const answers = new Map<string, Answer>()
const reviews: (Review & { readonly path: string })[] = []

before(async () => {
  api = await startTestApi()
  client = api.client
  warnings = api.warnings
  hook = await startTestWebhook(({ path, body }, response) => {
    const review = body as Review
    const name = path.slice(1).split("?")[0] ?? ""
    reviews.push({ ...review, path: name })
    const answer = answers.get(name)?.(review)
    if (answer === undefined) return void response.writeHead(500).end("broken")
    return { apiVersion: review.apiVersion, kind: review.kind, response: { uid: review.request.uid, ...answer } }
  })
  await client.of(Namespace).create({ metadata: { name: "shop", labels: { tier: "gold" } } })
})
afterEach(async () => {
  for (const kind of [MutatingWebhookConfiguration, ValidatingWebhookConfiguration]) {
    const all = await client.of(kind).list()
    for (const { metadata } of all.items) await client.of(kind).delete({ name: metadata.name })
  }
  answers.clear()
  reviews.length = 0
  warnings.length = 0
})
after(async () => {
  await api.close()
  await hook.close()
})

const rule = { operations: ["*"], apiGroups: [""], apiVersions: ["v1"], resources: ["configmaps"] }
const webhook = (path: string, more: object = {}) => ({
  name: `${path}.example.com`,
  clientConfig: { url: `${hook.url}/${path}`, caBundle: hook.caBundle },
  rules: [rule],
  sideEffects: "None",
  admissionReviewVersions: ["v1"],
  ...more,
})
const mutating = (name: string, ...webhooks: object[]) =>
  client.of(MutatingWebhookConfiguration).create({ metadata: { name }, webhooks } as never)
const validating = (name: string, ...webhooks: object[]) =>
  client.of(ValidatingWebhookConfiguration).create({ metadata: { name }, webhooks } as never)
const patch = (...operations: object[]) => ({
  allowed: true,
  patchType: "JSONPatch",
  patch: Buffer.from(JSON.stringify(operations)).toString("base64"),
})
let count = 0
const fresh = () => ({ metadata: { name: `map-${++count}`, namespace: "shop" }, data: { a: "1" } })
const create = (object: object = fresh()) => client.of(ConfigMap).create(object as never)

async function refusal(promise: Promise<unknown>): Promise<StatusError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof StatusError, String(error))
  return error
}

test("a review says everything about the request", async () => {
  answers.set("see", () => ({ allowed: true }))
  await validating("c", webhook("see"))
  const object = fresh()
  await create(object)
  const [{ request, apiVersion } = assert.fail()] = reviews
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
  await client.of(ConfigMap).delete(object.metadata)
  const deletion = reviews[1]?.request ?? assert.fail()
  assert.equal(deletion["operation"], "DELETE")
  assert.equal(deletion.object, null)
  assert.deepEqual((deletion["oldObject"] as { data: unknown }).data, { a: "1" })
  assert.equal((deletion["options"] as { kind: string }).kind, "DeleteOptions")
})

test("a patch changes what is stored, and is read like anything a client sends", async () => {
  answers.set("change", () => ({
    ...patch({ op: "add", path: "/data/b", value: "2" }, { op: "add", path: "/nonsense", value: 1 }),
    warnings: ["careful"],
  }))
  await mutating("c", webhook("change"))
  const made = await create()
  assert.deepEqual({ ...made.data }, { a: "1", b: "2" })
  assert.equal("nonsense" in made, false)
  assert.deepEqual(warnings, ["careful"])
})

test("generated names and uids are not known to mutating webhooks, but to validating ones", async () => {
  for (const path of ["change", "see"]) answers.set(path, () => ({ allowed: true }))
  await mutating("c", webhook("change"))
  await validating("c", webhook("see"))
  const made = await create({ metadata: { generateName: "made-", namespace: "shop" } })
  const [first, second] = reviews.map(({ request }) => request)
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
    answers.set("deny", () => ({ allowed: false, ...answer }))
    await validating("c", webhook("deny"))
    const error = await refusal(create())
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
    answers.set("odd", () => answer)
    await (type === "mutating" ? mutating : validating)("c", webhook("odd"))
    const error = await refusal(create())
    const expected = message.replace("UID", reviews[0]?.request.uid ?? "")
    assert.equal(error.message, `Internal error occurred: failed calling webhook "odd.example.com": ${expected}`)
    assert.equal(error.code, 500)
  })
}

test("a webhook that fails refuses the request, unless its policy is to ignore that", async () => {
  await validating("c", webhook("broken"))
  assert.equal(
    (await refusal(create())).message,
    'Internal error occurred: failed calling webhook "broken.example.com": failed to call webhook: an error on the server ("broken") has prevented the request from succeeding',
  )
  await client.of(ValidatingWebhookConfiguration).delete({ name: "c" })
  await validating("c", webhook("broken", { failurePolicy: "Ignore" }))
  await mutating("c", webhook("broken", { failurePolicy: "Ignore" }))
  await create()
})

test("dry runs call only webhooks without side effects", async () => {
  answers.set("see", () => ({ allowed: true }))
  await validating("c", webhook("see", { sideEffects: "NoneOnDryRun" }))
  await client.of(ConfigMap).create(fresh() as never, { dryRun: true } as never)
  assert.equal(reviews[0]?.request["dryRun"], true)
})

test("webhooks run by configuration, and those that want to see later changes are called again", async () => {
  answers.set("first", ({ request }) =>
    (request.object["data"] as object & { b?: string }).b === undefined
      ? { allowed: true }
      : patch({ op: "add", path: "/data/c", value: "3" }),
  )
  answers.set("never", () => ({ allowed: true }))
  answers.set("second", () => patch({ op: "add", path: "/data/b", value: "2" }))
  await mutating("b", webhook("second"))
  await mutating("a", webhook("first", { reinvocationPolicy: "IfNeeded" }), webhook("never"))
  const made = await create()
  assert.deepEqual(
    reviews.map(({ path }) => path),
    ["first", "never", "second", "first"],
  )
  assert.deepEqual({ ...made.data }, { a: "1", b: "2", c: "3" })
})

test("selectors choose by labels of the namespace and of the object, old or new", async () => {
  answers.set("see", () => ({ allowed: true }))
  await client.of(Namespace).create({ metadata: { name: "yard" } })
  await validating(
    "c",
    webhook("see", {
      namespaceSelector: { matchLabels: { tier: "gold" } },
      objectSelector: { matchLabels: { watched: "yes" } },
    }),
  )
  await create()
  await create({ metadata: { name: "in-yard", namespace: "yard", labels: { watched: "yes" } } })
  assert.equal(reviews.length, 0)
  const made = await create({ metadata: { name: "seen", namespace: "shop", labels: { watched: "yes" } } })
  const { labels: _labels, ...metadata } = made.metadata
  await client.of(ConfigMap).update({ ...made, metadata } as never)
  assert.deepEqual(
    reviews.map(({ request }) => request["operation"]),
    ["CREATE", "UPDATE"],
  )
})

test("a webhook sees a resource in the version it knows", async () => {
  answers.set("see", () => ({ allowed: true }))
  const rules = [{ operations: ["CREATE"], apiGroups: ["autoscaling"], apiVersions: ["v1"], resources: ["*"] }]
  await validating("c", webhook("see", { rules }), webhook("exact", { rules, matchPolicy: "Exact" }))
  await client.of(HorizontalPodAutoscaler).create({
    metadata: { name: "h", namespace: "shop" },
    spec: { maxReplicas: 3, scaleTargetRef: { kind: "Deployment", name: "d", apiVersion: "apps/v1" } },
  } as never)
  assert.deepEqual(
    reviews.map(({ path }) => path),
    ["see"],
  )
  const request = reviews[0]?.request ?? assert.fail()
  assert.deepEqual(request["kind"], { group: "autoscaling", version: "v1", kind: "HorizontalPodAutoscaler" })
  assert.deepEqual(request["requestKind"], { group: "autoscaling", version: "v2", kind: "HorizontalPodAutoscaler" })
  assert.equal(request.object["apiVersion"], "autoscaling/v1")
})

test("webhook configurations are not shown to webhooks", async () => {
  const rules = [{ operations: ["*"], apiGroups: ["*"], apiVersions: ["*"], resources: ["*/*"] }]
  await validating("all", webhook("broken", { rules }))
  await mutating("all", webhook("broken", { rules }))
  assert.equal(reviews.length, 0)
})

test("match conditions decide whether a webhook is called", async () => {
  answers.set("see", () => ({ allowed: true }))
  const matchConditions = [{ name: "named", expression: "object.metadata.name.startsWith('seen')" }]
  await validating("c", webhook("see", { matchConditions }))
  await create()
  assert.equal(reviews.length, 0)
  await create({ metadata: { name: "seen-too", namespace: "shop" } })
  assert.equal(reviews.length, 1)
})

test("a match condition that fails refuses, unless the webhook's failures are ignored", async () => {
  const matchConditions = [{ name: "odd", expression: "object.data.nothing == '1'" }]
  await validating("c", webhook("see", { matchConditions }))
  assert.match(
    (await refusal(create())).message,
    /^configmaps "map-\d+" is forbidden: expression 'object.data.nothing == '1'' resulted in error: no such key: nothing$/,
  )
  await client.of(ValidatingWebhookConfiguration).delete({ name: "c" })
  await validating("c", webhook("see", { matchConditions, failurePolicy: "Ignore" }))
  await create()
  assert.equal(reviews.length, 0)
})

test("a webhook that changes a scale changes what is scaled", async () => {
  answers.set("most", () => patch({ op: "replace", path: "/spec/replicas", value: 2 }))
  const rules = [{ operations: ["UPDATE"], apiGroups: ["apps"], apiVersions: ["v1"], resources: ["deployments/scale"] }]
  await mutating("c", webhook("most", { rules }))
  const template = { metadata: { labels: { app: "a" } }, spec: { containers: [{ name: "c", image: "i" }] } }
  const spec = { replicas: 1, selector: { matchLabels: { app: "a" } }, template }
  await client.of(Deployment).create({ metadata: { name: "scaled", namespace: "shop" }, spec } as never)
  const path = "/apis/apps/v1/namespaces/shop/deployments/scaled/scale"
  const scale = (await client.raw.get(path)) as { spec: object }
  const changed = (await client.raw.put(path, { ...scale, spec: { replicas: 9 } })) as { spec: object }
  assert.deepEqual(changed.spec, { replicas: 2 })
  const { request } = reviews[0] ?? assert.fail()
  assert.deepEqual(request["kind"], { group: "autoscaling", version: "v1", kind: "Scale" })
  assert.equal(request["subResource"], "scale")
  assert.deepEqual((request["oldObject"] as { spec: object }).spec, { replicas: 1 })
  assert.equal((await client.of(Deployment).get({ name: "scaled", namespace: "shop" })).spec.replicas, 2)
})

test("what a webhook does to field owners must make sense", async () => {
  answers.set("odd", () => patch({ op: "add", path: "/metadata/managedFields/0/operation", value: "Wish" }))
  await mutating("c", webhook("odd"))
  const made = await create()
  assert.equal(made.metadata.managedFields?.[0]?.operation, "Update")
  assert.match(warnings[0] ?? "", /^\.metadata\.managedFields was in an invalid state after admission; /)
})
