import assert from "node:assert/strict"
import { test } from "node:test"
import { Deployment } from "../src/api/apps/v1/deployment.ts"
import { HorizontalPodAutoscaler } from "../src/api/autoscaling/v2/horizontal-pod-autoscaler.ts"
import { Pod } from "../src/api/core/v1/pod.ts"
import { startCluster } from "./index.ts"

const key = { namespace: "default", name: "web" }
const deployment = {
  metadata: key,
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: "web" } },
    template: {
      metadata: { labels: { app: "web" } },
      spec: { containers: [{ name: "main", image: "web:1", resources: { requests: { cpu: "500m" } } }] },
    },
  },
}
interface PodMetrics {
  readonly containers: readonly { readonly usage: { readonly cpu: string; readonly memory: string } }[]
}

test("autoscalers and the metrics API go by what containers use", async () => {
  await using cluster = await startCluster({ nodes: 2 })
  const { client, clock, nodes, pods } = cluster
  const stop = nodes.stage({ labels: { app: "web" } }, { use: { cpu: "800m", memory: "64Mi" } })
  await client.of(Deployment).create(deployment)
  await client.of(HorizontalPodAutoscaler).create({
    metadata: key,
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" },
      minReplicas: 1,
      maxReplicas: 4,
      metrics: [
        { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 80 } } },
      ],
    },
  })
  await clock.advance("10m")
  assert.equal((await client.of(Deployment).get(key)).spec.replicas, 4)

  const [pod] = (await client.of(Pod).list({ namespace: "default" })).items
  assert.ok(pod)
  pods.use(pod, { cpu: "100m", memory: "1Gi" })
  await clock.advance("2m")
  const path = `/apis/metrics.k8s.io/v1beta1/namespaces/default/pods/${pod.metadata.name}`
  const { containers } = (await client.raw.get(path)) as PodMetrics
  assert.deepEqual({ ...containers[0]?.usage }, { cpu: "100m", memory: "1Gi" })

  stop()
  await clock.advance("20m")
  assert.equal((await client.of(Deployment).get(key)).spec.replicas, 1)
})
