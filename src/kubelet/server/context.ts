import type { IncomingMessage } from "node:http"
import type { Pod } from "../../api/core/v1/pod.ts"
import type { Logger } from "../../platform/log.ts"
import type { MetricsRegistry } from "../../platform/metrics-registry.ts"
import type { Platform } from "../../platform/platform.ts"
import type { ContainerRuntime } from "../../runtime/runtime.ts"
import type { VolumeFolders } from "../../storage/storage.ts"
import type { PodAccess } from "../pod-access.ts"
import type { ProbeCount } from "../probe/counts.ts"
import type { Volumes } from "../volumes/volumes.ts"
import { HttpError } from "./answer.ts"
import type { CgroupFiles } from "./metrics/cgroup-readings.ts"
import type { Metric } from "./metrics/exposition.ts"
import { type CpuRates, createCpuRates } from "./stats/cpu-rates.ts"
import type { NodeUsage } from "./stats/node-usage.ts"

/** What the server tells clients about, and acts on. */
export interface KubeletServerNeeds {
  readonly platform: Pick<Platform, "clock" | "log">
  readonly nodeName: string
  readonly pods: PodAccess
  readonly runtime: ContainerRuntime
  readonly volumes?: Pick<Volumes, "claimUsage" | "usage">
  /** Of pod logs. Absent: none of them are shown among the machine's. */
  readonly logDir?: string
  /** The node's folders for the volumes of claims. Absent: it has none. */
  readonly volumeFolders?: VolumeFolders
  /** Of the machine itself, for statistics and metrics. */
  readonly nodeUsage?: () => Promise<NodeUsage>
  /** How often each probe gave which result. */
  readonly probeResults?: () => readonly ProbeCount[]
  /** More metrics of the kubelet. */
  readonly metrics?: () => readonly Metric[]
  /** Metrics that are added to as things happen; the server adds its requests. */
  readonly registry?: MetricsRegistry
  /** The groups that pods run in. Absent: what the kernel counts of them is not told. */
  readonly cgroups?: CgroupFiles
  /** Of Kubernetes, such as `v1.36.0`. Absent: it is not told. */
  readonly version?: string
  /** What the process was started with. Absent: it is not told. */
  readonly flags?: ReadonlyMap<string, string>
  /** The configuration that is in force, as `KubeletConfiguration`. */
  readonly configuration?: () => unknown
}

/** What is the same for all requests; `of` adds the request. */
export class RequestContext {
  readonly needs: KubeletServerNeeds
  readonly log: Logger
  readonly rates = createCpuRates()

  constructor(needs: KubeletServerNeeds, log: Logger) {
    this.needs = needs
    this.log = log
  }

  of(request: IncomingMessage): KubeletRequest {
    const url = new URL(request.url ?? "/", "https://kubelet")
    const parts = url.pathname.split("/").slice(1).map(decode)
    return { ...this.needs, log: this.log, rates: this.rates, request, query: url.searchParams, parts }
  }
}

export interface KubeletRequest extends KubeletServerNeeds {
  readonly log: Logger
  readonly rates: CpuRates
  readonly request: IncomingMessage
  readonly query: URLSearchParams
  /** The parts of the path, the first of which is the endpoint's name. */
  readonly parts: readonly string[]
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch (cause) {
    throw new HttpError(400, `malformed path: ${part}`, { cause })
  }
}

/** The pod that `/endpoint/{namespace}/{name}…` is about. */
export function needPod({ pods, parts }: KubeletRequest, missing: string): Pod {
  const [, namespace = "", name = ""] = parts
  const pod = pods.find(namespace, name)
  if (pod === undefined) throw new HttpError(404, missing)
  return pod
}
