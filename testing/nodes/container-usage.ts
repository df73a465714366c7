import type { Pod } from "../../src/api/core/v1/pod.ts"
import { formatResourceMetrics } from "../../src/kubelet/server/metrics/resource-metrics.ts"
import { parseQuantity, quantityMilliValue, quantityValue } from "../../src/machinery/quantity/quantity.ts"
import type { ContainerId } from "../../src/runtime/runtime.ts"
import type { ContainerWorld } from "./container-world.ts"
import type { StageRules } from "./stages.ts"

/** What a container uses of its node, as quantities. */
export interface Use {
  /** Default: `1m`. */
  readonly cpu?: string
  /** Default: `10Mi`. */
  readonly memory?: string
}

interface Counter {
  coreNanoSeconds: number
  readAtMs: number
}

const NS_PER_MS = 1e6

/** What the containers of one node have used so far, as they would be measured there. */
export class ContainerUsage {
  readonly #set = new Map<ContainerId, Use>()
  readonly #counters = new Map<ContainerId, Counter>()

  /** From now on one container uses so much, whatever its stages say. */
  set(id: ContainerId, use: Use): void {
    parse(use)
    this.#set.set(id, use)
  }

  /** As the kubelet tells at `/metrics/resource`. */
  metrics(
    pods: readonly Pod[],
    { stages, world }: { readonly stages: StageRules; readonly world: ContainerWorld },
    nowMs: number,
  ): string {
    const time = new Date(nowMs).toISOString()
    const measured = (coreNanoSeconds: number, workingSetBytes: number) => ({
      cpu: { time, usageCoreNanoSeconds: coreNanoSeconds },
      memory: {
        time,
        usageBytes: workingSetBytes,
        workingSetBytes,
        rssBytes: workingSetBytes,
        pageFaults: 0,
        majorPageFaults: 0,
      },
    })
    const told = pods.map((pod) => {
      const running = world.of(pod.metadata.uid).containers.filter(({ state }) => state === "RUNNING")
      const containers = running.map(({ id, metadata: { name }, startedAtNs }) => {
        const startMs = Number(startedAtNs) / NS_PER_MS
        const spec = pod.spec.containers.find((each) => each.name === name) ?? { name }
        const { cores, memoryBytes } = parse(this.#set.get(id) ?? stages.of(pod, spec).use ?? {})
        const used = this.#count(id, cores, startMs, nowMs)
        return { name, startTime: new Date(startMs).toISOString(), used, memoryBytes, ...measured(used, memoryBytes) }
      })
      const { name, namespace, uid } = pod.metadata
      return { podRef: { name, namespace, uid }, containers, ...sum(containers, measured) }
    })
    return formatResourceMetrics({
      node: sum(
        told.flatMap(({ containers }) => containers),
        measured,
      ),
      pods: told,
    })
  }

  /** Core-nanoseconds since the container started. */
  #count(id: ContainerId, cores: number, startMs: number, nowMs: number): number {
    const counter = this.#counters.getOrInsertComputed(id, () => ({ coreNanoSeconds: 0, readAtMs: startMs }))
    counter.coreNanoSeconds += cores * (nowMs - counter.readAtMs) * NS_PER_MS
    counter.readAtMs = nowMs
    return counter.coreNanoSeconds
  }
}

function sum<T>(
  containers: readonly { readonly used: number; readonly memoryBytes: number }[],
  measured: (coreNanoSeconds: number, bytes: number) => T,
): T {
  const total = (of: "used" | "memoryBytes") => containers.reduce((all, each) => all + each[of], 0)
  return measured(total("used"), total("memoryBytes"))
}

/** Throws `QuantityError` for what is no quantity. */
function parse({ cpu = "1m", memory = "10Mi" }: Use): { readonly cores: number; readonly memoryBytes: number } {
  return { cores: quantityMilliValue(parseQuantity(cpu)) / 1000, memoryBytes: quantityValue(parseQuantity(memory)) }
}
