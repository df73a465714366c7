import assert from "node:assert/strict"
import { test } from "node:test"
import { ValidatingWebhookConfiguration } from "../../../api/admissionregistration/v1/validating-webhook-configuration.ts"
import { HorizontalPodAutoscaler as Autoscaler1 } from "../../../api/autoscaling/v1/horizontal-pod-autoscaler.ts"
import { HorizontalPodAutoscaler } from "../../../api/autoscaling/v2/horizontal-pod-autoscaler.ts"
import { ConfigMap } from "../../../api/core/v1/config-map.ts"
import { Namespace } from "../../../api/core/v1/namespace.ts"
import { Pod } from "../../../api/core/v1/pod.ts"
import { ServiceAccount } from "../../../api/core/v1/service-account.ts"
import { benchForTests, patch, refusal } from "./testing.ts"

/** Which webhooks are called, and in which order: real ones, before a whole API server. */

const bench = benchForTests()

test("webhooks run by configuration, and those that want to see later changes are called again", async () => {
  bench.answers.set("first", ({ request }) =>
    (request.object["data"] as object & { b?: string }).b === undefined
      ? { allowed: true }
      : patch({ op: "add", path: "/data/c", value: "3" }),
  )
  bench.answers.set("never", () => ({ allowed: true }))
  bench.answers.set("second", () => patch({ op: "add", path: "/data/b", value: "2" }))
  await bench.mutating("b", bench.webhook("second"))
  await bench.mutating("a", bench.webhook("first", { reinvocationPolicy: "IfNeeded" }), bench.webhook("never"))
  const made = await bench.create()
  assert.deepEqual(
    bench.reviews.map(({ path }) => path),
    ["first", "never", "second", "first"],
  )
  assert.deepEqual({ ...made.data }, { a: "1", b: "2", c: "3" })
})

test("selectors choose by labels of the namespace and of the object, old or new", async () => {
  bench.answers.set("see", () => ({ allowed: true }))
  await bench.client.of(Namespace).create({ metadata: { name: "yard" } })
  await bench.validating(
    "c",
    bench.webhook("see", {
      namespaceSelector: { matchLabels: { tier: "gold" } },
      objectSelector: { matchLabels: { watched: "yes" } },
    }),
  )
  await bench.create()
  await bench.create({ metadata: { name: "in-yard", namespace: "yard", labels: { watched: "yes" } } })
  assert.equal(bench.reviews.length, 0)
  const made = await bench.create({ metadata: { name: "seen", namespace: "shop", labels: { watched: "yes" } } })
  const { labels: _labels, ...metadata } = made.metadata
  await bench.client.of(ConfigMap).update({ ...made, metadata } as never)
  assert.deepEqual(
    bench.reviews.map(({ request }) => request["operation"]),
    ["CREATE", "UPDATE"],
  )
})

test("a webhook sees a resource in the version it knows", async () => {
  bench.answers.set("see", () => ({ allowed: true }))
  const rules = [{ operations: ["CREATE"], apiGroups: ["autoscaling"], apiVersions: ["v1"], resources: ["*"] }]
  await bench.validating("c", bench.webhook("see", { rules }), bench.webhook("exact", { rules, matchPolicy: "Exact" }))
  await bench.client.of(HorizontalPodAutoscaler).create({
    metadata: { name: "h", namespace: "shop" },
    spec: { maxReplicas: 3, scaleTargetRef: { kind: "Deployment", name: "d", apiVersion: "apps/v1" } },
  } as never)
  assert.deepEqual(
    bench.reviews.map(({ path }) => path),
    ["see"],
  )
  const request = bench.reviews[0]?.request ?? assert.fail()
  assert.deepEqual(request["kind"], { group: "autoscaling", version: "v1", kind: "HorizontalPodAutoscaler" })
  assert.deepEqual(request["requestKind"], { group: "autoscaling", version: "v2", kind: "HorizontalPodAutoscaler" })
  assert.equal(request.object["apiVersion"], "autoscaling/v1")
})

test("a request through another version is told as it was sent", async () => {
  bench.answers.set("see", () => patch({ op: "replace", path: "/spec/maxReplicas", value: 4 }))
  const rules = [{ operations: ["CREATE"], apiGroups: ["autoscaling"], apiVersions: ["v1"], resources: ["*"] }]
  await bench.mutating("c", bench.webhook("see", { rules, matchPolicy: "Exact" }))
  const made = await bench.client.of(Autoscaler1).create({
    metadata: { name: "h1", namespace: "shop" },
    spec: { maxReplicas: 3, scaleTargetRef: { kind: "Deployment", name: "d", apiVersion: "apps/v1" } },
  } as never)
  const { request } = bench.reviews[0] ?? assert.fail()
  assert.deepEqual(request["requestKind"], { group: "autoscaling", version: "v1", kind: "HorizontalPodAutoscaler" })
  assert.equal(request.object["apiVersion"], "autoscaling/v1")
  assert.equal(made.spec.maxReplicas, 4)
})

test("webhook configurations are not shown to webhooks", async () => {
  const rules = [{ operations: ["*"], apiGroups: ["*"], apiVersions: ["*"], resources: ["*/*"] }]
  await bench.validating("all", bench.webhook("broken", { rules }))
  await bench.mutating("all", bench.webhook("broken", { rules }))
  assert.equal(bench.reviews.length, 0)
})

test("match conditions decide whether a webhook is called", async () => {
  bench.answers.set("see", () => ({ allowed: true }))
  const matchConditions = [{ name: "named", expression: "object.metadata.name.startsWith('seen')" }]
  await bench.validating("c", bench.webhook("see", { matchConditions }))
  await bench.create()
  assert.equal(bench.reviews.length, 0)
  await bench.create({ metadata: { name: "seen-too", namespace: "shop" } })
  assert.equal(bench.reviews.length, 1)
})

test("a match condition that fails refuses, unless the webhook's failures are ignored", async () => {
  const matchConditions = [{ name: "odd", expression: "object.data.nothing == '1'" }]
  await bench.validating("c", bench.webhook("see", { matchConditions }))
  assert.match(
    (await refusal(bench.create())).message,
    /^configmaps "map-\d+" is forbidden: expression 'object.data.nothing == '1'' resulted in error: no such key: nothing$/,
  )
  await bench.client.of(ValidatingWebhookConfiguration).delete({ name: "c" })
  await bench.validating("c", bench.webhook("see", { matchConditions, failurePolicy: "Ignore" }))
  await bench.create()
  assert.equal(bench.reviews.length, 0)
})

test("an eviction asks about the eviction, not about the deletion that follows", async () => {
  bench.answers.set("evict", () => ({ allowed: true }))
  const rules = [{ operations: ["*"], apiGroups: [""], apiVersions: ["v1"], resources: ["pods", "pods/eviction"] }]
  const metadata = { name: "p", namespace: "shop" }
  await bench.client.of(ServiceAccount).create({ metadata: { name: "default", namespace: "shop" } })
  await bench.client.of(Pod).create({ metadata, spec: { containers: [{ name: "c", image: "i" }] } } as never)
  await bench.validating("c", bench.webhook("evict", { rules }))
  const eviction = { apiVersion: "policy/v1", kind: "Eviction", metadata }
  await bench.client.raw.post("/api/v1/namespaces/shop/pods/p/eviction", eviction)
  assert.deepEqual(
    bench.reviews.map(({ request }) => [request["operation"], request["subResource"]]),
    [["CREATE", "eviction"]],
  )
})
