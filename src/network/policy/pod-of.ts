import { isIPv4 } from "node:net"
import type { Pod } from "../../api/core/v1/pod.ts"
import type { PolicyPod } from "./policy-state.ts"

/** A pod as the API has it: it may have no address yet. */
export type ToldPod = Omit<PolicyPod, "ip"> & { readonly ip: string | undefined }

/** Undefined when it shares the node's address: policies are not about such pods. */
export function podOf({ metadata, spec, status }: Pod): ToldPod | undefined {
  const { podIP, podIPs = [], phase } = status
  if (spec.hostNetwork) return undefined
  const ip = [podIP, ...podIPs.map((each) => each.ip)].find((address) => address !== undefined && isIPv4(address))
  const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always")
  const ports = [...sidecars, ...spec.containers].flatMap(({ ports: own = [] }) =>
    own.flatMap(({ name, protocol = "TCP", containerPort }) => (name ? [{ name, protocol, port: containerPort }] : [])),
  )
  const ended = phase === "Succeeded" || phase === "Failed"
  return { uid: metadata.uid, namespace: metadata.namespace ?? "", labels: metadata.labels ?? {}, ip, ports, ended }
}
