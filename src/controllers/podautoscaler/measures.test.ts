import assert from "node:assert/strict"
import { test } from "node:test"
import type { Client } from "../../client/client.ts"
import { pathNotFound } from "../../machinery/status/errors.ts"
import { statusErrorFromCode } from "../../machinery/status/from-response.ts"
import { createMeasures } from "./measures.ts"

/** A server that answers at these paths, and what it was asked. */
function serving(answers: Readonly<Record<string, unknown>>) {
  const asked: string[] = []
  const get = async (path: string, query: Readonly<Record<string, string>> = {}) => {
    asked.push(`${path}?${decodeURIComponent(`${new URLSearchParams(query)}`)}`)
    const answer = answers[path] ?? pathNotFound()
    if (answer instanceof Error) throw answer
    return answer
  }
  return { asked, measures: createMeasures({ raw: { get } as unknown as Client["raw"] }) }
}

const messageOf = (run: Promise<unknown>): Promise<string> =>
  run.then(
    () => "nothing",
    (error: unknown) => (error instanceof Error ? error.message : "?"),
  )

const PODS = "/apis/metrics.k8s.io/v1beta1/namespaces/ns/pods"
const CUSTOM = "/apis/custom.metrics.k8s.io"
const timestamp = "2026-01-01T00:00:00Z"
const atMs = Date.parse(timestamp)

test("resources are those of all containers, or of one; a part is not enough", async () => {
  const pod = (name: string, ...cpus: readonly (string | undefined)[]) => {
    const containers = cpus.map((cpu, index) => ({ name: `c${index}`, usage: cpu === undefined ? {} : { cpu } }))
    return { metadata: { name }, timestamp, window: "15.5s", containers }
  }
  const items = [pod("a", "1500000n", "1"), pod("b", "1", undefined), pod("c")]
  const { measures, asked } = serving({ [PODS]: { items } })
  const sample = (value: number) => ({ value, atMs, windowMs: 15_500 })
  assert.deepEqual(await measures.ofResource("cpu", "ns", "app=x", ""), new Map([["a", sample(1002)]]))
  const expected = new Map([
    ["a", sample(2)],
    ["b", sample(1000)],
  ])
  assert.deepEqual(await measures.ofResource("cpu", "ns", "", "c0"), expected)
  assert.deepEqual(asked, [`${PODS}?labelSelector=app=x`, `${PODS}?`])
})

test("custom metrics are read in the version that their server prefers", async () => {
  const values = (window: object) => ({
    items: [{ describedObject: { name: "p" }, timestamp, value: "1500m", ...window }],
  })
  const group = (...versions: readonly string[]) => ({
    preferredVersion: { version: versions[0] },
    versions: versions.map((version) => ({ version })),
  })
  const path = (version: string) => `${CUSTOM}/${version}/namespaces/ns/pods/*/rps`
  const old = serving({ [CUSTOM]: group("v1alpha1", "v1beta1"), [path("v1beta1")]: values({ window: 30 }) })
  const read = (measures: typeof old.measures) => measures.ofPods("rps", "ns", "app=x", "verb=GET")
  assert.deepEqual((await read(old.measures)).get("p"), { value: 1500, atMs, windowMs: 30_000 })
  const now = serving({ [CUSTOM]: group("v1beta2", "v1beta1"), [path("v1beta2")]: values({ windowSeconds: 20 }) })
  assert.deepEqual((await read(now.measures)).get("p"), { value: 1500, atMs, windowMs: 20_000 })
  assert.equal(now.asked[1], `${path("v1beta2")}?labelSelector=app=x&metricLabelSelector=verb=GET`)
  const other = serving({ [CUSTOM]: group("v9") })
  const prefix = "unable to fetch metrics from custom metrics API:"
  assert.equal(await messageOf(read(other.measures)), `${prefix} no known available metric versions found`)
  assert.equal(
    await messageOf(read(serving({}).measures)),
    `${prefix} no custom metrics API (custom.metrics.k8s.io) registered`,
  )
})

test("objects are found by their kind, namespaces by themselves", async () => {
  const { measures, asked } = serving({ [CUSTOM]: { versions: [{ version: "v1beta2" }] } })
  const ask = (apiVersion: string, kind: string) =>
    messageOf(measures.ofObject("rps", "ns", { apiVersion, kind, name: "x" }, ""))
  const start = "unable to fetch metrics from custom metrics API: the server could not find the requested resource"
  const end = "networking.k8s.io.custom.metrics.k8s.io x"
  assert.equal(await ask("networking.k8s.io/v1", "Ingress"), `${start} (get ingresses.${end})`)
  assert.equal(await ask("v1", "Namespace"), `${start} (get metrics.custom.metrics.k8s.io)`)
  assert.deepEqual(
    asked.filter((path) => path.includes("v1beta2")),
    [
      `${CUSTOM}/v1beta2/namespaces/ns/ingresses.networking.k8s.io/x/rps?`,
      `${CUSTOM}/v1beta2/namespaces/ns/metrics/rps?`,
    ],
  )
})

test("external values add up", async () => {
  const path = "/apis/external.metrics.k8s.io/v1beta1/namespaces/ns/queue"
  const { measures } = serving({ [path]: { items: [{ value: "1500m" }, { value: "2" }] } })
  assert.equal(await measures.external("queue", "ns", "q=a"), 3500)
})

test("says in Kubernetes' words why there is nothing", async () => {
  const prefix = "unable to fetch metrics from resource metrics API:"
  const cases = [
    [pathNotFound(), `${prefix} the server could not find the requested resource (get pods.metrics.k8s.io)`],
    [
      statusErrorFromCode(503, "service unavailable\n"),
      `${prefix} the server is currently unable to handle the request (get pods.metrics.k8s.io)`,
    ],
    [new Error("broken"), `${prefix} broken`],
    [{ items: [] }, "no metrics returned from resource metrics API"],
  ] as const
  for (const [answer, expected] of cases) {
    const { measures } = serving({ [PODS]: answer })
    assert.equal(await messageOf(measures.ofResource("cpu", "ns", "", "")), expected)
  }
})
