import { join } from "node:path"
import type { Pod } from "../../api/core/v1/pod.ts"
import type { DnsConfig, PodSandboxConfig, PortMapping, UserNamespace } from "../../runtime/runtime.ts"
import { sandboxLabels } from "./labels.ts"
import { namespaceOptions } from "./security.ts"

export interface SandboxOptions {
  readonly attempt: number
  /** Absent: the node's users are the pod's. */
  readonly userns: UserNamespace | undefined
  /** The pod's cgroup, below every hierarchy's root. */
  readonly cgroup: string
  /** Host name in the kernel. */
  readonly hostname: string
  readonly dns: DnsConfig
  /** Folder of all pods' logs. */
  readonly logDir: string
}

/** `<logDir>/<namespace>_<name>_<uid>`: where log collectors look. */
export function podLogDir(logDir: string, pod: Pod): string {
  const { name, namespace, uid } = pod.metadata
  return join(logDir, `${namespace}_${name}_${uid}`)
}

/** What the runtime needs to make a pod's namespaces. */
export function sandboxConfig(pod: Pod, options: SandboxOptions): PodSandboxConfig {
  const { name, namespace, uid } = pod.metadata
  const security = pod.spec.securityContext
  const groups = [
    ...(security?.fsGroup === undefined ? [] : [security.fsGroup]),
    ...(security?.supplementalGroups ?? []),
  ]
  const containers = [...(pod.spec.initContainers ?? []), ...pod.spec.containers]
  return {
    metadata: { name, namespace, uid, attempt: options.attempt },
    hostname: pod.spec.hostNetwork ? "" : options.hostname,
    logDirectory: podLogDir(options.logDir, pod),
    dnsConfig: options.dns,
    portMappings: pod.spec.hostNetwork ? [] : portMappings(pod),
    labels: sandboxLabels(pod),
    annotations: Object.assign(Object.create(null), pod.metadata.annotations),
    linux: {
      cgroupParent: options.cgroup,
      securityContext: {
        namespaceOptions: namespaceOptions(pod, options.userns),
        ...(security?.runAsUser !== undefined ? { runAsUser: security.runAsUser } : {}),
        ...(security?.runAsGroup !== undefined ? { runAsGroup: security.runAsGroup } : {}),
        supplementalGroups: groups,
        privileged: containers.some((each) => each.securityContext?.privileged === true),
        seccomp: { type: "RuntimeDefault" },
      },
      // The API also takes `net/ipv4/…`, the kernel's own spelling of the same names.
      sysctls: Object.fromEntries(
        (security?.sysctls ?? []).map(({ name, value }) => [name.replaceAll("/", "."), value]),
      ),
    },
  }
}

function portMappings(pod: Pod): PortMapping[] {
  const sidecars = (pod.spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always")
  return [...sidecars, ...pod.spec.containers].flatMap(({ ports }) =>
    (ports ?? []).flatMap(({ containerPort, hostIP, hostPort, protocol }) => {
      if (!hostPort) return []
      const kind = protocol === "UDP" || protocol === "SCTP" ? protocol : "TCP"
      return [{ protocol: kind, containerPort, hostPort, hostIp: hostIP ?? "" }]
    }),
  )
}
