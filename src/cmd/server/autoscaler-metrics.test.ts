import assert from "node:assert/strict"
import { mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:https"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { builtinResources, resourceMetrics } from "../../api/all.ts"
import { APIService } from "../../api/apiregistration/v1/api-service.ts"
import { Deployment } from "../../api/apps/v1/deployment.ts"
import { HorizontalPodAutoscaler } from "../../api/autoscaling/v2/horizontal-pod-autoscaler.ts"
import { Service } from "../../api/core/v1/service.ts"
import { startTestKubeApiServer, testPki } from "../../apiserver/testing/kube-apiserver.ts"
import { startInformer } from "../../client/informer.ts"
import { podAutoscalerController } from "../../controllers/podautoscaler/controller.ts"
import { makeCertificate } from "../../pki/certificate.ts"
import { createNodePlatform } from "../../platform/node/platform.ts"
import { createMemoryStore } from "../../store/memory/memory-store.ts"
import { startControllers } from "./control-plane.ts"
import { controllerRole } from "./controller-role.ts"

const platform = createNodePlatform({ logLevel: "error" })
const TIME = "2026-01-01T00:00:00Z"
const list = (apiVersion: string, kind: string, items: readonly object[]) => ({ apiVersion, kind, metadata: {}, items })
const resources = (groupVersion: string) => ({ apiVersion: "v1", kind: "APIResourceList", groupVersion, resources: [] })

/** What a metrics adapter answers, by path. */
const ANSWERS: ReadonlyMap<string, object> = new Map<string, object>([
  ["/apis/custom.metrics.k8s.io/v1beta2", resources("custom.metrics.k8s.io/v1beta2")],
  ["/apis/external.metrics.k8s.io/v1beta1", resources("external.metrics.k8s.io/v1beta1")],
  [
    "/apis/custom.metrics.k8s.io/v1beta2/namespaces/default/services/shop/requests",
    list("custom.metrics.k8s.io/v1beta2", "MetricValueList", [
      {
        describedObject: { kind: "Service", name: "shop" },
        metric: { name: "requests" },
        timestamp: TIME,
        value: "40",
      },
    ]),
  ],
  [
    "/apis/external.metrics.k8s.io/v1beta1/namespaces/default/queue",
    list("external.metrics.k8s.io/v1beta1", "ExternalMetricValueList", [
      { metricName: "queue", timestamp: TIME, value: "7500m" },
      { metricName: "queue", timestamp: TIME, value: "22500m" },
    ]),
  ],
])

async function startMetricsServer() {
  const hosts = ["localhost"]
  const { cert, key } = makeCertificate(
    { commonName: "metrics", usage: "server", hosts, validMs: 60_000 },
    undefined,
    platform,
  )
  const asked: string[] = []
  const server = createServer({ cert, key }, (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "", "https://localhost")
    const answer = ANSWERS.get(pathname)
    asked.push(`${pathname}?${searchParams}`)
    response.writeHead(answer === undefined ? 404 : 200, { "content-type": "application/json" })
    response.end(JSON.stringify(answer ?? {}))
  })
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve))
  const stop = () => {
    server.closeAllConnections()
    server.close()
  }
  return { port: (server.address() as AddressInfo).port, asked, stop }
}

test("an autoscaler follows what other servers measure", async () => {
  const dir = mkdtempSync(join(tmpdir(), `gantry-autoscaler-${process.pid}-`))
  const metrics = await startMetricsServer()
  const store = createMemoryStore({ platform })
  const stop = new AbortController()
  const { signal } = stop
  const server = await startTestKubeApiServer({
    store,
    platform,
    resources: [...builtinResources, ...resourceMetrics],
    pki: testPki(dir, platform),
    controllerRoles: [controllerRole(podAutoscalerController)],
  })
  try {
    const { client } = server
    const service = { namespace: "default", name: "metrics", port: metrics.port }
    await client.of(Service).create({
      metadata: { namespace: "default", name: "metrics" },
      spec: { type: "ExternalName", externalName: "localhost" },
    })
    const services = startInformer(client, APIService, { platform, signal })
    for (const [group, version] of [
      ["custom.metrics.k8s.io", "v1beta2"] as const,
      ["external.metrics.k8s.io", "v1beta1"] as const,
    ]) {
      const spec = {
        group,
        version,
        groupPriorityMinimum: 100,
        versionPriority: 100,
        insecureSkipTLSVerify: true,
        service,
      }
      await client.of(APIService).create({ metadata: { name: `${version}.${group}` }, spec })
      await services.until(() =>
        (services.get(`${version}.${group}`)?.status.conditions ?? []).some(({ status }) => status === "True"),
      )
    }
    const labels = { app: "web" }
    const deployment = await client.of(Deployment).create({
      metadata: { name: "web", namespace: "default" },
      spec: {
        replicas: 1,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: "main", image: "app" }] } },
      },
    })
    await client.of(Deployment).updateStatus({ ...deployment, status: { replicas: 2 } })
    const running = startControllers({ call: server.call, platform, signal, definitions: [podAutoscalerController] })
    const autoscalers = startInformer(client, HorizontalPodAutoscaler, { platform, signal })
    await client.of(HorizontalPodAutoscaler).create({
      metadata: { name: "web", namespace: "default" },
      spec: {
        scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" },
        maxReplicas: 10,
        metrics: [
          {
            type: "Object",
            object: {
              describedObject: { apiVersion: "v1", kind: "Service", name: "shop" },
              metric: { name: "requests", selector: { matchLabels: { verb: "GET" } } },
              target: { type: "AverageValue", averageValue: "10" },
            },
          },
          {
            type: "External",
            external: { metric: { name: "queue" }, target: { type: "AverageValue", averageValue: "10" } },
          },
        ],
      },
    })
    await autoscalers.until(() => autoscalers.get("default/web")?.status.desiredReplicas === 4)
    const { status } = await client.of(HorizontalPodAutoscaler).get({ namespace: "default", name: "web" })
    assert.deepEqual(
      status.currentMetrics?.map(({ external, object, type }) => [type, (object ?? external)?.current.averageValue]),
      [
        ["Object", "20"],
        ["External", "15"],
      ],
    )
    assert.equal((await client.of(Deployment).get({ namespace: "default", name: "web" })).spec.replicas, 4)
    assert.deepEqual(
      new Set(metrics.asked.filter((path) => path.includes("/namespaces/"))),
      new Set([
        "/apis/custom.metrics.k8s.io/v1beta2/namespaces/default/services/shop/requests?metricLabelSelector=verb%3DGET",
        "/apis/external.metrics.k8s.io/v1beta1/namespaces/default/queue?",
      ]),
    )
    stop.abort()
    await running.stopped
  } finally {
    stop.abort()
    await server.close(0)
    metrics.stop()
    await store.close()
    rmSync(dir, { recursive: true, force: true })
  }
})
