import {
  type Check,
  type Container,
  containerList,
  containersOf,
  namesWhere,
  plural,
  quoted,
  setters,
  sortedSet,
} from "./check.ts"

/** What a pod may not take of its node, at the baseline level. */
export const hostChecks: readonly Check[] = [
  {
    id: "hostNamespaces",
    level: "baseline",
    since: [
      [
        0,
        ({ spec }) => {
          const shared = (["hostNetwork", "hostPID", "hostIPC"] as const).filter((name) => spec[name] === true)
          const detail = shared.map((name) => `${name}=true`).join(", ")
          return shared.length === 0 ? undefined : { reason: "host namespaces", detail }
        },
      ],
    ],
  },
  {
    id: "hostPathVolumes",
    level: "baseline",
    since: [
      [
        0,
        ({ spec }) => {
          const names = (spec.volumes ?? []).filter(({ hostPath }) => hostPath !== undefined).map(({ name }) => name)
          if (names.length === 0) return undefined
          return { reason: "hostPath volumes", detail: `${plural(names.length, "volume")} ${quoted(names)}` }
        },
      ],
    ],
  },
  {
    id: "hostPorts",
    level: "baseline",
    since: [
      [
        0,
        ({ spec }) => {
          const hostPorts = ({ ports }: Container) => (ports ?? []).flatMap(({ hostPort = 0 }) => hostPort || [])
          const names = namesWhere(spec, (container) => hostPorts(container).length > 0)
          if (names.length === 0) return undefined
          const ports = sortedSet(containersOf(spec).flatMap(hostPorts).map(String))
          const uses = plural(names.length, "uses", "use")
          const detail = `${containerList(names)} ${uses} ${plural(ports.length, "hostPort")} ${ports.join(", ")}`
          return { reason: "hostPort", detail }
        },
      ],
    ],
  },
  {
    id: "hostProbesAndHostLifecycle",
    level: "baseline",
    since: [
      [
        34,
        ({ spec }) => {
          const names = sortedSet(namesWhere(spec, (container) => hostsOf(container).length > 0))
          if (names.length === 0) return undefined
          const hosts = sortedSet(containersOf(spec).flatMap(hostsOf))
          const what = plural(hosts.length, "probe or lifecycle host")
          const detail = `${containerList(names)} ${plural(names.length, "uses", "use")} ${what} ${quoted(hosts)}`
          return { reason: "probe or lifecycle host", detail }
        },
      ],
    ],
  },
  {
    id: "windowsHostProcess",
    level: "baseline",
    since: [
      [
        0,
        ({ spec }) => {
          const pod = spec.securityContext?.windowsOptions?.hostProcess === true
          const names = namesWhere(spec, ({ securityContext }) => securityContext?.windowsOptions?.hostProcess === true)
          if (!pod && names.length === 0) return undefined
          const detail = `${setters(pod, names)} must not set securityContext.windowsOptions.hostProcess=true`
          return { reason: "hostProcess", detail }
        },
      ],
    ],
  },
]

/** Addresses that the kubelet would be made to call. */
function hostsOf({ livenessProbe, readinessProbe, startupProbe, lifecycle }: Container): readonly string[] {
  return [livenessProbe, readinessProbe, startupProbe, lifecycle?.postStart, lifecycle?.preStop]
    .flatMap((handler) => [handler?.httpGet?.host, handler?.tcpSocket?.host])
    .filter((host) => host !== undefined)
    .filter((host) => host !== "")
}
