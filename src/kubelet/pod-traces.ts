import type { Container } from "../api/core/v1/container.ts"
import type { Pod } from "../api/core/v1/pod.ts"
import type { ContainerStatus } from "../runtime/runtime.ts"
import { preStopAnnotation, terminationGraceAnnotation } from "./config/labels.ts"
import type { PodRuntime } from "./pod/facts.ts"

/**
 * A pod as far as its sandbox and containers still tell: enough to end it with its preStop hooks and grace period when
 * nothing else is left of it. None when there is no sandbox.
 */
export function traces({ containers, sandboxes }: PodRuntime): Pod[] {
  const [sandbox] = sandboxes
  if (sandbox === undefined) return []
  const { name, namespace, uid } = sandbox.metadata
  const newestOf = new Map<string, ContainerStatus>()
  for (const status of containers.toReversed()) newestOf.set(status.metadata.name, status)
  const grace = Number(containers[0]?.annotations[terminationGraceAnnotation] ?? Number.NaN)
  return [
    {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, namespace, uid, resourceVersion: "0", creationTimestamp: "1970-01-01T00:00:00Z" },
      spec: {
        restartPolicy: "Never",
        hostNetwork: sandbox.namespaceOptions.network === "NODE",
        ...(Number.isFinite(grace) ? { terminationGracePeriodSeconds: grace } : {}),
        containers: [...newestOf.values()].map(container),
      },
      status: {},
    } as unknown as Pod,
  ]
}

function container({ annotations, image, metadata }: ContainerStatus): Container {
  const preStop = annotations[preStopAnnotation]
  return {
    name: metadata.name,
    image: image.userSpecifiedImage,
    resources: {},
    ...(preStop ? { lifecycle: { preStop: JSON.parse(preStop) } } : {}),
  } as Container
}
