import type { Pod } from "../../api/core/v1/pod.ts"
import { allContainers } from "../pod/containers.ts"

export type ObjectKind = "ConfigMap" | "Secret"

/** `ConfigMap/namespace/name` */
export function objectKey(kind: ObjectKind, namespace: string, name: string): string {
  return `${kind}/${namespace}/${name}`
}

/** The config maps and secrets that a pod names, in its volumes, its environment and its pull secrets. */
export function references(pod: Pod): ReadonlySet<string> {
  const { namespace } = pod.metadata
  const keys = new Set<string>()
  const add = (kind: ObjectKind, name: string | undefined) => {
    if (name) keys.add(objectKey(kind, namespace, name))
  }
  for (const { configMap, projected, secret } of pod.spec.volumes ?? []) {
    add("ConfigMap", configMap?.name)
    add("Secret", secret?.secretName)
    for (const source of projected?.sources ?? []) {
      add("ConfigMap", source.configMap?.name)
      add("Secret", source.secret?.name)
    }
  }
  for (const { spec } of allContainers(pod)) {
    for (const { configMapRef, secretRef } of spec.envFrom ?? []) {
      add("ConfigMap", configMapRef?.name)
      add("Secret", secretRef?.name)
    }
    for (const { valueFrom } of spec.env ?? []) {
      add("ConfigMap", valueFrom?.configMapKeyRef?.name)
      add("Secret", valueFrom?.secretKeyRef?.name)
    }
  }
  for (const { name } of pod.spec.imagePullSecrets ?? []) add("Secret", name)
  return keys
}
