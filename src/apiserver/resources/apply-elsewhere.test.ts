import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { Deployment } from "../../api/apps/v1/deployment.ts"
import { HorizontalPodAutoscaler } from "../../api/autoscaling/v1/horizontal-pod-autoscaler.ts"
import { HorizontalPodAutoscaler as Autoscaler2 } from "../../api/autoscaling/v2/horizontal-pod-autoscaler.ts"
import { CertificateSigningRequest } from "../../api/certificates/v1/certificate-signing-request.ts"
import { Event as CoreEvent } from "../../api/core/v1/event.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import { Event } from "../../api/events/v1/event.ts"
import { EC_REQUEST } from "../../machinery/certificates/testing.ts"
import type { AnyResource, KubeObject } from "../../machinery/schema/resource.ts"
import { startTestBack, TEST_RESOURCES, type TestBack } from "./testing.ts"

/** Server-side apply where it is not about an object in the form in which it is stored. */

let back: TestBack
before(async () => {
  const more = [HorizontalPodAutoscaler, Autoscaler2, CertificateSigningRequest, Event]
  back = await startTestBack({ resources: [...TEST_RESOURCES, ...more] })
})
after(() => back.close())

const namespace = "default"

interface How {
  readonly subresource?: string
  readonly force?: boolean
}

/** Applies to an object of a kind, through one of its subresources. */
async function apply(
  resource: AnyResource,
  fieldManager: string,
  body: { metadata: { name: string } },
  how: How = {},
): Promise<KubeObject> {
  const { apiVersion, kind, namespaced } = resource
  const key = { name: body.metadata.name, ...(namespaced && { namespace }) }
  const options = { type: "apply", fieldManager, ...how } as const
  return (await back.client.of(resource).patch(key, { apiVersion, kind, ...body }, options)) as KubeObject
}

const owners = ({ metadata }: KubeObject) =>
  (metadata.managedFields ?? []).map(({ manager, operation, apiVersion, subresource = "", fieldsV1 }) => [
    `${manager} ${operation} ${apiVersion} ${subresource}`.trim(),
    Object.keys((fieldsV1 as { "f:spec"?: object })["f:spec"] ?? {}).join(" "),
  ])

const metadata = { name: "web" }
const labels = { app: "web" }
const template = { metadata: { labels }, spec: { containers: [{ name: "c", image: "i" }] } }
const scale = (replicas?: number) => ({
  apiVersion: "autoscaling/v1",
  kind: "Scale",
  metadata,
  spec: replicas === undefined ? {} : { replicas },
})

test("the number of a scale belongs to one of its appliers", async () => {
  const all = { metadata, spec: { replicas: 2, selector: { matchLabels: labels }, template } }
  await apply(Deployment, "one", all)
  const through = (manager: string, body: ReturnType<typeof scale>, force = false) =>
    apply(Deployment, manager, body, { subresource: "scale", force })
  await assert.rejects(through("two", scale(5)), /conflict with "one": .spec.replicas/)
  await through("two", scale(5), true)
  const stored = () => back.client.of(Deployment).get({ namespace, name: "web" })
  assert.deepEqual(
    owners(await stored()),
    [
      ["two Apply apps/v1 scale", "f:replicas"],
      ["one Apply apps/v1", "f:selector f:template"],
    ].toSorted(([a], [b]) => ((a ?? "") < (b ?? "") ? -1 : 1)),
  )
  assert.equal((await stored()).spec.replicas, 5)
  await through("two", scale(6))
  await back.client.of(Deployment).patch({ namespace, name: "web" }, { spec: { replicas: 7 } }, { type: "merge" })
  assert.deepEqual(
    owners(await stored()).map(([who]) => who),
    ["one Apply apps/v1", "test Update apps/v1"],
  )
  await assert.rejects(through("two", scale(1)), /conflict with "test" using autoscaling\/v1: .spec.replicas/)
})

test("a scale is applied as a scale", async () => {
  const through = (body: object) => apply(Deployment, "x", { metadata, ...body }, { subresource: "scale", force: true })
  await assert.rejects(through({}), { code: 400, message: "invalid object type: apps/v1, Kind=Deployment" })
  await assert.rejects(through({ ...scale(1), other: 1 }), {
    code: 500,
    message: /\.other: field not declared in schema/,
  })
})

test("debug containers, and a decision about a request, are applied", async () => {
  await apply(Pod, "one", { metadata: { name: "p" }, spec: { containers: [{ name: "c", image: "i" }] } } as never)
  const debug = { metadata: { name: "p" }, spec: { ephemeralContainers: [{ name: "d", image: "tools" }] } }
  const pod = await apply(Pod, "two", debug, { subresource: "ephemeralcontainers" })
  assert.deepEqual(
    owners(pod).filter(([who]) => who?.startsWith("two")),
    [["two Apply v1 ephemeralcontainers", "f:ephemeralContainers"]],
  )
  const request = Buffer.from(EC_REQUEST).toString("base64")
  const spec = { request, signerName: "example.com/x", usages: ["client auth"] }
  // Of a request, nobody owns what cannot be changed.
  assert.deepEqual(owners(await apply(CertificateSigningRequest, "one", { metadata, spec } as never)), [])
  const conditions = [{ type: "Approved", status: "True", reason: "R", message: "M" }]
  const approved = await apply(CertificateSigningRequest, "two", { metadata, status: { conditions } } as never, {
    subresource: "approval",
  })
  assert.deepEqual(owners(approved), [["two Apply certificates.k8s.io/v1 approval", ""]])
})

const scaleTargetRef = { apiVersion: "apps/v1", kind: "Deployment", name: "web" }
const metric = (averageUtilization: number) => ({
  type: "Resource",
  resource: { name: "cpu", target: { type: "Utilization", averageUtilization } },
})

test("who applied in one version of a kind owns the fields in the other", async () => {
  const old = { scaleTargetRef, minReplicas: 2, maxReplicas: 5, targetCPUUtilizationPercentage: 50 }
  await apply(HorizontalPodAutoscaler, "one", { metadata, spec: old } as never)
  const spec = { scaleTargetRef, maxReplicas: 6, metrics: [metric(60)] }
  await assert.rejects(apply(Autoscaler2, "two", { metadata, spec } as never), {
    message: /conflicts with "one":\n- .spec.maxReplicas\n- .spec.targetCPUUtilizationPercentage$/,
  })
  const taken = await apply(Autoscaler2, "two", { metadata, spec } as never, { force: true })
  assert.deepEqual(owners(taken), [
    ["one Apply autoscaling/v1", "f:minReplicas f:scaleTargetRef"],
    ["two Apply autoscaling/v2", "f:maxReplicas f:metrics f:scaleTargetRef"],
  ])
  const { minReplicas: _, ...rest } = old
  const given = await apply(HorizontalPodAutoscaler, "two", { metadata, spec: { ...rest, maxReplicas: 7 } } as never)
  assert.deepEqual((given as HorizontalPodAutoscaler).spec, { ...old, maxReplicas: 7 })
  assert.equal(owners(given).find(([who]) => who?.startsWith("two"))?.[0], "two Apply autoscaling/v1")
})

test("the two forms of events know nothing of each other's owners", async () => {
  const eventTime = "2026-01-01T00:00:00.000000Z"
  const about = { kind: "Pod", name: "p", namespace }
  const reporter = { reportingController: "example.com/c", reportingInstance: "c", action: "A", reason: "R" }
  const event = { metadata, eventTime, ...reporter, type: "Normal", note: "hello", regarding: about }
  await apply(Event, "one", event)
  const stored = await apply(CoreEvent, "two", { metadata, involvedObject: about, message: "other" } as never)
  assert.deepEqual(
    owners(stored).map(([who]) => who),
    ["two Apply v1"],
  )
})
