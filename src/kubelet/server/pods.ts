import type { Pod } from "../../api/core/v1/pod.ts"
import type { KubeletRequest } from "./context.ts"

const listOf = (items: readonly unknown[]) => ({ kind: "PodList", apiVersion: "v1", metadata: {}, items })

/** The pods bound to this node, as the kubelet knows them. */
export async function listPods({ pods }: KubeletRequest): Promise<unknown> {
  return listOf(pods.pods())
}

/** What runs, as the runtime knows it: little more than names. */
export async function listRunningPods({ runtime, pods }: KubeletRequest): Promise<unknown> {
  const [sandboxes, containers] = await Promise.all([
    runtime.listPodSandboxes({ state: "READY" }),
    runtime.listContainers({ state: "RUNNING" }),
  ])
  const items = sandboxes.map(({ id, metadata: { name, namespace, uid } }) => {
    const known = pods.byUid(uid)
    const running = containers.filter(({ sandboxId }) => sandboxId === id)
    return {
      metadata: { name, namespace, uid, creationTimestamp: null },
      spec: { containers: running.map(({ metadata, imageRef }) => describe(known, metadata.name, imageRef)) },
      status: {},
    }
  })
  return listOf(items)
}

function describe(pod: Pod | undefined, name: string, imageRef: string) {
  const image = pod?.spec.containers.find((container) => container.name === name)?.image ?? imageRef
  return { name, image, resources: {} }
}
