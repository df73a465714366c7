import { BUSYBOX } from "../e2e/busybox-image.ts"
import type { TestCluster } from "../e2e/cluster.ts"
import { Pod } from "../src/api/core/v1/pod.ts"
import type { Client } from "../src/client/client.ts"
import { adminClient } from "../src/cmd/cluster/admin-client.ts"
import type { ManifestOf, ObjectOf } from "../src/machinery/schema/resource.ts"
import { createNodePlatform } from "../src/platform/node/platform.ts"

const NAMESPACE = "default"
const SELECTOR = "app=bench"

/** Makes pods through the API, and sees by a watch what becomes of them. */
export class Pods {
  readonly #client: Client
  readonly #close: () => void | Promise<void>
  readonly #stop = new AbortController()
  /** By name. */
  readonly #waiting = new Map<string, { readonly seen: (pod: ObjectOf<typeof Pod> | null) => boolean; done(): void }>()

  constructor(cluster: TestCluster) {
    const { client, close } = adminClient(cluster.record, createNodePlatform({ logLevel: "error" }))
    this.#client = client
    this.#close = close
    void this.#watch()
  }

  async #watch(): Promise<void> {
    const { signal } = this.#stop
    try {
      const events = this.#client.of(Pod).watch({ namespace: NAMESPACE, labelSelector: SELECTOR, signal })
      for await (const { type, object } of events) {
        const waiting = this.#waiting.get(object.metadata.name ?? "")
        if (waiting?.seen(type === "DELETED" ? null : object)) waiting.done()
      }
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }

  #until(name: string, seen: (pod: ObjectOf<typeof Pod> | null) => boolean): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiting.set(name, { seen, done: resolve })
    return promise.finally(() => this.#waiting.delete(name))
  }

  /** Milliseconds from before the request until the watch shows the pod running. Throws when the node refuses it. */
  async runningMs(name: string): Promise<number> {
    let refusal: string | undefined
    const running = this.#until(name, (pod) => {
      if (pod?.status?.phase === "Failed") refusal = pod.status.message ?? "no message"
      return refusal !== undefined || pod?.status?.phase === "Running"
    })
    const beganMs = performance.now()
    await this.create(name)
    await running
    if (refusal !== undefined) throw new Error(`pod ${name} failed: ${refusal}`)
    return performance.now() - beganMs
  }

  /** A pod with another scheduler's name is an object and nothing else. */
  async create(name: string, schedulerName?: string): Promise<void> {
    await this.#client.of(Pod).create(manifest(name, schedulerName))
  }

  async remove(name: string): Promise<void> {
    const gone = this.#until(name, (pod) => pod === null)
    await this.#client.of(Pod).delete({ namespace: NAMESPACE, name }, { gracePeriodSeconds: 0 })
    await gone
  }

  async close(): Promise<void> {
    this.#stop.abort()
    await this.#close()
  }
}

function manifest(name: string, schedulerName?: string): ManifestOf<typeof Pod> {
  return {
    metadata: { name, namespace: NAMESPACE, labels: { app: "bench" } },
    spec: {
      ...(schedulerName !== undefined && { schedulerName }),
      terminationGracePeriodSeconds: 0,
      containers: [{ name: "main", image: BUSYBOX, imagePullPolicy: "Never", command: ["sleep", "1000"] }],
    },
  }
}
