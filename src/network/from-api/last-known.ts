import type { Node } from "../../api/core/v1/node.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import type { Service } from "../../api/core/v1/service.ts"
import type { EndpointSlice } from "../../api/discovery/v1/endpoint-slice.ts"
import { readJsonIfWhole, writeAtomically } from "../../platform/linux/files.ts"
import type { Platform } from "../../platform/platform.ts"
import { NO_POLICIES, type PolicyFacts } from "./policy-feed.ts"

type Container = Pod["spec"]["containers"][number]

/** What the API said last. */
export interface Known extends PolicyFacts {
  readonly services: readonly Service[]
  readonly slices: readonly EndpointSlice[]
  readonly nodes: readonly Node[]
  /** Of the ConfigMap with the settings of DNS. */
  readonly dnsSettings: Readonly<Record<string, string>>
}

/** Keeps what the API said in a file, so that names resolve when node and API start at the same time, or the API is away. */
export interface LastKnown {
  read(): Known
  /** Writes within seconds, once for many changes. */
  changed(): void
  close(): void
}

const WRITE_DELAY_MS = 2000

export function openLastKnown(
  file: string,
  current: () => Known,
  platform: Pick<Platform, "clock" | "log">,
): LastKnown {
  let timer: { cancel(): void } | undefined

  function write(): void {
    timer = undefined
    try {
      writeAtomically(file, JSON.stringify(slim(current())))
    } catch (error) {
      // A full disk: the node goes on, and tries again with the next change.
      platform.log.warn("cannot remember services for the next start", { file, error })
    }
  }

  return {
    read: () => readKnown(file),
    changed() {
      timer ??= platform.clock.after(WRITE_DELAY_MS, write)
    },
    close() {
      timer?.cancel()
      if (timer) write()
    },
  }
}

/** What is used of the objects: the rest, such as who manages which field, is several times as much. */
function slim({ services, slices, nodes, policies, namespaces, pods, dnsSettings }: Known): unknown {
  const metadata = ({ name, namespace, labels }: Service["metadata"]) => ({ name, namespace, labels })
  const container = ({ ports, restartPolicy }: Container) => ({ ports, restartPolicy })
  return {
    dnsSettings,
    services: services.map((service) => ({ metadata: metadata(service.metadata), spec: service.spec, status: {} })),
    slices: slices.map((slice) => ({ ...slice, metadata: metadata(slice.metadata) })),
    nodes: nodes.map(({ metadata: { name }, spec: { podCIDR, podCIDRs }, status: { addresses } }) => ({
      metadata: { name },
      spec: { podCIDR, podCIDRs },
      status: { addresses },
    })),
    policies: policies.map((policy) => ({ metadata: metadata(policy.metadata), spec: policy.spec })),
    namespaces: namespaces.map(({ metadata: { name, labels } }) => ({ metadata: { name, labels } })),
    pods: pods.map(({ metadata: own, spec: { hostNetwork, containers, initContainers }, status }) => ({
      metadata: { ...metadata(own), uid: own.uid },
      spec: { hostNetwork, containers: containers.map(container), initContainers: initContainers?.map(container) },
      status: { phase: status.phase, podIP: status.podIP, podIPs: status.podIPs },
    })),
  }
}

function readKnown(file: string): Known {
  const nothing = { services: [], slices: [], nodes: [], dnsSettings: {}, ...NO_POLICIES }
  return { ...nothing, ...(readJsonIfWhole(file) as Partial<Known> | undefined) }
}
