import type { Pod } from "../../api/core/v1/pod.ts"
import type { StringMap } from "../../runtime/runtime.ts"
import type { PodContainer } from "../pod/containers.ts"
import { resourcesAnnotation, resourcesText } from "../pod/resize.ts"
import { backoffAnnotation } from "../pod/restart.ts"

/** As every kubelet labels what it makes, so that tools and an agent that comes back find it. */
export const podNameLabel = "io.kubernetes.pod.name"
export const podNamespaceLabel = "io.kubernetes.pod.namespace"
export const podUidLabel = "io.kubernetes.pod.uid"
export const containerNameLabel = "io.kubernetes.container.name"

export const messagePathAnnotation = "io.kubernetes.container.terminationMessagePath"
export const messagePolicyAnnotation = "io.kubernetes.container.terminationMessagePolicy"
const restartCountAnnotation = "io.kubernetes.container.restartCount"
export const terminationGraceAnnotation = "io.kubernetes.pod.terminationGracePeriod"
export const preStopAnnotation = "io.kubernetes.container.preStopHandler"
const portsAnnotation = "io.kubernetes.container.ports"

function podIdentity({ metadata: { name, namespace, uid } }: Pod): StringMap {
  return { [podNameLabel]: name, [podNamespaceLabel]: namespace, [podUidLabel]: uid }
}

export function sandboxLabels(pod: Pod): StringMap {
  return Object.assign(Object.create(null), pod.metadata.labels, podIdentity(pod))
}

export function containerLabels(pod: Pod, container: PodContainer): StringMap {
  return { ...podIdentity(pod), [containerNameLabel]: container.spec.name }
}

/** What is needed of a container's specification to end it when the pod is gone from the API. */
export function containerAnnotations(
  pod: Pod,
  { spec }: PodContainer,
  start: { readonly attempt: number; readonly nextPauseMs: number },
): StringMap {
  const grace = pod.spec.terminationGracePeriodSeconds
  return {
    [restartCountAnnotation]: String(start.attempt),
    [resourcesAnnotation]: resourcesText(spec),
    [messagePathAnnotation]: spec.terminationMessagePath ?? "",
    [messagePolicyAnnotation]: spec.terminationMessagePolicy ?? "",
    ...(grace !== undefined ? { [terminationGraceAnnotation]: String(grace) } : {}),
    ...(spec.lifecycle?.preStop ? { [preStopAnnotation]: JSON.stringify(spec.lifecycle.preStop) } : {}),
    ...(spec.ports?.length ? { [portsAnnotation]: JSON.stringify(spec.ports) } : {}),
    ...(start.nextPauseMs > 0 ? { [backoffAnnotation]: String(start.nextPauseMs) } : {}),
  }
}
