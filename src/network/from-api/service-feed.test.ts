import assert from "node:assert/strict"
import { test } from "node:test"
import { Service } from "../../api/core/v1/service.ts"
import { EndpointSlice } from "../../api/discovery/v1/endpoint-slice.ts"
import { createApiStub } from "../testing/api.ts"
import { platform } from "../testing/namespaces.ts"
import { feedServices } from "./service-feed.ts"

test("endpoint slices that are marked headless are for DNS only", async (t) => {
  const api = createApiStub()
  const slice = (name: string, labels: object) => ({
    metadata: { name, namespace: "x", labels: { "kubernetes.io/service-name": "s", ...labels }, resourceVersion: "1" },
  })
  api.put(Service, { metadata: { name: "s", namespace: "x", resourceVersion: "1" } } as unknown as Service)
  for (const each of [slice("plain", {}), slice("marked", { "service.kubernetes.io/headless": "" })])
    api.put(EndpointSlice, each as unknown as EndpointSlice)
  const seen: Record<"proxy" | "dns", string[]> = { proxy: [], dns: [] }
  const into = (consumer: "proxy" | "dns") => ({
    set(_: Service, slices: readonly EndpointSlice[]) {
      seen[consumer] = slices.map(({ metadata }) => metadata.name ?? "").toSorted()
    },
    remove: () => undefined,
  })
  const controller = new AbortController()
  t.after(() => controller.abort())
  const feed = feedServices({
    client: api.client,
    platform,
    signal: controller.signal,
    proxy: into("proxy"),
    dns: into("dns"),
    onChange: () => undefined,
  })
  await feed.synced
  assert.deepEqual(seen, { proxy: ["plain"], dns: ["marked", "plain"] })
})
