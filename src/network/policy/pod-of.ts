import type { Pod } from "../../api/core/v1/pod.ts"
import type { PolicyPod } from "./policy-state.ts"

/** A pod as the API has it: it may have no address yet, or one of each family. */
export type ToldPod = Omit<PolicyPod, "ip"> & { readonly ips: readonly string[] }

/** Undefined when it shares the node's address: policies are not about such pods. */
export function podOf({ metadata, spec, status }: Pod): ToldPod | undefined {
  const { podIP, podIPs = [], phase } = status
  if (spec.hostNetwork) return undefined
  const ips = [...new Set([podIP, ...podIPs.map(({ ip }) => ip)])].flatMap((ip) => ip ?? [])
  const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always")
  const ports = [...sidecars, ...spec.containers].flatMap(({ ports: own = [] }) =>
    own.flatMap(({ name, protocol = "TCP", containerPort }) => (name ? [{ name, protocol, port: containerPort }] : [])),
  )
  const ended = phase === "Succeeded" || phase === "Failed"
  return { uid: metadata.uid, namespace: metadata.namespace ?? "", labels: metadata.labels ?? {}, ips, ports, ended }
}
